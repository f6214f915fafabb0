import Foundation
import Synchronization
import Words

/// Bytes that wait in a file without a name until somebody asks for them again, so that they take no memory meanwhile.
///
/// The file is gone when the process ends, however it ends.
package final class ByteSpool: Sendable {
  private let descriptor: Int32
  /// Where the file was made, for messages.
  private let place: URL
  private let end = Mutex(0)

  /// A new spool on the disk of a folder, which is made if it is not there.
  ///
  /// - Throws: `Diagnostic` when the folder cannot be written.
  package init(in folder: URL) throws(Diagnostic) {
    place = folder
    try AtomicFile.makeFolder(folder)
    let file = TemporaryFiles.sibling(of: folder.appending(path: "spool"))
    TemporaryFiles.add(file)
    descriptor = FileCalls.open(file.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    let code = errno
    // What is open stays readable without its name.
    AtomicFile.discard(file)
    guard descriptor >= 0 else { throw AtomicFile.cannotWrite(folder, code) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Keeps bytes and says where they are.
  ///
  /// - Throws: `Diagnostic` when the disk takes no more.
  package func append(_ data: Data) throws(Diagnostic) -> Range<Int> {
    let (start, code) = end.withLock { end -> (Int, Int32) in
      let start = end
      let code = AtomicFile.write(data, to: descriptor, place.path)
      end += data.count
      return (start, code)
    }
    guard code == 0 else { throw AtomicFile.cannotWrite(place, code) }
    return start..<start + data.count
  }

  /// The bytes of a range that `append` gave.
  ///
  /// - Throws: `Diagnostic` when the disk does not give them back.
  package func read(_ range: Range<Int>) throws(Diagnostic) -> Data {
    var data = Data(count: range.count)
    let code = data.withUnsafeMutableBytes { bytes -> Int32 in
      var done = 0
      while done < bytes.count, let start = bytes.baseAddress {
        let count = pread(descriptor, start + done, bytes.count - done, off_t(range.lowerBound + done))
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return count < 0 ? errno : EIO }
        done += count
      }
      return 0
    }
    guard code == 0 else { throw FileDigests.unreadable(place, code) }
    return data
  }
}
