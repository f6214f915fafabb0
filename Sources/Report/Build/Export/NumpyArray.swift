import CZlib
import Engine
import Foundation

/// Arrays in numpy's format, version 1.0 (numpy/lib/format.py): little-endian, in C order.
enum NumpyArray {
  static func data(_ values: [Float], _ shape: [Int]) -> Data {
    data("<f4", shape, values.flatMap { bytes($0.bitPattern) })
  }

  static func data(_ values: [Int32], _ shape: [Int]) -> Data {
    data("<i4", shape, values.flatMap { bytes(UInt32(bitPattern: $0)) })
  }

  static func data(bytes: Data) -> Data { data("|u1", [bytes.count], Array(bytes)) }

  private static func data(_ type: String, _ shape: [Int], _ content: [UInt8]) -> Data {
    // A tuple of one number needs a comma, as in Python.
    let tuple = shape.map { "\($0)," }.joined(separator: " ")
    var head = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(tuple)), }"
    // The content begins at a multiple of 64.
    head += String(repeating: " ", count: (64 - (10 + head.utf8.count + 1) % 64) % 64) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    data += [UInt8(head.utf8.count & 255), UInt8(head.utf8.count >> 8)]
    return data + Data(head.utf8) + Data(content)
  }

  private static func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

/// A zip file whose members are stored without compression (PKWARE's APPNOTE 4.3), the same bytes for the same members.
struct StoredZip {
  private var body = Data()
  private var directory = Data()
  private var count: UInt16 = 0

  mutating func add(_ name: String, _ content: Data) {
    let checksum = content.withUnsafeBytes { bytes in
      crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }
    var head = Data()
    // Version 2.0, no flags, stored, 1 January 1980.
    for value in [20, 0, 0, 0, 0x21] as [UInt16] { head += Self.bytes(value) }
    head +=
      Self.bytes(UInt32(truncatingIfNeeded: checksum)) + Self.bytes(UInt32(content.count))
      + Self.bytes(UInt32(content.count))
    head += Self.bytes(UInt16(name.utf8.count)) + Self.bytes(UInt16(0))
    directory += Self.bytes(UInt32(0x0201_4B50)) + Self.bytes(UInt16(20)) + head + Data(count: 6) + Data(count: 4)
    directory += Self.bytes(UInt32(body.count)) + Data(name.utf8)
    body += Self.bytes(UInt32(0x0403_4B50)) + head + Data(name.utf8) + content
    count += 1
  }

  func finished() -> Data {
    var end = Self.bytes(UInt32(0x0605_4B50)) + Data(count: 4) + Self.bytes(count) + Self.bytes(count)
    end += Self.bytes(UInt32(directory.count)) + Self.bytes(UInt32(body.count)) + Self.bytes(UInt16(0))
    return body + directory + end
  }

  private static func bytes(_ value: UInt16) -> Data { Data([UInt8(value & 255), UInt8(value >> 8)]) }
  private static func bytes(_ value: UInt32) -> Data {
    Data((0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
  }
}
