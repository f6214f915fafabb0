import CCrypto
import Foundation

/// SHA-256 by libcrypto, fed in pieces; digests are lower-case hexadecimal.
public final class SHA256 {
  private let digest = MessageDigest(EVP_sha256())

  /// An empty digest.
  public init() {}

  /// Adds bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

  /// The digest of what was added; to be called once, at the end.
  public func finish() -> String { digest.finish() }

  /// The digest of bytes, as bytes.
  public static func bytes(of bytes: some Sequence<UInt8>) -> [UInt8] {
    let hash = SHA256()
    Array(bytes).withUnsafeBytes { hash.update($0) }
    return hash.digest.finishedBytes()
  }

  /// The digest of bytes.
  public static func hex(of bytes: UnsafeRawBufferPointer) -> String {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// The digest of bytes.
  public static func hex(of bytes: some Sequence<UInt8>) -> String {
    // A copy of a large file takes as much memory as the file.
    bytes.withContiguousStorageIfAvailable { hex(of: UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes { hex(of: $0) }
  }

  /// The digest of a file, read in pieces of a megabyte.
  ///
  /// Throws `FileError` when it cannot be read.
  public static func hex(ofFile path: String) throws(FileError) -> String {
    // Otherwise `open` would block on a pipe.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, code: errno) }
    let type = status.st_mode & S_IFMT
    guard type != S_IFDIR else { throw .isFolder(path: path) }
    guard type == S_IFREG else { throw .notRegular(path: path) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    let hash = SHA256()
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(path: path, code: errno)
      }
      if count == 0 { return hash.finish() }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// One digest for several files: the digest of the lines "digest, two spaces, name" of `sha256sum`, sorted by name; for a
  /// single file its own digest.
  public static func combined(_ files: [(name: String, digest: String)]) -> String {
    if files.count == 1 { return files[0].digest }
    let lines = files.sorted { $0.name < $1.name }.map { "\($0.digest)  \($0.name)\n" }
    return hex(of: lines.joined().utf8)
  }
}
