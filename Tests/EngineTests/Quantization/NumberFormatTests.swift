import Engine
import Foundation
import TestSupport
import Testing

/// Blocks and their values as the gguf Python package decodes them; `Tools/make_quant_fixtures.py` writes both.
struct DecodingFixture {
  let blocks: [UInt8]
  let values: [Float]

  init(_ format: NumberFormat) throws {
    blocks = Array(try Fixtures.data("quantization/\(format.name).blocks"))
    let stored = try Fixtures.data("quantization/\(format.name).float32")
    values = stored.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
      }
    }
  }
}

@Suite struct NumberFormatTests {
  /// Formats with scales of one byte, none of which is a NaN, or infinite times the largest value, and floats without infinities.
  static let withoutNaN: Set = ["MXFP4", "NVFP4"]
  static let withoutInfinity: Set = ["NVFP4", "F8_E4M3"]

  /// The same bits; a NaN is a NaN, since which of two an operation passes on is the processor's business.
  static func same(_ a: Float, _ b: Float) -> Bool { a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN) }

  /// Decodes `blocks` whole blocks from a source that starts `misalignment` bytes off, and checks that nothing is
  /// written behind the end.
  static func decode(_ format: NumberFormat, _ source: [UInt8], blocks: Int, misalignment: Int = 0) -> [Float] {
    let count = blocks * format.blockElements
    let padded = [UInt8](repeating: 0xA5, count: misalignment) + source.prefix(blocks * format.blockBytes)
    let sentinel = Float(bitPattern: 0x7FC0_5A5A)
    var values = [Float](repeating: sentinel, count: count + 64)
    padded.withUnsafeBytes { bytes in
      values.withUnsafeMutableBufferPointer { target in
        format.decode(bytes.baseAddress.map { $0 + misalignment }, target.baseAddress, count)
      }
    }
    #expect(values[count...].allSatisfy { $0.bitPattern == sentinel.bitPattern }, "written behind the end")
    return Array(values[..<count])
  }

  @Test(arguments: NumberFormat.all) func decodesToTheReferenceBits(_ format: NumberFormat) throws {
    let fixture = try DecodingFixture(format)
    let blocks = fixture.blocks.count / format.blockBytes
    try #require(blocks >= 24 && fixture.blocks.count == blocks * format.blockBytes)
    try #require(fixture.values.count == blocks * format.blockElements)
    try #require(fixture.values.contains { $0.isNaN } != Self.withoutNaN.contains(format.name))
    try #require(fixture.values.contains { $0.isInfinite } != Self.withoutInfinity.contains(format.name))
    let decoded = Self.decode(format, fixture.blocks, blocks: blocks)
    let wrong = decoded.indices.filter { !Self.same(decoded[$0], fixture.values[$0]) }
    #expect(
      wrong.isEmpty,
      "\(wrong.count) values differ, first \(wrong.first.map { "[\($0)]: \(decoded[$0]), not \(fixture.values[$0])" } ?? "")"
    )
  }

  @Test(arguments: [(NumberFormat.mxfp4, 1), (.nvfp4, 4)])
  func everyScaleByteIsInTheFixture(_ format: NumberFormat, _ scales: Int) throws {
    let blocks = try DecodingFixture(format).blocks
    let bytes = Set(blocks.indices.filter { $0 % format.blockBytes < scales }.map { blocks[$0] })
    #expect(bytes.count == 256)
  }

  @Test(arguments: NumberFormat.all, [1, 2, 3, 5, 7])
  func decodesAnyNumberOfBlocksFromAnyAddress(_ format: NumberFormat, _ blocks: Int) throws {
    let fixture = try DecodingFixture(format)
    for misalignment in [0, 1, 2, 7] {
      let decoded = Self.decode(format, fixture.blocks, blocks: blocks, misalignment: misalignment)
      #expect(zip(decoded, fixture.values).allSatisfy(Self.same))
    }
  }

  @Test(arguments: NumberFormat.all) func decodesNothingFromNothing(_ format: NumberFormat) {
    #expect(Self.decode(format, [], blocks: 0).isEmpty)
  }

  @Test func everyBinary16BecomesItsFloat() {
    let halves = (0...UInt16.max).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    let decoded = Self.decode(.f16, halves, blocks: 1 << 16)
    let wrong = (0...UInt16.max).filter { !Self.same(decoded[Int($0)], Float(Float16(bitPattern: $0))) }
    #expect(wrong.isEmpty)
  }

  @Test func registeredFormatsHaveDistinctNamesAndTypeNumbers() {
    #expect(Set(NumberFormat.all.map(\.name)).count == NumberFormat.all.count)
    #expect(Set(NumberFormat.all.compactMap(\.ggufType)).count == NumberFormat.all.compactMap(\.ggufType).count)
    #expect(NumberFormat.all.allSatisfy { $0.ggufType != nil || $0.safetensorsName != nil })
  }

  @Test func everyFixtureBelongsToARegisteredFormat() throws {
    let expected = NumberFormat.all.flatMap { ["\($0.name).blocks", "\($0.name).float32"] }.sorted()
    #expect(try Fixtures.names(in: "quantization") == expected)
  }

  @Test(arguments: NumberFormat.all) func bytesAreCountedInWholeBlocks(_ format: NumberFormat) {
    #expect(format.bytes(forElements: 0) == 0)
    #expect(format.bytes(forElements: 3 * format.blockElements) == 3 * format.blockBytes)
    #expect(format.bytes(forElements: -format.blockElements) == nil)
    // Formats of more than a byte per value overflow; the others just do not.
    let most = format.bytes(forElements: Int.max / format.blockElements * format.blockElements)
    #expect((most == nil) == (format.blockBytes > format.blockElements))
    if format.blockElements > 1 { #expect(format.bytes(forElements: format.blockElements + 1) == nil) }
  }
}
