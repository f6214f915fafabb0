import Traces

/// Reads a GGUF header from front to back; every step is checked against the end of the file.
struct GGUFCursor {
  let bytes: UnsafeRawBufferPointer
  let path: String
  private(set) var offset = 0

  init(_ map: MemoryMap) {
    bytes = map.bytes
    path = map.path
  }

  var remaining: Int { bytes.count - offset }

  /// A little-endian number.
  mutating func number<T: FixedWidthInteger>(_ type: T.Type, _ reading: String) throws(GGUFError) -> T {
    guard remaining >= MemoryLayout<T>.size else { throw .ended(path: path, offset: offset, reading: reading) }
    let value = T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    offset += MemoryLayout<T>.size
    return value
  }

  /// A 64-bit count of items that take at least `smallest` bytes each.
  mutating func count(of what: String, smallest: Int) throws(GGUFError) -> Int {
    let start = offset
    let count = try number(UInt64.self, what)
    let most = remaining / smallest
    guard count <= UInt64(most) else {
      throw .absurdCount(path: path, offset: start, what: what, count: count, most: most)
    }
    return Int(count)
  }

  /// Skips bytes.
  mutating func skip(_ count: Int, _ reading: String) throws(GGUFError) {
    guard remaining >= count else { throw .ended(path: path, offset: offset, reading: reading) }
    offset += count
  }

  /// A name: 64-bit length, then UTF-8.
  mutating func text(_ what: String) throws(GGUFError) -> String {
    let count = try count(of: "the length of \(what)", smallest: 1)
    let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw .notUTF8(path: path, offset: offset, what: what)
    }
    offset += count
    return text
  }

  /// Skips `count` strings; returns the offset of each length word, and of the end.
  ///
  /// It makes no call per string, because vocabularies have hundreds of thousands.
  mutating func strings(_ count: Int, key: String) throws(GGUFError) -> [Int] {
    let end = bytes.count
    var at = offset
    var boundaries: [Int] = []
    // A damaged count must not reserve more memory than a vocabulary needs.
    boundaries.reserveCapacity(min(count, 1 << 20) + 1)
    for index in 0..<count {
      let length =
        end &- at >= 8 ? UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) : .max
      guard length <= UInt64(max(end &- at &- 8, 0)) else {
        offset = at
        // Repeats the step to throw its error.
        _ = try self.count(of: "the length of string \(index) of key '\(key)'", smallest: 1)
        break
      }
      boundaries.append(at)
      at = at &+ 8 &+ Int(length)
    }
    boundaries.append(at)
    offset = at
    return boundaries
  }
}
