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

  /// A 64-bit count of things of which each takes `smallest` bytes or more.
  mutating func count(of what: String, smallest: Int) throws(GGUFError) -> Int {
    let start = offset
    let count = try number(UInt64.self, what)
    let most = remaining / smallest
    guard count <= UInt64(most) else {
      throw .absurdCount(path: path, offset: start, what: what, count: count, most: most)
    }
    return Int(count)
  }

  /// Passes over bytes.
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

  /// Passes over `count` strings; the offset of each length word, and of the end.
  ///
  /// Plain pointers, since vocabularies have hundreds of thousands of them and debug builds are to be bearable, too.
  mutating func strings(_ count: Int, key: String) throws(GGUFError) -> [Int] {
    guard let base = bytes.baseAddress else { return [0] }
    let end = bytes.count
    var at = offset
    var failed: Int?
    let boundaries = [Int](unsafeUninitializedCapacity: count + 1) { buffer, initialized in
      guard let target = buffer.baseAddress else { return }
      var index = 0
      while index < count {
        guard end &- at >= 8 else { break }
        let length = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        guard length <= UInt64(end &- at &- 8) else { break }
        target[index] = at
        at = at &+ 8 &+ Int(length)
        index &+= 1
      }
      target[index] = at
      initialized = index &+ 1
      if index < count { failed = index }
    }
    if let failed {
      offset = at
      // The step again, for its error.
      _ = try self.count(of: "the length of string \(failed) of key '\(key)'", smallest: 1)
    }
    offset = at
    return boundaries
  }
}
