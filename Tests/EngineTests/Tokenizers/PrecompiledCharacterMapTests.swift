import Traces
import Foundation
import TestSupport
import Testing

@testable import Engine

/// SentencePiece's maps of characters: a small one made by SentencePiece, and what is left of it when it is damaged.
@Suite struct PrecompiledCharacterMapTests {
  /// x becomes 1, か 2, and characters that go before others 3 (Tools/make_unicode_digests.py).
  private static let bytes = Result {
    let root = try JSONDocument(path: Fixtures.url("tokenizers/unicode.json").path).root
    let steps = try root.member("steps").requireElements().compactMap {
      $0["normalizer"]?["precompiled_charsmap"]?.string
    }
    return [UInt8](try #require(steps.first.flatMap { Data(base64Encoded: $0) }))
  }

  private func apply(_ bytes: [UInt8], to text: String) throws -> String {
    let map = try PrecompiledCharacterMap(bytes, path: "test")
    return String(decoding: map.apply(to: Array(text.utf8)), as: UTF8.self)
  }

  @Test func aCharacterTakesItsMarksAlong() throws {
    let bytes = try PrecompiledCharacterMapTests.bytes.get()
    // As long as the two have five bytes together.
    #expect(
      try apply(bytes, to: "axb x\u{301} x\u{301}\u{301}\u{301} xé\u{0}か\u{3099}")
        == "a1b 1 1\u{301}\u{301}\u{301} 1é\u{0}2\u{3099}")
    #expect(try apply(bytes, to: "") == "")
  }

  @Test func aDamagedMapIsAnErrorOrHarmless() throws {
    let whole = try PrecompiledCharacterMapTests.bytes.get()
    let text = Array("x か\u{600}x \u{10FFFF}\u{0} abc é x\u{301}".utf8)
    var (refused, harmless) = (0, 0)
    var random = SystemLikeGenerator(state: 7)
    for round in 0..<6000 {
      var bytes = whole
      switch round % 4 {
      case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      case 1:
        for _ in 0..<4 {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
      case 2: bytes = bytes.map { $0 &+ (UInt8.random(in: 0...9, using: &random) == 0 ? 128 : 0) }
      default: bytes = bytes.prefix(4) + (4..<bytes.count).map { _ in UInt8.random(in: 0...127, using: &random) }
      }
      do {
        let map = try PrecompiledCharacterMap(bytes, path: "test")
        #expect(String(validating: map.apply(to: text), as: UTF8.self) != nil)
        #expect(map.start(1, in: text) >= 0)
        harmless += 1
      } catch {
        #expect(error.message.contains("precompiled map of characters"))
        refused += 1
      }
    }
    print("damaged maps: \(refused) refused, \(harmless) harmless")
    #expect(refused > 500 && harmless > 500)
  }

  @Test func aMapThatIsCutOrChangedAnywhereIsAnErrorOrHarmless() throws {
    let kind = try #require(TokenizerPartTests.kinds.first { $0.name == "a compiled map of characters" })
    let root = try kind.json.withUnsafeBytes { try JSONDocument(bytes: $0, path: "fixture").root }
    let text = try root.member("normalizer").member("precompiled_charsmap").requireString()
    let bytes = [UInt8](try #require(Data(base64Encoded: text)))
    let sample = Array("e\u{301} ﬁ ① \u{3000}Ａ\u{200B}x".utf8)
    var read = 0
    func check(_ bytes: [UInt8]) {
      do {
        let map = try PrecompiledCharacterMap(bytes, path: "test")
        #expect(String(validating: map.apply(to: sample), as: UTF8.self) != nil)
        read += 1
      } catch {
        #expect(error.message.contains("precompiled map of characters"))
      }
    }
    for count in stride(from: 0, to: bytes.count, by: 7) { check(Array(bytes.prefix(count))) }
    for place in stride(from: 0, to: bytes.count, by: 3) {
      var changed = bytes
      changed[place] ^= 0xA5
      check(changed)
    }
    #expect(read > 0)
  }

  @Test(
    arguments: [
      ([1, 0, 0], "the size of a trie in the precompiled map of characters, found 3 bytes"),
      ([0, 0, 0, 0], "a trie of 4 to 0 bytes in the precompiled map of characters, found one of 0"),
      (
        [255, 255, 255, 255, 0],
        "a trie of 4 to 1 bytes in the precompiled map of characters, found one of 4294967295"
      ),
      (
        [255, 255, 255, 255, 0, 0, 0, 0],
        "a trie of 4 to 4 bytes in the precompiled map of characters, found one of 4294967295"
      ),
      (
        [4, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0],
        "replacements in UTF-8 in the precompiled map of characters, found other bytes"
      ),
      // A key that ends at the root, whose value lies behind the replacements.
      (
        [8, 0, 0, 0, 0, 5, 0, 0, 9, 0, 0, 0x80, 0x61, 0],
        "places below 2 where a character starts in the precompiled map of characters, found 9"
      ),
    ] as [([UInt8], String)])
  func whatIsWrongWithAMapIsSaid(bytes: [UInt8], message: String) {
    let error = #expect(throws: TokenizerError.self) { try PrecompiledCharacterMap(bytes, path: "m.gguf") }
    #expect(error?.message == "expected \(message)")
    #expect(error?.place == "m.gguf")
  }
}

/// The same numbers in every run.
private struct SystemLikeGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
