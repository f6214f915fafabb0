import Foundation

/// Reads the chunks of a PNG, for tests.
enum PNGReader {
  struct Chunk {
    var type: String
    var content: Data
    var checksumIsRight: Bool
  }

  static func chunks(of png: Data) -> [Chunk] {
    var chunks: [Chunk] = []
    let bytes = [UInt8](png)
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = integer(bytes, offset)
      guard offset + 12 + length <= bytes.count else { break }
      let body = Array(bytes[(offset + 4)..<(offset + 8 + length)])
      chunks.append(
        Chunk(
          type: String(decoding: body.prefix(4), as: UTF8.self), content: Data(body.dropFirst(4)),
          checksumIsRight: crc(body) == UInt32(integer(bytes, offset + 8 + length))))
      offset += 12 + length
    }
    return chunks
  }

  private static func integer(_ bytes: [UInt8], _ offset: Int) -> Int {
    bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }
  }
}
