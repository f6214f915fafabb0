import Engine
import Foundation
import TestSupport
import Testing

/// SentencePiece-style tokenizers, BPE and unigram, with the parts of the families that have them, against `tokenizers`
/// (Tools/make_tokenizer_digests.py).
@Suite struct TokenizerKindTests {
  /// Name and the file it is in.
  struct Kind: CustomStringConvertible, Sendable {
    var name: String
    var digests: Data
    /// The whole tokenizer.json.
    var json: Data
    var description: String { name }
  }

  static let kinds: [Kind] = (try? read()) ?? []

  private static func read() throws -> [Kind] {
    var models: [String: Any] = [:]
    var kinds: [Kind] = []
    for file in ["kinds-1.json", "kinds-2.json"] {
      let root = try JSONSerialization.jsonObject(with: Fixtures.data("tokenizers/\(file)")) as? [String: Any] ?? [:]
      models.merge(root["models"] as? [String: Any] ?? [:]) { first, _ in first }
      for entry in root["kinds"] as? [[String: Any]] ?? [] {
        var model = models[entry["model"] as? String ?? ""] as? [String: Any] ?? [:]
        model.merge(entry["changes"] as? [String: Any] ?? [:]) { _, second in second }
        var whole = entry["parts"] as? [String: Any] ?? [:]
        whole["model"] = model
        kinds.append(
          Kind(
            name: entry["name"] as? String ?? "",
            digests: Data(base64Encoded: entry["digests"] as? String ?? "") ?? Data(),
            json: try JSONSerialization.data(withJSONObject: whole)))
      }
    }
    return kinds
  }

  @Test func eightKindsAreCompared() { #expect(TokenizerKindTests.kinds.count == 8) }

  @Test(arguments: kinds) func everyKindGivesTheSameIDs(kind: Kind) throws {
    try withTemporaryFolder { folder in
      try kind.json.write(to: folder.appending(path: "tokenizer.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      try expectDigests(tokenizer, kind)
    }
  }

  private func expectDigests(_ tokenizer: any Tokenizer, _ kind: Kind) throws {
    let texts = TokenizerDigestTests.texts
    try #require(kind.digests.count == texts.count * 4)
    var mismatches: [String] = []
    for (position, text) in texts.enumerated() {
      let ids = try tokenizer.encode(text, addSpecialTokens: true)
      let wanted = kind.digests[(position * 4)..<(position * 4 + 4)].reversed().reduce(UInt32(0)) {
        $0 << 8 | UInt32($1)
      }
      if TokenizerDigestTests.digest(ids) != wanted { mismatches.append("\(text.debugDescription): \(ids)") }
    }
    print("\(kind.name): \(texts.count) hostile strings, \(mismatches.count) mismatches")
    #expect(mismatches.isEmpty, "\(mismatches.count) of \(texts.count): \(mismatches.prefix(5))")
  }

  /// The same vocabulary and scores as GGUF has them.
  @Test func unigramGivesTheSameIDsFromAGGUF() throws {
    let kind = try #require(TokenizerKindTests.kinds.first { $0.name == "unigram in a GGUF" })
    let whole = try #require(try JSONSerialization.jsonObject(with: kind.json) as? [String: Any])
    let vocabulary = try #require((whole["model"] as? [String: Any])?["vocab"] as? [[Any]])
    var file = GGUFBuilder()
    file.set("general.architecture", "llama")
    file.set("tokenizer.ggml.model", "t5")
    file.set("tokenizer.ggml.tokens", vocabulary.compactMap { $0[0] as? String })
    file.set("tokenizer.ggml.scores", vocabulary.compactMap { ($0[1] as? NSNumber)?.floatValue })
    file.set("tokenizer.ggml.token_type", vocabulary.indices.map { Int32($0 == 0 ? 2 : $0 < 3 ? 3 : 1) })
    file.set("tokenizer.ggml.unknown_token_id", UInt32(0))
    file.set("tokenizer.ggml.remove_extra_whitespaces", true)
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.gguf")
      try file.data().write(to: path)
      let tokenizer = try openTokenizer(files: GGUFFiles(path: path.path))
      try expectDigests(tokenizer, kind)
    }
  }

  /// Gemma's and Mistral's way: byte fallback spells everything, so the tokens spell the text.
  @Test(arguments: ["gemma", "mistral", "unigram with bytes"]) func tokensSpellTheText(name: String) throws {
    let kind = try #require(TokenizerKindTests.kinds.first { $0.name == name })
    try withTemporaryFolder { folder in
      try kind.json.write(to: folder.appending(path: "tokenizer.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      var compared = 0
      var mismatches: [String] = []
      // A text that has the mark for a space, or spells out a byte or a special token, cannot be told from what it looks like.
      let texts = TokenizerDigestTests.texts.filter {
        !$0.isEmpty && !$0.unicodeScalars.contains("\u{2581}") && !$0.contains("<")
      }
      for text in texts {
        let ids = try tokenizer.encode(text, addSpecialTokens: false)
        let bytes = ids.flatMap { tokenizer.bytes(of: $0) ?? [] }
        let prefix = name == "gemma" || text.utf8.first == 0x20
        if bytes != Array((prefix ? text : " " + text).utf8) { mismatches.append(text.debugDescription) }
        compared += 1
      }
      #expect(mismatches.isEmpty, "\(mismatches.count) of \(compared): \(mismatches.prefix(5))")
      #expect(compared > 1000)
    }
  }
}
