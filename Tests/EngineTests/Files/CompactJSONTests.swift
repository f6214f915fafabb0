import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("CompactJSON writes the bytes of Foundation's encoder")
struct CompactJSONTests {
  private func foundation(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  private func expectSame(_ value: some Encodable, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let found = String(decoding: try CompactJSON.data(value), as: UTF8.self)
    let expected = String(decoding: try foundation(value), as: UTF8.self)
    // Strings that differ in normalisation are equal in Swift.
    #expect(Array(found.utf8) == Array(expected.utf8), sourceLocation: sourceLocation)
  }

  @Test func stringsAreEscapedAlike() throws {
    let scalars = (UInt32(0)...0x3100).compactMap(UnicodeScalar.init) + ["\u{FEFF}", "\u{FFFE}", "😀", "\u{10FFFF}"]
    try expectSame(scalars.map(String.init))
    try expectSame(["", "a/b", "\"quoted\" \\ \u{7F}\r\n", "e\u{301}é", "👩‍👩‍👧", "</script>"])
  }

  @Test func numbersHaveTheSameDigits() throws {
    var random = SystemRandomNumberGenerator()
    let floats = (0..<20_000).map { _ in Float(bitPattern: random.next()) }.filter(\.isFinite)
    let doubles = (0..<20_000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
    try expectSame(floats)
    try expectSame(doubles)
    try expectSame((-20...20).map { Float(sign: .plus, exponent: $0, significand: 1) })
    try expectSame([0, -0.0, 1, -1, 10, 1e15, 1e16, 1e17, 1e22, 123456789, 0.1, 5e-324, .greatestFiniteMagnitude])
    try expectSame([
      Float(0), -0.0, 1e7, 16_777_216, 1e16, 1e-5, 1e-4, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ])
    try expectSame([Int.min, -10, -1, 0, 9, 10, 99, 100, Int.max])
    try expectSame([UInt64.max, 0])
    try expectSame([Int8.min, Int8.max])
    try expectSame([[1, nil], [], [nil, -7]] as [[Int?]])
    try expectSame([[[true]], [[], [false]]])
  }

  private class Base: Encodable {
    var base = "of the base"
  }

  private final class Derived: Base {
    private enum Keys: String, CodingKey { case own, base }
    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(1.5, forKey: .own)
      try super.encode(to: container.superEncoder())
      try super.encode(to: container.superEncoder(forKey: .base))
    }
  }

  private struct Nothing: Encodable {
    func encode(to encoder: any Encoder) throws {}
  }

  private struct Everything: Encodable {
    private enum Keys: String, CodingKey {
      case zebra
      case alpha = "Alpha"
      case low = "_low"
      case list, nested, null, super2, sub, twice
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(["10": 1, "9": 2, "B": 3, "a": 4, "é": 5, "\"": 6, "😀": 7, "\u{FFFD}": 8], forKey: .zebra)
      try container.encode([10: "ten", 9: "nine", 100: nil], forKey: .alpha)
      try container.encodeNil(forKey: .null)
      try container.encodeIfPresent(Int?.none, forKey: .low)
      try container.encode(Derived(), forKey: .sub)
      try container.encode("first", forKey: .twice)
      var list = container.nestedUnkeyedContainer(forKey: .list)
      try list.encode(Float(0.25))
      try list.encodeNil()
      try list.encode([Optional(Derived()), nil])
      try list.encode(URL(string: "https://example.org/a%20b"))
      try list.encode(Data([1, 2, 255]))
      try list.encode(Nothing())
      try list.encode([String: Int]())
      var inner = list.nestedUnkeyedContainer()
      try inner.encode("deep")
      var object = list.nestedContainer(keyedBy: Keys.self)
      try object.encode(UInt8(200), forKey: .zebra)
      _ = list.nestedUnkeyedContainer()
      var nested = container.nestedContainer(keyedBy: Keys.self, forKey: .nested)
      try nested.encode(list.count, forKey: .list)
      try container.encode("second", forKey: .twice)
      // A container that is asked for again goes on where it was.
      var again = encoder.container(keyedBy: Keys.self)
      try again.encode([["x": [Character("y")].map(String.init)]], forKey: .super2)
    }
  }

  @Test func everyKindOfContainerIsWrittenAlike() throws {
    try expectSame(Everything())
    try expectSame([Everything(), Everything()])
    try expectSame(Derived())
    try expectSame([Nothing()])
    try expectSame("alone")
    try expectSame(Optional<Int>.none)
    try expectSame([String: [Float]]())
  }

  @Test func whatHasNoJSONIsAnError() {
    for number in [Float.nan, .infinity, -.infinity] {
      #expect(throws: EncodingError.self) { try CompactJSON.data([[0, number]]) }
      #expect(throws: EncodingError.self) { try CompactJSON.data(["key": Double(number)]) }
      let error = #expect(throws: EncodingError.self) { try CompactJSON.data(["key": [["inner": number]]]) }
      guard case .invalidValue(_, let context) = error else { return }
      #expect(context.codingPath.map(\.stringValue) == ["key", "Index 0", "inner"])
    }
    #expect(throws: EncodingError.self) { try CompactJSON.data(Nothing()) }
  }

  @Test func tracesWithEveryPartAreWrittenAlike() throws {
    for name in ["gpt2", "gemma3-caps"] {
      let model = try ParityModel(name: name, kind: .safetensors).open()
      let difference = RunChange.Direction.difference(.init(plus: "t e", minus: "a"))
      let requests = [
        TraceRequest(
          prompt: "The \"keys\" to the /cabinet\n", method: .generate(2), attribute: AttributionRequest(position: 1)),
        TraceRequest(prompt: "a t e", method: .generate(2), patch: PatchRequest(source: "a e e", of: [.stream, .mlp])),
        TraceRequest(
          prompt: "a t e a", method: .generate(3), topK: 3, columns: .all,
          changes: [RunChange(.steer(difference, by: 2), layer: .block(0), positions: .all)]),
      ]
      for request in requests {
        let trace = try traceOne(model, request)
        try expectSame(trace)
        #expect(try trace.jsonData() == foundation(trace) + Data("\n".utf8))
      }
    }
  }
}
