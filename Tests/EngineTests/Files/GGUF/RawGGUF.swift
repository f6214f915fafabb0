import Foundation

/// Writes GGUF files that may be wrong in any way; starts out with a small one that is right.
struct RawGGUF {
  struct Tensor {
    var name = "a"
    var rank: UInt32?
    var dimensions: [UInt64] = [32, 2]
    var type: UInt32 = 8  // Q8_0
    var offset: UInt64 = 0
  }

  var magic = "GGUF"
  var version: UInt32 = 3
  var tensorCount: UInt64?
  var keyCount: UInt64?
  var keys: [(name: [UInt8], value: [UInt8])] = [
    ("general.architecture", RawGGUF.string("llama"))
  ].map { (Array($0.0.utf8), $0.1) }
  var tensors = [Tensor(), Tensor(name: "b", dimensions: [3], type: 0, offset: 96)]
  var alignment = 32
  /// 2 Q8_0 blocks, padded, and 3 floats.
  var dataBytes = 96 + 12

  static func number(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
  static func text(_ bytes: [UInt8]) -> [UInt8] { number(UInt64(bytes.count)) + bytes }
  static func string(_ text: String) -> [UInt8] { number(UInt32(8)) + RawGGUF.text(Array(text.utf8)) }
  static func scalar(_ type: UInt32, _ value: some FixedWidthInteger) -> [UInt8] { number(type) + number(value) }
  static func array(_ type: UInt32, count: UInt64, _ content: [UInt8]) -> [UInt8] {
    number(UInt32(9)) + number(type) + number(count) + content
  }

  mutating func add(_ key: String, _ value: [UInt8]) { keys.append((Array(key.utf8), value)) }

  var bytes: [UInt8] {
    var bytes = Array(magic.utf8) + Self.number(version)
    bytes += Self.number(tensorCount ?? UInt64(tensors.count)) + Self.number(keyCount ?? UInt64(keys.count))
    for key in keys { bytes += Self.text(key.name) + key.value }
    for tensor in tensors {
      bytes += Self.text(Array(tensor.name.utf8)) + Self.number(tensor.rank ?? UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { bytes += Self.number(dimension) }
      bytes += Self.number(tensor.type) + Self.number(tensor.offset)
    }
    bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    return bytes + (0..<dataBytes).map { UInt8(truncatingIfNeeded: $0) }
  }

  /// A file with a key of every type, for tests that damage it.
  static var rich: RawGGUF {
    var file = RawGGUF()
    file.add("u8", scalar(0, UInt8(200)))
    file.add("i8", scalar(1, Int8(-3)))
    file.add("u16", scalar(2, UInt16(60000)))
    file.add("i16", scalar(3, Int16(-300)))
    file.add("u32", scalar(4, UInt32(4_000_000_000)))
    file.add("i32", scalar(5, Int32(-70000)))
    file.add("f32", scalar(6, Float(1.5).bitPattern))
    file.add("yes", scalar(7, UInt8(1)))
    file.add("text", string("żółw"))
    file.add("u64", scalar(10, UInt64(1) << 62))
    file.add("huge", scalar(10, UInt64.max))
    file.add("i64", scalar(11, Int64(-5)))
    file.add("f64", scalar(12, Double(0.1).bitPattern))
    file.add("strings", array(8, count: 3, text(Array("ab".utf8)) + text([]) + text(Array("c".utf8))))
    file.add("bytes", array(8, count: 1, text([0xFF, 0xFE])))
    file.add("ints", array(5, count: 3, number(Int32(1)) + number(Int32(-2)) + number(Int32(3))))
    file.add("reals", array(6, count: 2, number(Float(0.5).bitPattern) + number(Float(-1).bitPattern)))
    file.add("flags", array(7, count: 3, [1, 0, 1]))
    file.add("none", array(6, count: 0, []))
    return file
  }
}

/// Runs `body` with the path of a file of these bytes.
func withFile<T>(_ bytes: [UInt8], in folder: URL, named name: String = "m.gguf", _ body: (String) throws -> T) throws
  -> T
{
  let url = folder.appending(path: name)
  try Data(bytes).write(to: url)
  return try body(url.path)
}
