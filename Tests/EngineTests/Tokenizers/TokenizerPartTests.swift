import Traces
import Foundation
import TestSupport
import Testing

@testable import Engine

/// Every part of a tokenizer.json that no supported family has of its own, on 2183 hostile strings, against `tokenizers`
/// (Tools/make_tokenizer_part_digests.py, Tools/make_tokenizer_parts.py).
@Suite struct TokenizerPartTests {
  struct Kind: CustomStringConvertible, Sendable {
    var name: String
    var digests: Data
    /// What the tokens stand for; nil where `tokenizers` has no answer.
    var texts: Int?
    /// Ids of added tokens.
    var added: Set<Int>
    /// The whole tokenizer.json.
    var json: Data
    var description: String { name }
  }

  private static let files = (1...7).map { "parts-\($0).json" } + (1...3).map { "whole-parts-\($0).json" }

  static let kinds: [Kind] = (try? read()) ?? []

  private static func read() throws -> [Kind] {
    var models = ["shared": try sharedModel()]
    var kinds: [Kind] = []
    for file in files {
      let root = try JSONDocument(path: Fixtures.url("tokenizers/\(file)").path).root
      for member in try root.member("models").requireMembers() {
        models[member.key] = try member.value.requireString()
      }
      for entry in try root.member("kinds").requireElements() {
        // Of a member that is there twice the last one counts, here as in the crate.
        func open(_ text: String) -> Substring { text.dropLast() }
        let model = models[try entry.member("model").requireString()] ?? "{}"
        let changes = try entry.member("changes").requireString()
        let parts = try entry.member("parts").requireString()
        let whole = "\(open(parts)),\"model\":\(open(model))\(changes == "{}" ? "" : ",")\(changes.dropFirst())}"
        kinds.append(
          Kind(
            name: try entry.member("name").requireString(),
            digests: Data(base64Encoded: try entry.member("digests").requireString()) ?? Data(),
            texts: entry["texts"]?.integer,
            added: Set(try entry.member("added").requireElements().map { try $0.requireInteger() }),
            json: Data(whole.utf8)))
      }
    }
    return kinds
  }

  /// The byte-level vocabulary of all families.
  private static func sharedModel() throws -> String {
    let stored = try JSONDecoder().decode(
      TokenizerDigestTests.Vocabulary.self, from: Fixtures.data("tokenizers/vocabulary.json"))
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
    let entries = try stored.tokens.enumerated().map { "\(try json($1)):\($0)" }
    return "{\"type\":\"BPE\",\"vocab\":{\(entries.joined(separator: ","))},\"merges\":\(try json(stored.merges))}"
  }

  private func open(_ kind: Kind) throws -> any Tokenizer {
    try withTemporaryFolder { folder in
      try kind.json.write(to: folder.appending(path: "tokenizer.json"))
      return try openTokenizer(folder: folder.path)
    }
  }

