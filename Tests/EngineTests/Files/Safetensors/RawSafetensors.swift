import Foundation

/// Writes safetensors files that may be wrong in any way.
enum RawSafetensors {
  /// A file with this header and as many bytes of data: 0, 1, 2, ...
  static func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
    file(header, bytes: (0..<data).map { UInt8(truncatingIfNeeded: $0) }, length: length)
  }

  /// A file with this header and these bytes of data.
  static func file(_ header: String, bytes: [UInt8], length: UInt64? = nil) -> [UInt8] {
    let text = Array(header.utf8)
    let count = length ?? UInt64(text.count)
    return withUnsafeBytes(of: count.littleEndian, Array.init) + text + bytes
  }

  /// A member of a header.
  static func tensor(_ name: String, _ dtype: String, _ shape: [Int], _ range: Range<Int>) -> String {
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(range.lowerBound),\(range.upperBound)]}"
  }

  /// A small file that is right.
  static let right = file(
    "{\"__metadata__\":{\"format\":\"pt\"}," + tensor("b", "BF16", [3], 8..<14) + ","
      + tensor("a", "F32", [2, 1], 0..<8) + "," + tensor("mask", "BOOL", [1, 2], 14..<16) + ","
      + tensor("none", "F16", [0, 4], 16..<16) + "}  ",
    data: 16)

  /// Writes text or bytes into a folder.
  static func write(_ files: [String: [UInt8]], to folder: URL) throws {
    for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
  }

  static let config = Array(#"{"model_type": "llama", "hidden_size": 16}"#.utf8)
}
