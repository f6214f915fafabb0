import Foundation
import Words

/// A lock on a file that other processes respect too, held as long as the value lives.
package final class FileLock {
  private let descriptor: Int32

  /// Takes the lock; `waiting` is called once when another process holds it.
  package init(_ file: URL, waiting: () -> Void) throws(Diagnostic) {
    var hasTold = false
    var failures = 0
    while true {
      try AtomicFile.makeFolder(file.deletingLastPathComponent())
      let opened = FileCalls.open(file.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW)
      guard opened >= 0 else {
        // A process that made nothing may have removed the folder in between (`discard`).
        failures += 1
        if errno == ENOENT, failures < 10 { continue }
        guard errno != ELOOP else {
          throw Diagnostic(
            place: file.relativePath, "expected a file of the program's own, found a symbolic link",
            hints: ["remove the link"], category: .cannotWrite)
        }
        throw AtomicFile.cannotWrite(file, errno)
      }
      if flock(opened, LOCK_EX | LOCK_NB) != 0 {
        if !hasTold { waiting() }
        hasTold = true
        while flock(opened, LOCK_EX) != 0, errno == EINTR {}
      }
      // The previous holder may have replaced the file; then the new file must be locked.
      var (own, now) = (stat(), stat())
      if fstat(opened, &own) == 0, stat(file.path, &now) == 0, own.st_ino == now.st_ino, own.st_dev == now.st_dev {
        descriptor = opened
        return
      }
      close(opened)
    }
  }

  /// Removes the file and then its folder and the one around that, each where nothing else is in it.
  package func discard(_ file: URL) {
    let inner = file.deletingLastPathComponent()
    let outer = inner.deletingLastPathComponent()
    let (own, around) = (Self.names(in: inner), Self.names(in: outer))
    guard own == [file.lastPathComponent], around == [inner.lastPathComponent] else { return }
    FileCalls.unlink(file.path)
    FileCalls.removeFolder(inner.path)
    FileCalls.removeFolder(outer.path)
  }

  private static func names(in folder: URL) -> [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: folder.path)
  }

  deinit { close(descriptor) }
}
