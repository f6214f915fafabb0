import Foundation
import Synchronization

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
  public convenience init(path: String) throws(FileError) { try self.init(opening: path, path: path) }

  /// Maps a file of a model.
  ///
  /// Throws `FileError`, also when it is too large for what it should hold, or is a text that a link takes from elsewhere.
  package convenience init(_ file: ModelFile) throws(FileError) {
    try self.init(opening: try file.checked(), path: file.path)
  }

  /// Maps the file at a place; `path` is its name for messages.
  private init(opening place: String, path: String) throws(FileError) {
    // Otherwise `open` would block on a pipe.
    let descriptor = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
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
    MemoryMap.files.withLock { $0[UInt(bitPattern: start)] = Mapped(place: place, path: path, status: status) }
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

  deinit {
    let start = UInt(bitPattern: bytes.baseAddress)
    MemoryMap.files.withLock { _ = $0.removeValue(forKey: start) }
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }

  /// A file that is mapped.
  private struct Mapped {
    var place: String
    var path: String
    var status: stat
  }

  private static let files = Mutex<[UInt: Mapped]>([:])

  /// The mapped files that have fewer bytes now than when they were mapped, sorted.
  package static var shortened: [String] {
    let files = files.withLock { Array($0.values) }
    let found = files.filter { file in
      var status = stat()
      return stat(file.place, &status) == 0 && status.st_dev == file.status.st_dev
        && status.st_ino == file.status.st_ino && status.st_size < file.status.st_size
    }
    return Set(found.map(\.path)).sorted()
  }
}
