import Foundation

/// Files under Tests/Fixtures, found from where this source file lies.
public enum Fixtures {
  /// Tests/Fixtures.
  public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// The whole checkout.
  public static let repository = folder.deletingLastPathComponent().deletingLastPathComponent()

  /// A file or folder in it, such as `models/llama/expected.json`.
  public static func url(_ path: String) -> URL { folder.appendingPathComponent(path) }

  /// The bytes of a file in it.
  public static func data(_ path: String) throws -> Data { try Data(contentsOf: url(path)) }

  /// Names in a folder of it, sorted.
  public static func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url(path).path).sorted()
  }
}

extension Data {
  /// What stands behind the header of a safetensors file: its numbers, without what is said about them.
  public var numbersOfSafetensors: Data {
    let header = prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    return dropFirst(8 + header)
  }
}
