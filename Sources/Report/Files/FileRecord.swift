import Foundation
import Traces

/// A file, its size and its hash.
public struct FileRecord: Codable, Equatable, Sendable {
  /// In a gallery relative to its folder, of a model the bare name.
  public var path: String
  /// Size.
  public var bytes: Int
  /// SHA-256 of the contents, hex.
  public var sha256: String

  /// From its parts.
  package init(
    path: String, bytes: Int, sha256: String
  ) {
    self.path = path
    self.bytes = bytes
    self.sha256 = sha256
  }
}

extension FileRecord {
  /// Whether the file is there with these bytes.
  package func isIntact(in folder: URL) -> Bool {
    guard let found = FileState(path: folder.appending(path: path).path), found.bytes == bytes else { return false }
    return (try? SHA256.hex(ofFile: folder.appending(path: path).path)) == sha256
  }
}