  @Test func allKindsAreCompared() { #expect(TokenizerPartTests.kinds.count == 51) }

  @Test(arguments: kinds) func everyPartGivesTheSameIDs(kind: Kind) throws {
    try expectDigests(open(kind), kind)
  }

  private func expectDigests(_ tokenizer: any Tokenizer, _ kind: Kind) throws {
    let texts = TokenizerDigestTests.texts
    try #require(kind.digests.count == texts.count * 4)
    var mismatches: [String] = []
    for (position, text) in texts.enumerated() {
      // What tokenizers refuses is refused.
      let ids = try? tokenizer.encode(text, addSpecialTokens: true)
      let wanted = kind.digests[(position * 4)..<(position * 4 + 4)].reversed().reduce(UInt32(0)) {
        $0 << 8 | UInt32($1)
      }
      if ids.map(TokenizerDigestTests.digest) ?? 0 != wanted {
        mismatches.append("\(text.debugDescription): \(ids?.description ?? "refused")")
      }
    }
    print("\(kind.name): ids of \(texts.count) strings, \(mismatches.count) differ")
    #expect(mismatches.isEmpty, "\(mismatches.count) of \(texts.count): \(mismatches.prefix(5))")
  }

  @Test(arguments: kinds) func everySettingIsReadOrKnownToChangeNothing(kind: Kind) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "tokenizer.json")
      try kind.json.write(to: path)
      let ledger = SettingsLedger()
      let file = try TokenizerJSON(path: path.path, ledger: ledger)
      var configuration = try TokenizerConfiguration(folder: nil, ledger: ledger, notes: ModelNotes())
      try configuration.chooseClass(config: nil, source: .json(file), options: ModelOptions())
      _ = try file.tokenizer(configuration: configuration, bos: .model)
      let accounts = ledger.accounts(family: "llama")
      #expect(accounts.count > 5)
      // Of what a change has put there once more, the first is not read.
      let keys = accounts.map(\.key)
      let refused = accounts.filter { account in
        account.outcome == .refused && keys.count { $0 == account.key } == 1
      }
      #expect(refused.map(\.key) == [])
    }
  }

  @Test(arguments: kinds) func tokensStandForWhatTheyAreDecodedTo(kind: Kind) throws {
    guard let wanted = kind.texts else { return }
    let tokenizer = try open(kind)
    var digest = UInt32(0x811C_9DC5)
    var compared = 0
    for id in 0..<tokenizer.vocabularySize where !kind.added.contains(id) {
      guard let bytes = tokenizer.bytes(of: id) else { continue }
      let text = String(validating: bytes, as: UTF8.self).flatMap { $0.unicodeScalars.contains("\u{FFFD}") ? nil : $0 }
      for byte in Array((text ?? "?").utf8) + [0xFF] { digest = (digest ^ UInt32(byte)) &* 0x0100_0193 }
      compared += 1
    }
    #expect(compared > 100)
    #expect(Int(digest) == wanted, "\(compared) tokens")
  }

  @Test func tokensStandForTextInTheMiddleOfOne() throws {
    func spelled(_ name: String, _ text: String) throws -> String {
      let tokenizer = try open(try #require(TokenizerPartTests.kinds.first { $0.name == name }))
      let ids = try tokenizer.encode(text, addSpecialTokens: false)
      return String(decoding: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, as: UTF8.self)
    }
    #expect(try spelled("parts of words", "the keys don't go") == " the keys don ' t go")
    #expect(try spelled("marks at the end of words", "the keys") == "the keys ")
    #expect(try spelled("marks inside words", "the keys") == " the keys")
    #expect(try spelled("words", "the keys to") == "thekeysto")
    #expect(try spelled("byte level as a normalizer", "the keys") == "the keys")
  }

  @Test func aWordOutsideAVocabularyWithoutATokenForThatIsAnError() throws {
    let kind = try #require(TokenizerPartTests.kinds.first { $0.name == "words without unknown ones" })
    let tokenizer = try open(kind)
    #expect(throws: TokenizerError.noUnknownToken(text: "zorblax", token: "<none>")) {
      try tokenizer.encode("the zorblax", addSpecialTokens: false)
    }
  }

  /// The same vocabulary, scores and map of characters as GGUF has them.
  @Test func aMapOfCharactersActsFromAGGUF() throws {
    let kind = try #require(TokenizerPartTests.kinds.first { $0.name == "unigram, Precompiled in a GGUF" })
    let root = try kind.json.withUnsafeBytes { try JSONDocument(bytes: $0, path: "fixture").root }
    let pairs = try root.member("model").member("vocab").requireElements().map { Array(try $0.requireElements()) }
    let steps = try root.member("normalizer").member("normalizers").requireElements()
    let maps = steps.compactMap { $0["precompiled_charsmap"]?.string }
    let map = try #require(maps.first)
    var file = GGUFBuilder()
    file.set("general.architecture", "llama")
    file.set("tokenizer.ggml.model", "t5")
    file.set("tokenizer.ggml.tokens", pairs.compactMap { $0[0].string })
    file.set("tokenizer.ggml.scores", pairs.compactMap { $0[1].real.map(Float.init) })
    file.set("tokenizer.ggml.token_type", pairs.indices.map { Int32($0 == 0 ? 2 : $0 < 3 ? 3 : 1) })
    file.set("tokenizer.ggml.unknown_token_id", UInt32(0))
    file.set("tokenizer.ggml.remove_extra_whitespaces", true)
    var damaged = file
    let bytes = [UInt8](try #require(Data(base64Encoded: map)))
    file.set("tokenizer.ggml.precompiled_charsmap", bytes)
    damaged.set("tokenizer.ggml.precompiled_charsmap", Array(bytes.prefix(400)))
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.gguf")
      try file.data().write(to: path)
      try expectDigests(openTokenizer(files: GGUFFiles(path: path.path)), kind)
      try damaged.data().write(to: path)
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(files: GGUFFiles(path: path.path)) }
      #expect(
        error?.message.hasPrefix("expected a trie of 4 to 396 bytes in the precompiled map of characters") == true)
    }
  }
}
