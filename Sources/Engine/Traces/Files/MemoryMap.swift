import Foundation

/// A whole file mapped into memory, read-only; unmapped when the last reference goes.
///
/// The kernel reads pages when they are touched, and drops them when memory is short, so mapping is cheap.
public final class MemoryMap: @unchecked Sendable {
  /// The file.
  public let path: String
  /// Its bytes, at least one; valid as long as this object.
  public let bytes: UnsafeRawBufferPointer

  /// Maps a file.
  ///
  /// Throws `FileError` when it is missing, empty, not a regular file, or not readable.
  public init(path: String) throws(FileError) {
    // Otherwise `open` would block on a pipe.
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

  /// The same for bytes that were read already; `path` is for messages.
  ///
  /// Throws `FileError` when there are none, or no memory for them.
  public init(copying data: Data, path: String) throws(FileError) {
    guard !data.isEmpty else { throw .empty(path: path) }
    guard let start = mmap(nil, data.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { throw FileError(path: path, code: errno) }
    data.copyBytes(to: UnsafeMutableRawBufferPointer(start: start, count: data.count))
    self.path = path
    bytes = UnsafeRawBufferPointer(start: start, count: data.count)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
