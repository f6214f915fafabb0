import Engine
import TestSupport
import Testing

@Suite struct GGUFFixtureTests {
  @Test func aSmallModelOpensWithItsTensorsAndConfiguration() throws {
    let files = try GGUFFiles(path: Fixtures.url("models/llama/llama.gguf").path)
    #expect(files.kind == .gguf)
    #expect(files.architecture == "llama")
    #expect(files.contentPaths == [files.path])
    let embedding = try #require(files.tensors["token_embd.weight"])
    let width = try #require(try files.configuration.integer("llama.embedding_length"))
    let tokens = try #require(try files.metadata.stringArray("tokenizer.ggml.tokens"))
    #expect(embedding.shape == [tokens.count, width])
    #expect(embedding.bytes.count == embedding.format.bytes(forElements: embedding.elements))
    #expect(
      try files.configuration.strings("tokenizer.ggml.tokens") == tokens.map { String(decoding: $0, as: UTF8.self) })
    #expect(try files.configuration.integers("tokenizer.ggml.token_type")?.count == tokens.count)
  }
}
