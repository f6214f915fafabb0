import Foundation
import TestSupport
import Testing

@testable import Engine

/// Parts of tokenizer.json that few causal models have, against `tokenizers` (Tools/make_tokenizer_parts.py).
@Suite struct TokenizerPartTests {
  struct Part: CustomTestStringConvertible, Sendable {
    var name: String
    /// The whole tokenizer.json.
    var json: Data
    var digests: Data
    var testDescription: String { name }
  }

  static let parts: [Part] = (try? read()) ?? []
  /// The digest of a text that the tokenizer refuses.
  private static let refused = UInt32.max

  private static func read() throws -> [Part] {
    let stored = try JSONSerialization.jsonObject(with: Fixtures.data("tokenizers/vocabulary.json")) as? [String: Any]
    let tokens = (stored?["tokens"] as? [String] ?? []).enumerated()
    let shared: [String: Any] = [
      "type": "BPE", "vocab": Dictionary(tokens.map { ($1, $0) }) { first, _ in first },
      "merges": stored?["merges"] ?? [],
    ]
    return try (1...3).flatMap { number in
      let root = try JSONSerialization.jsonObject(with: Fixtures.data("tokenizers/parts-\(number).json"))
      return try (root as? [[String: Any]] ?? []).map { entry in
        var whole = entry["tokenizer"] as? [String: Any] ?? [:]
        if whole["model"] is String { whole["model"] = shared }
        return Part(
          name: entry["name"] as? String ?? "", json: try JSONSerialization.data(withJSONObject: whole),
          digests: (entry["digests"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data())
      }
    }
  }

  @Test func sixteenPartsAreCompared() { #expect(TokenizerPartTests.parts.count == 16) }

  @Test(arguments: parts) func everyPartGivesTheSameIDs(_ part: Part) throws {
    try withTemporaryFolder { folder in
      try part.json.write(to: folder.appending(path: "tokenizer.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      let texts = TokenizerDigestTests.texts
      try #require(part.digests.count == texts.count * 4)
      var mismatches: [String] = []
      for (position, text) in texts.enumerated() {
        let wanted = part.digests[(position * 4)..<(position * 4 + 4)].reversed().reduce(UInt32(0)) {
          $0 << 8 | UInt32($1)
        }
        let ids = try? tokenizer.encode(text, addSpecialTokens: true)
        let found = ids.map(TokenizerDigestTests.digest) ?? Self.refused
        if found != wanted { mismatches.append("\(text.debugDescription): \(ids.map { "\($0)" } ?? "refused")") }
      }
      print("\(part.name): \(texts.count) hostile strings, \(mismatches.count) mismatches")
      #expect(mismatches.isEmpty, "\(mismatches.count) of \(texts.count): \(mismatches.prefix(5))")
    }
  }

  @Test func tokensStandForTextInTheMiddleOfOne() throws {
    func spelled(_ name: String, _ text: String) throws -> String {
      let part = try #require(TokenizerPartTests.parts.first { $0.name == name })
      return try withTemporaryFolder { folder in
        try part.json.write(to: folder.appending(path: "tokenizer.json"))
        let tokenizer = try openTokenizer(folder: folder.path)
        let ids = try tokenizer.encode(text, addSpecialTokens: false)
        return String(decoding: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, as: UTF8.self)
      }
    }
    #expect(try spelled("parts of words", "the keys don't go") == " the keys don ' t go")
    #expect(try spelled("marks at the end of words", "the keys") == "the keys ")
    #expect(try spelled("marks inside words", "the keys") == " the keys")
    #expect(try spelled("words", "the keys to") == "thekeysto")
    #expect(try spelled("byte level as a normalizer", "the keys") == "the keys")
  }

  @Test func aWordOutsideAVocabularyWithoutATokenForThatIsAnError() throws {
    let part = try #require(TokenizerPartTests.parts.first { $0.name == "words without unknown ones" })
    try withTemporaryFolder { folder in
      try part.json.write(to: folder.appending(path: "tokenizer.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      #expect(throws: TokenizerError.unknownWord("zorblax")) {
        try tokenizer.encode("the zorblax", addSpecialTokens: false)
      }
    }
  }

  @Test func aDamagedMapOfCharactersIsAnErrorOrHarmless() throws {
    let part = try #require(TokenizerPartTests.parts.first { $0.name == "a compiled map of characters" })
    let root = try #require(try JSONSerialization.jsonObject(with: part.json) as? [String: Any])
    let normalizer = try #require(root["normalizer"] as? [String: Any])
    let text = try #require(normalizer["precompiled_charsmap"] as? String)
    let bytes = Array(try #require(Data(base64Encoded: text)))
    let sample = Array("e\u{301} ﬁ ① \u{3000}Ａ\u{200B}x".utf8)
    for count in stride(from: 0, to: bytes.count, by: 7) {
      _ = (try? CharacterMap(Array(bytes.prefix(count)), path: ""))?.apply(to: sample)
    }
    for place in stride(from: 0, to: bytes.count, by: 3) {
      var changed = bytes
      changed[place] ^= 0xA5
      _ = (try? CharacterMap(changed, path: ""))?.apply(to: sample)
    }
    #expect(throws: TokenizerError.self) { try CharacterMap([1, 2], path: "") }
    #expect(throws: TokenizerError.self) { try CharacterMap([255, 255, 255, 255, 0], path: "") }
  }
}
