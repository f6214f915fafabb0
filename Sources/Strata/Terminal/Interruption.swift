import Engine
import Files
import Foundation
import Plot
import Traces
import Words

/// Handles a request to stop: removes temporary files, ends child processes, then exits as the shell expects.
///
/// The handler only writes to a pipe, which a signal handler may do; a thread does the rest. Child processes start with
/// the default handlers, which they would not if the signals were ignored.
enum Interruption {
  /// Reading and writing end.
  private static let pipe: (read: Int32, write: Int32) = {
    var ends: [Int32] = [-1, -1]
    _ = Glibc.pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }()

  static func install() {
    let ends = pipe
    guard ends.read >= 0 else { return }
    // The parent process may have blocked them, and a blocked signal is inherited.
    var numbers = sigset_t()
    sigemptyset(&numbers)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&numbers, number)
      signal(number) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Interruption.pipe.write, &byte, 1)
      }
    }
    // A file that became shorter while it was mapped: the thread that read it waits here until the process ends.
    sigaddset(&numbers, SIGBUS)
    signal(SIGBUS) { number in
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(Interruption.pipe.write, &byte, 1)
      while true { pause() }
    }
    // A write beyond the largest size that the user allows is an error of that write.
    signal(SIGXFSZ, SIG_IGN)
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(ends.read, &byte, 1) != 1 {}
      TemporaryFiles.cleanUp()
      if Int32(byte) == SIGBUS {
        let files = MemoryMap.shortened
        let what = files.isEmpty ? "a file became shorter, or could not be read," : "the file became shorter"
        Terminal.talk(
          "error: \(files.isEmpty ? "" : MessageText.list(files, most: 3) + ": ")\(what) while its bytes were in use; nothing was written\n"
            + "  hint: is another program writing a model's file, or is the disk damaged?")
        _exit(ExitStatus.badInput.rawValue)
      }
      if Terminal.talksToPerson { Terminal.talk("") }
      _exit(128 + Int32(byte))
    }
  }
}
