import Engine
import Files
import Foundation
import Plot

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
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(ends.read, &byte, 1) != 1 {}
      TemporaryFiles.cleanUp()
      if Terminal.talksToPerson { Terminal.talk("") }
      _exit(128 + Int32(byte))
    }
  }
}
