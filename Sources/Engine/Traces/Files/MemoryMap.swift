import Foundation

/// A whole file mapped into memory, read-only; unmapped when the last reference goes.
///
/// Pages are read by the kernel when they are touched, and dropped again when memory is short: mapping costs nothing.
public final class MemoryMap: @unchecked Sendable {
  /// The file.
  public let path: String
  /// Its bytes, at least one; valid as long as this object.
  public let bytes: UnsafeRawBufferPointer

  /// Maps a file.
  ///
  /// Throws `FileError` when there is none, when it is empty, no regular file, or may not be read.
  public init(path: String) throws(FileError) {
    // A pipe would block in `open` otherwise.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, code: errno) }
    let type = status.st_mode & S_IFMT
    guard type != S_IFDIR else { throw .isFolder(path: path) }
    guard type == S_IFREG else { throw .notRegular(path: path) }
    let count = Int(status.st_size)
    guard count > 0 else { throw .empty(path: path) }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw FileError(path: path, code: errno)
    }
    self.path = path
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
