import Foundation
import TestSupport
import Testing

@testable import Engine

/// A SentencePiece model alone in a folder, against transformers (Tools/make_sentencepiece_fixtures.py).
@Suite struct SentencePieceTests {
  struct Kind: CustomTestStringConvertible, Sendable {
    var name: String
    var model: Data
    /// The name of the file.
    var file: String
    var modelType: String
    var config: Data
    var digests: Data
    /// Digests of what the sentencepiece package gives; only in larger models.
    var sentencePiece: Data?
    var testDescription: String { name }
  }

  /// Models of the fixtures, or of a folder of larger ones.
  struct Source: Sendable {
    var folder: URL
    var numbers: ClosedRange<Int>
    var texts: [String]
  }

  static let source: Source = {
    guard let path = ProcessInfo.processInfo.environment["STRATA_SENTENCEPIECE"] else {
      return Source(folder: Fixtures.url("tokenizers"), numbers: 1...10, texts: TokenizerDigestTests.texts)
    }
    let folder = URL(fileURLWithPath: path)
    let texts = (try? Data(contentsOf: folder.appending(path: "texts.json"))).flatMap {
      try? JSONSerialization.jsonObject(with: $0) as? [String]
    }
    return Source(folder: folder, numbers: 1...20, texts: texts ?? [])
  }()

  static let kinds: [Kind] = source.numbers.flatMap { (try? read($0)) ?? [] }

