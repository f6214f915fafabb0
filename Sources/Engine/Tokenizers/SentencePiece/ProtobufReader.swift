/// Reads the fields of a message in protobuf's wire format, one after the other.
///
/// The format is that of Google's encoding guide: a key of field number and wire type, then a varint, 4 or 8 bytes, or a
/// length and its bytes. Groups, which are obsolete, are an error.
struct ProtobufReader {
  /// The value of a field.
  enum Value {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(UnsafeRawBufferPointer)
  }

  /// A fault in the bytes, with its place.
  struct Fault: Error {
    var offset: Int
    var expected: String
    var found: String
  }

  private let bytes: UnsafeRawBufferPointer
  /// Offset of the message in its file.
  private let base: Int
  private var at = 0

  /// A reader of a message that starts `base` bytes into its file.
  init(_ bytes: UnsafeRawBufferPointer, base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// Bytes of the file before the next field.
  var offset: Int { base + at }

  /// The next field; nil at the end.
  mutating func next() throws(Fault) -> (field: Int, value: Value)? {
    guard at < bytes.count else { return nil }
    let start = offset
    let key = try varint()
    let field = Int(truncatingIfNeeded: key >> 3)
    guard field > 0, field < 1 << 29 else {
      throw Fault(offset: start, expected: "a field number from 1", found: "\(field)")
    }
    switch key & 7 {
    case 0: return (field, .varint(try varint()))
    case 1: return (field, .fixed64(try number(UInt64.self)))
    case 2:
      let count = try varint()
      guard count <= UInt64(bytes.count - at) else {
        throw Fault(offset: start, expected: "\(count) bytes of field \(field)", found: "\(bytes.count - at)")
      }
      defer { at += Int(count) }
      return (field, .bytes(UnsafeRawBufferPointer(rebasing: bytes[at..<at + Int(count)])))
    case 5: return (field, .fixed32(try number(UInt32.self)))
    case let type:
      throw Fault(offset: start, expected: "a wire type of 0, 1, 2 or 5", found: "\(type)")
    }
  }

  private mutating func varint() throws(Fault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard at < bytes.count else {
        throw Fault(offset: offset, expected: "the rest of a number", found: "the end")
      }
      let byte = UInt64(bytes[at])
      at += 1
      value |= (byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Fault(offset: offset, expected: "a number of at most 10 bytes", found: "a longer one")
  }

  private mutating func number<T: FixedWidthInteger>(_ type: T.Type) throws(Fault) -> T {
    guard at + MemoryLayout<T>.size <= bytes.count else {
      throw Fault(offset: offset, expected: "\(MemoryLayout<T>.size) bytes", found: "\(bytes.count - at)")
    }
    defer { at += MemoryLayout<T>.size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: T.self))
  }
}
