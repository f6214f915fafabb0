import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Rows of the head that are stored twice, or that no token stands for.
@Suite struct HeadRowTests {
  private func trace(_ model: LanguageModel) throws -> Trace {
    try Tracer(model: model, threads: 2).trace([
      TraceRequest(prompt: "the keys to", method: .generate(4), columns: .all)
    ])[0]
  }

  @Test func aStoredHeadThatDiffersFromATiedEmbeddingIsUsedAndNoted() throws {
    let tied = try openEdited("llama-untied") { $0.settings["tie_word_embeddings"] = true }
    #expect(try trace(tied) == trace(try openEdited("llama-untied") { _ in }))
    #expect(tied.notes.contains { $0.message.contains("tie_word_embeddings") || $0.message.contains("head") })
  }

  @Test func aStoredHeadThatEqualsTheTiedEmbeddingSaysNothing() throws {
    let twice = try TinyModel.llama.open { files in
      let name = "model.embed_tokens.weight"
      files.set("lm_head.weight", shape: files.tensors[name]?.shape ?? [], files.values(name))
    }
    #expect(try trace(twice) == trace(try TinyModel.llama.open()))
    #expect(twice.notes.isEmpty)
  }

  /// The file is made by Tools/make_padded_fixtures.py from the tiny Qwen2.
  @Test func fillersAtTheEndOfAGGUFVocabularyAreNoTokens() throws {
    let padded = try openModel(Fixtures.url("weights/padded.gguf"), name: "m")
    let plain = try openModel(Fixtures.url("models/qwen2/qwen2.gguf"), name: "m")
    var found = try trace(padded)
    let expected = try trace(plain)
    #expect(found.model.padding == 5 && found.model.vocabulary == expected.model.vocabulary + 5)
    found.model.padding = nil
    found.model.vocabulary = expected.model.vocabulary
    #expect(found == expected)
    // The same rows of a folder, which names no fillers.
    var folder = try trace(
      try openModelFolder { files in
        let name = "model.embed_tokens.weight"
        let shape = files.tensors[name]?.shape ?? [0, 0]
        let values = files.values(name)
        let loud = values.prefix(shape[1]).map { $0 * 50 }
        files.settings["vocab_size"] = shape[0] + 5
        let rows = (0..<5).flatMap { $0 % 2 == 0 ? loud : loud.map { -$0 } }
        files.set(name, shape: [shape[0] + 5, shape[1]], values + rows)
      })
    folder.model.padding = nil
    folder.model.vocabulary = expected.model.vocabulary
    #expect(folder.rank == expected.rank && folder.logprob == expected.logprob && folder.top == expected.top)
  }

  private func openModelFolder(_ change: (EditedFiles) -> Void) throws -> LanguageModel {
    let files = EditedFiles(try openModelFiles(path: Fixtures.url("models/qwen2/hf").path))
    change(files)
    return try LanguageModel(files, identity: ModelIdentity(name: "m", sha256: ""))
  }

  @Test func moreIDsThanRowsAreAnErrorOnlyWhereSuchAnIDOccurs() throws {
    try withTemporaryFolder { folder in
      let source = Fixtures.url("models/llama/hf")
      for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
        try FileManager.default.copyItem(at: source.appending(path: name), to: folder.appending(path: name))
      }
      let plain = try trace(try openModel(folder, name: "m"))
      let path = folder.appending(path: "tokenizer.json")
      var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
      var added = json["added_tokens"] as? [[String: Any]] ?? []
      added.append([
        "id": plain.model.vocabulary + 3, "content": "<image>", "special": true, "normalized": false, "lstrip": false,
        "rstrip": false, "single_word": false,
      ])
      json["added_tokens"] = added
      try JSONSerialization.data(withJSONObject: json).write(to: path)
      let model = try openModel(folder, name: "m")
      #expect(try trace(model) == plain)
      let error = #expect(throws: RunError.self) {
        try Tracer(model: model, threads: 1).trace([TraceRequest(prompt: "the <image> keys", method: .generate(0))])
      }
      #expect(error?.message.contains("<image>") == true, "\(error?.message ?? "")")
    }
  }
}