  private static func read(_ number: Int) throws -> [Kind] {
    let data = try Data(contentsOf: source.folder.appending(path: "sentencepiece-\(number).json"))
    let file = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let model = try #require((file["model"] as? String).flatMap { Data(base64Encoded: $0) })
    let sentencePiece = (file["sentencepiece"] as? String).flatMap { Data(base64Encoded: $0) }
    return try (file["kinds"] as? [[String: Any]] ?? []).map { kind in
      Kind(
        name: kind["name"] as? String ?? "", model: model, file: kind["file"] as? String ?? "tokenizer.model",
        modelType: kind["modelType"] as? String ?? "",
        config: try JSONSerialization.data(withJSONObject: kind["config"] ?? [:]),
        digests: (kind["digests"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data(),
        sentencePiece: sentencePiece)
    }
  }

  private func write(_ kind: Kind, to folder: URL) throws {
    try kind.model.write(to: folder.appending(path: kind.file))
    try kind.config.write(to: folder.appending(path: "tokenizer_config.json"))
    try Data(#"{"model_type": "\#(kind.modelType)"}"#.utf8).write(to: folder.appending(path: "config.json"))
  }

  @Test func tenModelsAreReadInFiftyWays() {
    let isLarge = SentencePieceTests.source.numbers.upperBound > 10
    #expect(SentencePieceTests.kinds.count == (isLarge ? 280 : 50))
  }

  @Test(arguments: kinds) func everyReadingGivesTheSameIDs(_ kind: Kind) throws {
    try withTemporaryFolder { folder in
      try write(kind, to: folder)
      let tokenizer = try openTokenizer(folder: folder.path)
      let texts = SentencePieceTests.source.texts
      try #require(kind.digests.count == texts.count * 4)
      func wanted(_ digests: Data, _ position: Int) -> UInt32 {
        digests[(position * 4)..<(position * 4 + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      var mismatches: [String] = []
      var others = 0
      for (position, text) in texts.enumerated() {
        let ids = try tokenizer.encode(text, addSpecialTokens: true)
        if TokenizerDigestTests.digest(ids) != wanted(kind.digests, position) {
          mismatches.append("\(text.debugDescription): \(ids)")
        }
        guard let own = kind.sentencePiece else { continue }
        let plain = try tokenizer.encode(text, addSpecialTokens: false)
        if TokenizerDigestTests.digest(plain) != wanted(own, position) { others += 1 }
      }
      print(
        "\(kind.name): \(texts.count) strings, \(mismatches.count) mismatches"
          + (kind.sentencePiece == nil ? "" : ", \(others) other ids than sentencepiece's"))
      #expect(mismatches.isEmpty, "\(mismatches.count) of \(texts.count): \(mismatches.prefix(5))")
    }
  }

  @Test func aFileCutAnywhereIsAnErrorThatSaysWhere() throws {
    let kind = try #require(SentencePieceTests.kinds.first)
    try withTemporaryFolder { folder in
      try write(kind, to: folder)
      let path = folder.appending(path: "tokenizer.model")
      for count in stride(from: 1, to: kind.model.count, by: 97) {
        try kind.model.prefix(count).write(to: path)
        // Cut between two pieces the file is a shorter model.
        do { _ = try openTokenizer(folder: folder.path) } catch let error as TokenizerError {
          #expect(error.message.contains("SentencePiece model") || error.message.contains("byte"))
          #expect(error.place == path.path)
        }
      }
    }
  }

  /// A model of byte pairs with these pieces, all of them normal.
  private static func bytePairs(_ pieces: [String]) -> Data {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      var (length, rest) = ([UInt8](), bytes.count)
      while rest > 0x7F {
        length.append(UInt8(rest & 0x7F | 0x80))
        rest >>= 7
      }
      return [number << 3 | 2] + length + [UInt8(rest)] + bytes
    }
    return Data(pieces.flatMap { field(1, field(1, Array($0.utf8))) } + field(2, [3 << 3, 2]))
  }

  @Test(.timeLimit(.minutes(1))) func aPieceThatCanBeMadeInManyWaysEndsAndIsSoMade() throws {
    var kind = try #require(SentencePieceTests.kinds.first)
    kind.config = Data(#"{"tokenizer_class": "LlamaTokenizer", "add_bos_token": false}"#.utf8)
    try withTemporaryFolder { folder in
      // Every piece of n letters is made in n - 1 ways: more ways than twice the pieces.
      kind.model = Self.bytePairs(
        ["<unk>", "<s>", "</s>", "\u{2581}"] + (1...200).map { String(repeating: "a", count: $0) })
      try write(kind, to: folder)
      #expect(try openTokenizer(folder: folder.path).encode("aaaaa", addSpecialTokens: false) == [4 - 1, 5 + 3])
      // One piece of a million letters, of which no part is a piece.
      kind.model = Self.bytePairs(["<unk>", "<s>", "</s>", "a", "b", "ab", String(repeating: "b", count: 1_000_000)])
      try write(kind, to: folder)
      #expect(try openTokenizer(folder: folder.path).encode("ab", addSpecialTokens: false).last == 5)
    }
  }

  @Test func anotherClassIsRefusedByName() throws {
    var kind = try #require(SentencePieceTests.kinds.first)
    kind.config = Data(#"{"tokenizer_class": "CamembertTokenizer"}"#.utf8)
    try withTemporaryFolder { folder in
      try write(kind, to: folder)
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(
        error?.message == "unknown tokenizer class of a SentencePiece model 'CamembertTokenizer', expected one of "
          + "LlamaTokenizer, GemmaTokenizer, T5Tokenizer, XLMRobertaTokenizer, PreTrainedTokenizerFast")
    }
  }

  @Test func aClassReadsFilesOfItsOwnNameAlone() throws {
    var kind = try #require(SentencePieceTests.kinds.first { $0.modelType == "t5" })
    kind.config = Data(#"{"tokenizer_class": "LlamaTokenizer"}"#.utf8)
    try withTemporaryFolder { folder in
      try write(kind, to: folder)
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(error?.message == "expected tokenizer.model, which LlamaTokenizer reads, found spiece.model")
      // UMT5 has no class of its own, and the class that its files name reads the file.
      kind.modelType = "umt5"
      kind.config = Data("{}".utf8)
      try write(kind, to: folder)
      #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      kind.config = Data(#"{"tokenizer_class": "T5Tokenizer"}"#.utf8)
      try write(kind, to: folder)
      #expect(try openTokenizer(folder: folder.path).encode("", addSpecialTokens: true) == [1])
      // tokenizer.model comes first.
      try kind.model.prefix(3).write(to: folder.appending(path: "tokenizer.model"))
      #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
    }
  }

  @Test func whatAClassCannotUseIsRefused() throws {
    var kind = try #require(SentencePieceTests.kinds.first { $0.modelType == "xlm-roberta" })
    try withTemporaryFolder { folder in
      // One piece: a message of 5 bytes with the text "abc".
      kind.model = Data([0x0A, 0x05, 0x0A, 0x03, 0x61, 0x62, 0x63])
      try write(kind, to: folder)
      let few = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(few?.message == "expected 3 pieces or more, as XLMRobertaTokenizer needs, found 1")
      // The trainer's setting 24.
      kind.model.append(contentsOf: [0x12, 0x03, 0xC0, 0x01, 0x01])
      try write(kind, to: folder)
      let suffix = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(
        suffix?.message
          == "SentencePiece with treat_whitespace_as_suffix true is not implemented, expected false")
    }
  }
}
