import Foundation

/// A GGUF file taken apart into keys and the rest, to be written again with other keys.
struct EditableGGUF {
  /// A key with the bytes of its value, type included.
  struct Key {
    var name: String
    var value: [UInt8]
    /// The type of the value, of the elements for an array.
    var type: UInt32
    var isArray: Bool
  }

  var keys: [Key] = []
  private var infoCount: UInt64 = 0
  private var infos: [UInt8] = []
  private var data: [UInt8] = []
  private var alignment = 32

  private static let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]

  init(_ url: URL) throws {
    let bytes = Array(try Data(contentsOf: url))
    var at = 8
    func number<T: FixedWidthInteger>(_ type: T.Type) -> T {
      defer { at += MemoryLayout<T>.size }
      return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: T.self)) }
    }
    func text() -> String {
      let count = Int(number(UInt64.self))
      defer { at += count }
      return String(decoding: bytes[at..<at + count], as: UTF8.self)
    }
    infoCount = number(UInt64.self)
    let keyCount = number(UInt64.self)
    for _ in 0..<keyCount {
      let name = text()
      let start = at
      var type = number(UInt32.self)
      let isArray = type == 9
      var count = 1
      if isArray {
        type = number(UInt32.self)
        count = Int(number(UInt64.self))
      }
      for _ in 0..<count {
        if let size = Self.sizes[type] { at += size } else { _ = text() }
      }
      keys.append(Key(name: name, value: Array(bytes[start..<at]), type: type, isArray: isArray))
    }
    let start = at
    for _ in 0..<infoCount {
      _ = text()
      at += 8 * Int(number(UInt32.self)) + 4 + 8
    }
    infos = Array(bytes[start..<at])
    let begin = (at + alignment - 1) / alignment * alignment
    data = Array(bytes[begin...])
  }

  /// The whole file.
  var bytes: Data {
    var bytes = Array("GGUF".utf8) + RawGGUF.number(UInt32(3)) + RawGGUF.number(infoCount)
    bytes += RawGGUF.number(UInt64(keys.count))
    for key in keys { bytes += RawGGUF.text(Array(key.name.utf8)) + key.value }
    bytes += infos
    bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    return Data(bytes + data)
  }
}
