/// The 256 printable characters that stand for bytes in the vocabularies of byte-level BPE (GPT-2's `bytes_to_unicode`).
///
/// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100, U+0101, ... So a space is `Ġ`.
enum ByteAlphabet {
  /// The scalar of each byte. [256]
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (UInt32(0)...255).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// The byte of each scalar below U+0144, -1 where there is none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// Replaces the content of `buffer` by the bytes that a token's spelling stands for.
  ///
  /// False when a character is not of the alphabet; then `buffer` holds the spelling itself, which is what `tokenizers`
  /// decodes such a token to.
  static func decode(_ spelling: UnsafeRawBufferPointer, into buffer: inout [UInt8]) -> Bool {
    buffer.removeAll(keepingCapacity: true)
    let known = bytes.withUnsafeBufferPointer { bytes in
      var at = 0
      while at < spelling.count {
        var scalar = Int(spelling[at])
        if scalar >= 0x80 {
          // Two bytes of UTF-8 reach U+07FF, which is more than the alphabet needs.
          guard scalar & 0xE0 == 0xC0, at + 1 < spelling.count else { return false }
          scalar = (scalar & 0x1F) << 6 | Int(spelling[at + 1] & 0x3F)
          at += 1
        }
        at += 1
        guard scalar < bytes.count, bytes[scalar] >= 0 else { return false }
        buffer.append(UInt8(truncatingIfNeeded: bytes[scalar]))
      }
      return true
    }
    if !known {
      buffer.removeAll(keepingCapacity: true)
      buffer.append(contentsOf: spelling)
    }
    return known
  }

  /// The characters that stand for these bytes, as UTF-8.
  static func spelling(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var spelled: [UInt8] = []
    spelled.reserveCapacity(bytes.underestimatedCount * 2)
    append(bytes, to: &spelled)
    return spelled
  }

  /// Appends the characters that stand for these bytes.
  static func append(_ bytes: some Sequence<UInt8>, to spelled: inout [UInt8]) {
    for byte in bytes {
      let scalar = scalars[Int(byte)]
      if scalar < 0x80 {
        spelled.append(UInt8(scalar))
      } else {
        spelled.append(UInt8(0xC0 | scalar >> 6))
        spelled.append(UInt8(0x80 | scalar & 0x3F))
      }
    }
  }
}
