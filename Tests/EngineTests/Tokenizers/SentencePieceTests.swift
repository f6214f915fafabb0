import Foundation
import TestSupport
import Testing

@testable import Engine

/// A `tokenizer.model` alone in a folder, against transformers (Tools/make_sentencepiece_fixtures.py).
@Suite struct SentencePieceTests {
  struct Kind: CustomTestStringConvertible, Sendable {
    var name: String
    var model: Data
    var modelType: String
    var config: Data
    var digests: Data
    var testDescription: String { name }
  }

  static let kinds: [Kind] = (1...7).flatMap { (try? read($0)) ?? [] }

  private static func read(_ number: Int) throws -> [Kind] {
    let root = try JSONSerialization.jsonObject(with: Fixtures.data("tokenizers/sentencepiece-\(number).json"))
    let file = try #require(root as? [String: Any])
    let model = try #require((file["model"] as? String).flatMap { Data(base64Encoded: $0) })
    return try (file["kinds"] as? [[String: Any]] ?? []).map { kind in
      Kind(
        name: kind["name"] as? String ?? "", model: model, modelType: kind["modelType"] as? String ?? "",
        config: try JSONSerialization.data(withJSONObject: kind["config"] ?? [:]),
        digests: (kind["digests"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data())
    }
  }

  private func write(_ kind: Kind, to folder: URL) throws {
    try kind.model.write(to: folder.appending(path: "tokenizer.model"))
    try kind.config.write(to: folder.appending(path: "tokenizer_config.json"))
    try Data(#"{"model_type": "\#(kind.modelType)"}"#.utf8).write(to: folder.appending(path: "config.json"))
  }

  @Test func sevenModelsAreReadInThirtySixWays() { #expect(SentencePieceTests.kinds.count == 36) }

  @Test(arguments: kinds) func everyReadingGivesTheSameIDs(_ kind: Kind) throws {
    try withTemporaryFolder { folder in
      try write(kind, to: folder)
      let tokenizer = try openTokenizer(folder: folder.path)
      let texts = TokenizerDigestTests.texts
      try #require(kind.digests.count == texts.count * 4)
      var mismatches: [String] = []
      for (position, text) in texts.enumerated() {
        let wanted = kind.digests[(position * 4)..<(position * 4 + 4)].reversed().reduce(UInt32(0)) {
          $0 << 8 | UInt32($1)
        }
        let ids = try tokenizer.encode(text, addSpecialTokens: true)
        if TokenizerDigestTests.digest(ids) != wanted { mismatches.append("\(text.debugDescription): \(ids)") }
      }
      print("\(kind.name): \(texts.count) hostile strings, \(mismatches.count) mismatches")
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

  @Test func anotherClassIsRefusedByName() throws {
    var kind = try #require(SentencePieceTests.kinds.first)
    kind.config = Data(#"{"tokenizer_class": "T5Tokenizer"}"#.utf8)
    try withTemporaryFolder { folder in
      try write(kind, to: folder)
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(error?.message.contains("unknown tokenizer class of a tokenizer.model 'T5Tokenizer'") == true)
    }
  }
}
