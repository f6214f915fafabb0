import Testing

@testable import Engine
@testable import Traces

@Suite("Padded vocabularies")
struct PaddedVocabularyTests {
  /// A model whose embedding, tied to the head, got 5 more rows that beat every token.
  private func padded() throws -> LanguageModel {
    try TinyModel.llama.open { files in
      let name = "model.embed_tokens.weight"
      let shape = files.tensors[name]?.shape ?? [0, 0]
      let values = files.values(name)
      let loud = values.prefix(shape[1]).map { $0 * 50 }
      let rows = (0..<5).flatMap { row in row % 2 == 0 ? loud : loud.map { -$0 } }
      files.settings["vocab_size"] = shape[0] + 5
      files.set(name, shape: [shape[0] + 5, shape[1]], values + rows)
    }
  }

  private func trace(_ model: LanguageModel, _ norm: Trace.Lens.Norm) throws -> Trace {
    try Tracer(model: model, threads: 2).trace([
      TraceRequest(prompt: "the keys to", method: .generate(4), columns: .all, norm: norm)
    ])[0]
  }

  @Test("are left out of ranks, probabilities and generation, to the byte")
  func areLeftOut() throws {
    var trace = try trace(try padded(), .final)
    #expect(trace.model.padding == 5)
    #expect(trace.model.vocabulary == 293)
    trace.model.padding = nil
    trace.model.vocabulary = 288
    #expect(try trace == self.trace(try TinyModel.llama.open(), .final))
  }

  @Test("are counted in the raw lens, as Ecco counts them")
  func areCountedInTheRawLens() throws {
    let trace = try trace(try padded(), .none)
    #expect(trace.top.ids.joined().contains { $0.contains { $0 >= 288 } })
  }
}
