import Engine
import Foundation
import TestSupport
import Testing
import Traces

/// Thousands of hostile strings for every kind of tokenizer against `tokenizers`; fixtures from
/// Tools/make_tokenizer_digests.py, which say of the ids of each string only a digest.
@Suite struct TokenizerDigestTests {
  /// The strings.
  static let texts: [String] = {
    let root = try? JSONDocument(path: Fixtures.url("tokenizers/hostile.json").path).root
    return root?.elements?.compactMap(\.string) ?? []
  }()

  /// One byte-level vocabulary for all families.
  struct Vocabulary: Decodable {
    var tokens: [String]
    var merges: [String]
  }

  struct Family: Decodable, CustomStringConvertible, Sendable {
    var name: String
    var digests: String
    var description: String { name }
  }

  private static let vocabulary = Result {
    try JSONDecoder().decode(Vocabulary.self, from: Fixtures.data("tokenizers/vocabulary.json"))
  }

  private static let files = ["families-1.json", "families-2.json", "families-3.json"]

  static let families: [Family] = files.flatMap {
    (try? JSONDecoder().decode([Family].self, from: Fixtures.data("tokenizers/\($0)"))) ?? []
  }

  @Test func thousandsOfStringsAreCompared() {
    #expect(TokenizerDigestTests.texts.count == 2183)
    #expect(TokenizerDigestTests.families.count == 19)
  }

  @Test(arguments: families) func aFamilyGivesTheSameIDsFromATokenizerJSON(family: Family) throws {
    try withTemporaryFolder { folder in
      try TokenizerDigestTests.tokenizerJSON(family).write(to: folder.appending(path: "tokenizer.json"))
      try expectDigests(openTokenizer(folder: folder.path), family)
    }
  }

  @Test(arguments: families) func aFamilyGivesTheSameIDsFromAGGUF(family: Family) throws {
    try withTemporaryFolder { folder in
      let vocabulary = try TokenizerDigestTests.vocabulary.get()
      var file = GGUFBuilder()
      file.set("general.architecture", "llama")
      file.set("tokenizer.ggml.model", "gpt2")
      file.set("tokenizer.ggml.pre", family.name)
      file.set("tokenizer.ggml.tokens", vocabulary.tokens)
      file.set("tokenizer.ggml.merges", vocabulary.merges)
      file.set("tokenizer.ggml.add_bos_token", false)
      let path = folder.appending(path: "m.gguf")
      try file.data().write(to: path)
      let tokenizer = try openTokenizer(files: GGUFFiles(path: path.path))
      try expectDigests(tokenizer, family)
      // Where nothing is composed, the tokens spell the text.
      guard !["mpt", "command-r", "qwen2", "qwen35"].contains(family.name) else { return }
      for text in TokenizerDigestTests.texts {
        let pieces = try tokenizer.encode(text, addSpecialTokens: false).map { tokenizer.bytes(of: $0) ?? [] }
        #expect(pieces.joined().elementsEqual(text.utf8), "\(text.debugDescription)")
      }
    }
  }

  private static func tokenizerJSON(_ family: Family) throws -> Data {
    let vocabulary = try vocabulary.get()
    for name in files {
      let data = try Fixtures.data("tokenizers/\(name)")
      let list = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
      guard let entry = list.first(where: { $0["name"] as? String == family.name }) else { continue }
      let tokens = vocabulary.tokens.enumerated()
      let model: [String: Any] = [
        "type": "BPE", "vocab": Dictionary(tokens.map { ($1, $0) }) { first, _ in first },
        "merges": vocabulary.merges, "ignore_merges": entry["ignore_merges"] ?? false,
      ]
      return try JSONSerialization.data(withJSONObject: [
        "pre_tokenizer": entry["pre_tokenizer"] ?? NSNull(), "normalizer": entry["normalizer"] ?? NSNull(),
        "decoder": ["type": "ByteLevel"], "model": model,
      ])
    }
    return Data()
  }

  private func expectDigests(_ tokenizer: any Tokenizer, _ family: Family) throws {
    let wanted = try #require(Data(base64Encoded: family.digests))
    let texts = TokenizerDigestTests.texts
    try #require(wanted.count == texts.count * 4)
    var mismatches: [String] = []
    for (position, text) in texts.enumerated() {
      let ids = try tokenizer.encode(text, addSpecialTokens: true)
      let expected = wanted[(position * 4)..<(position * 4 + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if TokenizerDigestTests.digest(ids) != expected { mismatches.append("\(text.debugDescription): \(ids)") }
    }
    #expect(mismatches.isEmpty, "\(mismatches.count) of \(texts.count): \(mismatches.prefix(5))")
  }

  /// 32-bit FNV-1a over the ids, each as four little-endian bytes.
  static func digest(_ ids: [Int]) -> UInt32 {
    var value: UInt32 = 0x811C_9DC5
    for id in ids {
      for shift in [0, 8, 16, 24] { value = (value ^ UInt32(id >> shift & 0xFF)) &* 0x0100_0193 }
    }
    return value
  }
}
