import Engine
import Foundation

/// Opening models: configuration, vocabulary, merges and norms, but no matrices.
enum OpeningCase: BenchmarkCase {
  static let name = "opening"
  static let summary = "opening of each model, and indexing of its vocabulary and merges"

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    try context.models.flatMap { path -> [Measurement] in
      let model = try BenchmarkModel(path: path)
      let files = try openModelFiles(path: path)
      let text = "The keys to the cabinet are in the kitchen."
      let expected = try model.model.tokenizer.encode(text, addSpecialTokens: true)
      let opening = try context.time {
        _ = try LanguageModel.open(path: path, identity: BenchmarkModel.identity)
      }
      var ids: [Int] = []
      let indexing = try context.time {
        ids = try openTokenizer(files: files).encode(text, addSpecialTokens: true)
      }
      try check(ids == expected, "\(model.name): '\(text)' became \(ids), then \(expected)")
      let spelled = expected.compactMap { model.model.tokenizer.bytes(of: $0) }.joined()
      try check(
        String(decoding: Array(spelled), as: UTF8.self).contains("cabinet"), "\(model.name): \(ids) is not '\(text)'")
      return [
        .duration("\(model.name): open", opening),
        .duration("\(model.name): index \(model.model.tokenizer.vocabularySize) tokens, encode a line", indexing),
      ]
    }
  }
}
