import Engine
import Foundation
import TestSupport
import Testing
import Traces

@Suite struct SafetensorsFilesTests {
  /// Opens a folder of these files, which are mapped and may be gone afterwards.
  private func open(_ files: [String: [UInt8]]) throws -> SafetensorsFiles {
    try withTemporaryFolder { folder in
      try RawSafetensors.write(files, to: folder)
      return try SafetensorsFiles(folder: folder.path)
    }
  }

  private func names(_ files: SafetensorsFiles) -> [String] {
    files.contentPaths.map { String($0.dropFirst(files.path.count + 1)) }
  }

  @Test func tensorsLieWhereTheHeaderSays() throws {
    let files = try open(["config.json": RawSafetensors.config, "model.safetensors": RawSafetensors.right])
    #expect(files.kind == .safetensors && files.architecture == "llama")
    let a = try #require(files.tensors["a"])
    #expect(a.shape == [2, 1] && a.format == .f32 && Array(a.bytes) == Array(0..<8))
    let b = try #require(files.tensors["b"])
    #expect(b.shape == [3] && b.format == .bf16 && Array(b.bytes) == Array(8..<14))
    let none = try #require(files.tensors["none"])
    #expect(none.shape == [0, 4] && none.bytes.isEmpty)
    #expect(files.tensors.count == 3)
    #expect(files.otherTensors == ["mask": "BOOL"])
  }

  @Test func shardsAreJoinedByTheirIndex() throws {
    let index = #"{"metadata": {"total_size": 12}, "weight_map": {"x": "two.safetensors", "y": "one.safetensors"}}"#
    let files = try open([
      "config.json": RawSafetensors.config, "model.safetensors.index.json": Array(index.utf8),
      "one.safetensors": RawSafetensors.file("{\(RawSafetensors.tensor("y", "F32", [1], 0..<4))}", data: 4),
      "two.safetensors": RawSafetensors.file("{\(RawSafetensors.tensor("x", "F16", [2, 2], 0..<8))}", data: 8),
      "tokenizer.json": [], "README.md": [],
    ])
    #expect(files.tensors.keys.sorted() == ["x", "y"])
    #expect(files.tensors["x"]?.path == files.path + "/two.safetensors")
    #expect(
      names(files) == [
        "config.json", "model.safetensors.index.json", "one.safetensors", "tokenizer.json", "two.safetensors",
      ])
  }

  @Test(arguments: [
    (["tokenizer.model"], true), (["tokenizer.model", "vocab.json"], true),
    (["tokenizer.model", "tokenizer.json"], false), (["tokenizer.model", "vocab.json", "merges.txt"], false),
  ]) func aSentencePieceModelCountsWhereItIsTheOneThatIsRead(tokenizers: [String], counts: Bool) throws {
    var contents = ["config.json": RawSafetensors.config, "w.safetensors": RawSafetensors.right]
    for name in tokenizers { contents[name] = [] }
    #expect(names(try open(contents)).contains("tokenizer.model") == counts)
  }

  @Test func theOnlyWeightFileMayHaveAnyName() throws {
    let files = try open(["config.json": RawSafetensors.config, "w.safetensors": RawSafetensors.right])
    #expect(names(files) == ["config.json", "w.safetensors"])
  }

  @Test func configurationIsReadWithKeysJoinedByDots() throws {
    let config = """
      {"model_type": "x", "text_config": {"hidden_size": 640, "rope": {"base": 1e4}}, "tied": true, "nothing": null,
       "windows": [true, false], "layers": ["local", "global"], "betas": [0.5, 1]}
      """
    let files = try open(["config.json": Array(config.utf8), "m.safetensors": RawSafetensors.right])
    let look = files.configuration
    #expect(try look.integer("text_config.hidden_size") == 640)
    #expect(try look.real("text_config.hidden_size") == 640)
    #expect(try look.real("text_config.rope.base") == 10000)
    #expect(try look.flag("tied") == true)
    #expect(!look.contains("nothing") && !look.contains("text_config.nothing"))
    #expect(try look.integer("nothing") == nil && look.string("nothing.below") == nil)
    #expect(
      throws: JSONError.wrongKind(
        path: "\(files.path)/config.json", location: "tied", expected: "an object", found: "true")
    ) { try look.string("tied.no") }
    #expect(try look.integers("windows") == [1, 0])
    #expect(try look.strings("layers") == ["local", "global"])
    #expect(try look.reals("betas") == [0.5, 1])
  }

  @Test func aSettingOfAnotherTypeIsAnErrorThatSaysWhere() throws {
    let config = #"{"model_type": "x", "a": {"b": "seven"}, "c": [1, "two"]}"#
    let files = try open(["config.json": Array(config.utf8), "m.safetensors": RawSafetensors.right])
    let path = files.path + "/config.json"
    #expect(
      throws: JSONError.wrongKind(
        path: path, location: "a.b", expected: "a whole number", found: "the string 'seven'")
    ) { try files.configuration.integer("a.b") }
    #expect(
      throws: JSONError.wrongKind(
        path: path, location: "c[1]", expected: "an array of whole numbers throughout", found: "the string 'two'")
    ) { try files.configuration.integers("c") }
  }

  @Test func bothFilesOfATinyModelHoldTheSameTensors() throws {
    let folder = try SafetensorsFiles(folder: Fixtures.url("models/llama/hf").path)
    let gguf = try GGUFFiles(path: Fixtures.url("models/llama/llama.gguf").path)
    let name = "model.embed_tokens.weight"
    #expect(folder.tensors[name]?.shape == gguf.tensors["token_embd.weight"]?.shape)
    #expect(folder.tensors[name].map { Array($0.bytes) } == gguf.tensors["token_embd.weight"].map { Array($0.bytes) })
  }
}
