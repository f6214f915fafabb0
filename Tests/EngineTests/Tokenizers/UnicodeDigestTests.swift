import Traces
import Foundation
import TestSupport
import Testing

@testable import Engine

/// Every character of Unicode through every normalizer and pre-tokenizer, against `tokenizers` (Tools/make_unicode_digests.py).
@Suite struct UnicodeDigestTests {
  struct Step: CustomStringConvertible, Sendable {
    /// Its place in the list.
    var place: Int
    var description: String
  }

  private static let root = Result {
    let path = ProcessInfo.processInfo.environment["STRATA_UNICODE"] ?? Fixtures.url("tokenizers/unicode.json").path
    return try JSONDocument(path: path).root
  }

  static let steps: [Step] = {
    let list = try? root.get().member("steps").requireElements()
    return (list.map(Array.init) ?? []).enumerated().map { place, value in
      let step = value["normalizer"] ?? value["pre_tokenizer"]
      let pattern = step?["pattern"]?["Regex"]?.string ?? ""
      let set = step?.members?.filter { $0.value.bool == true }.map(\.key) ?? []
      return Step(place: place, description: ([step?["type"]?.string ?? "", pattern] + set).joined(separator: " "))
    }
  }()

  @Test func allStepsAreCompared() { #expect(UnicodeDigestTests.steps.count == 29) }

  @Test(arguments: steps) func everyCharacterBecomesWhatItBecomesInTokenizers(step: Step) throws {
    let root = try UnicodeDigestTests.root.get()
    let value = try #require(Array(try root.member("steps").requireElements())[step.place])
    let components = TokenizerComponents(path: "test")
    let normalizers = try components.normalizers(value["normalizer"])
    let preTokenizers = try components.preTokenizers(value["pre_tokenizer"]).steps
    let wanted = try #require(Data(base64Encoded: try value.member("digests").requireString()))
    let block = UInt32(try root.member("block").requireInteger())
    var (compared, different): (Int, [String]) = (0, [])
    for range in try root.member("ranges").requireElements() {
      let ends = try range.requireElements().map { UInt32(try $0.requireInteger()) }
      for start in stride(from: ends[0], to: ends[1], by: Int(block)) {
        var digest = UInt32(0x811C_9DC5)
        for before in ["", "x", "\u{304B}"] {
          let scalars = (start..<start + block).compactMap(Unicode.Scalar.init)
          let text = Array(scalars.map { before + String($0) }.joined().utf8)
          var cut = CutText(bytes: text, pieces: [0..<text.count], startsText: true)
          for step in normalizers { cut.bytes = try step.apply(to: cut.bytes) }
          if !normalizers.isEmpty { cut.pieces = [0..<cut.bytes.count] }
          for step in preTokenizers { try step.apply(to: &cut) }
          if !preTokenizers.isEmpty { cut.pieces.removeAll(where: \.isEmpty) }
          for piece in cut.pieces {
            for byte in cut.bytes[piece] + [0xFF] { digest = (digest ^ UInt32(byte)) &* 0x0100_0193 }
          }
        }
        let at = wanted.startIndex + compared * 4
        let expected = wanted[at..<at + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if digest != expected { different.append(String(start, radix: 16)) }
        compared += 1
      }
    }
    #expect(compared * 4 == wanted.count)
    #expect(
      different.isEmpty, "\(different.count) of \(compared) blocks: \(different.prefix(400).joined(separator: " "))")
  }
}
