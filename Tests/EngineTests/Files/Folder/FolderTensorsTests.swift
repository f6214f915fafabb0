import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Tensors of a folder")
struct FolderTensorsTests {
  private let plain: Data

  init() throws { plain = try FolderForm.plain("qwen2") }

  @Test("what the files hold decides, not what the index lists")
  func index() throws {
    try withForm("qwen2") { form in
      let half = form.tensors.count / 2
      try form.write("model-00001-of-00002.safetensors", Array(form.tensors[..<half]))
      try form.write("model-00002-of-00002.safetensors", Array(form.tensors[half...]))
      var map = Dictionary(
        uniqueKeysWithValues: form.tensors.enumerated().map {
          ($0.element.name, "model-0000\($0.offset < half ? 1 : 2)-of-00002.safetensors")
        })
      try form.writeIndex(map)
      let whole = try form.trace()
      #expect(whole.bytes == plain && whole.notes == [])
      // Too little, too much, and another file than the one that has it.
      map[form.tensors[0].name] = nil
      map["more.weight"] = "model-00001-of-00002.safetensors"
      map["gone.weight"] = "model-00003-of-00003.safetensors"
      map[form.tensors[1].name] = "model-00002-of-00002.safetensors"
      try form.writeIndex(map)
      let odd = try form.trace()
      #expect(odd.bytes == plain)
      #expect(
        odd.notes == [
          "the file 'model-00003-of-00003.safetensors' is listed, but missing",
          "tensor 'more.weight' is listed, but in no file",
          "tensor '\(form.tensors[0].name)' is not listed, but in the files, which decide",
        ])
    }
  }

  @Test("a needed tensor that is nowhere is an error that says where it should be")
  func nowhere() throws {
    try withForm("qwen2") { form in
      let last = form.tensors[form.tensors.count - 1].name
      try form.write("one.safetensors", Array(form.tensors.dropLast()))
      var map = Dictionary(uniqueKeysWithValues: form.tensors.map { ($0.name, "one.safetensors") })
      try form.writeIndex(map)
      func message() -> String? { #expect(throws: LoadError.self) { try form.trace() }?.message }
      #expect(
        message() == "tensor '\(last)' is missing: the index lists it for 'one.safetensors', which does not hold it")
      map[last] = "two.safetensors"
      try form.writeIndex(map)
      #expect(message() == "tensor '\(last)' is missing: the index lists it for 'two.safetensors', which is missing")
    }
  }

  @Test("a tensor in two files is refused")
  func twice() throws {
    try withForm("qwen2") { form in
      try form.write("one.safetensors", form.tensors)
      try form.write("two.safetensors", Array(form.tensors.prefix(1)))
      try form.writeIndex(["a": "one.safetensors", "b": "two.safetensors"])
      let path = form.folder.path
      #expect(
        throws: SafetensorsError.inTwoFiles(
          path: path + "/two.safetensors", tensor: form.tensors[0].name, other: path + "/one.safetensors")
      ) { try form.trace() }
    }
  }

  @Test("numbered files without an index are read when all are there")
  func numbered() throws {
    try withForm("qwen2") { form in
      try form.write("model-00001-of-00002.safetensors", Array(form.tensors.dropLast(2)))
      #expect(throws: ModelFolderError.self) { try form.trace() }
      try form.write("model-00002-of-00002.safetensors", Array(form.tensors.suffix(2)))
      let found = try form.trace()
      #expect(found.bytes == plain)
      #expect(found.notes == ["there is no 'model.safetensors.index.json'; all 2 numbered files are read"])
    }
  }

  @Test(
    "prefixes that all names have are taken off",
    arguments: ["_orig_mod.", "module.", "base_model.model.", "_orig_mod.module.", "base_model.model._orig_mod."])
  func prefixes(prefix: String) throws {
    try withForm("qwen2") { form in
      try form.write(
        "model.safetensors", form.tensors.map { (prefix + $0.name, $0.tensor) },
        more: [("v_head.summary.weight", "F32", [1, 16], 64)])
      let found = try form.trace()
      #expect(found.bytes == plain)
      #expect(
        found.notes == [
          "every name begins with '\(prefix)', which is taken off",
          "passed over: 'v_head.summary.weight' (a value head of reinforcement learning)",
        ])
      // Not all have it.
      try form.write(
        "model.safetensors",
        form.tensors.enumerated().map { (($0.offset == 3 ? "" : prefix) + $0.element.name, $0.element.tensor) })
      #expect(throws: LoadError.self) { try form.trace() }
    }
  }

  @Test("tensors beside the language model are passed over, each kind with one note")
  func beside() throws {
    try withForm("qwen2") { form in
      let more: [(String, String, [Int], Int)] = [
        ("v_head.summary.weight", "F32", [1, 16], 64), ("v_head.summary.bias", "F32", [1], 4),
        ("score.weight", "BF16", [2, 16], 64), ("classifier.bias", "F32", [2], 8),
        ("qa_outputs.weight", "F32", [2, 1], 8),
        ("model.rotary_emb.inv_freq", "F32", [4], 16), ("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", [4], 16),
        ("model.layers.0.self_attn.bias", "BOOL", [1, 1, 4, 4], 16), ("model.layers.0.attn.masked_bias", "F32", [], 4),
        ("model.causal_mask", "F16", [2, 2], 8), ("model.embeddings.position_ids", "I64", [1, 2], 16),
      ]
      try form.write("model.safetensors", form.tensors, more: more)
      let found = try form.trace()
      #expect(found.bytes == plain)
      #expect(
        found.notes == [
          "passed over: 'v_head.summary.bias' and 1 more (a value head of reinforcement learning)",
          "passed over: 'classifier.bias' and 2 more (a head that classifies texts or tokens)",
          "passed over: 'model.layers.0.self_attn.rotary_emb.inv_freq' and 1 more"
            + " (frequencies of rotary positions, which follow from the settings)",
          "passed over: 'model.causal_mask' and 2 more (a causal mask, which follows from the settings)",
          "passed over: 'model.embeddings.position_ids' (numbers of positions, which follow from the text)",
        ])
    }
  }

  @Test(
    "other tensors stay an error",
    arguments: [
      ("model.layers.0.self_attn.bias", [16]), ("model.layers.9.mlp.up_proj.weight", [16, 16]),
      ("my_score.weight", [2, 16]),
      ("model.score.weight", [2, 16]),
    ])
  func stillRefused(name: String, shape: [Int]) throws {
    try withForm("qwen2") { form in
      try form.write("model.safetensors", form.tensors, more: [(name, "F32", shape, shape.reduce(4, *))])
      #expect(throws: LoadError.unusedTensors(names: [name], path: form.folder.path)) { try form.trace() }
    }
  }

  @Test("NaN and Infinity in config.json are read as Python writes them")
  func pythonNumbers() throws {
    try withForm("qwen2") { form in
      try form.write("model.safetensors", form.tensors)
      let place = form.folder.appending(path: "config.json")
      let text = try String(contentsOf: place, encoding: .utf8)
      func put(_ text: String) throws { try text.write(to: place, atomically: true, encoding: .utf8) }
      try put(text.replacing("{", with: "{\"initializer_range\": NaN, ", maxReplacements: 1))
      #expect(try form.trace().bytes == plain)
      let number = try #require(text.firstMatch(of: /"rms_norm_eps": [^,\s]+/))
      try put(text.replacing(number.0, with: "\"rms_norm_eps\": Infinity"))
      let error = #expect(throws: JSONError.self) { try form.trace() }
      #expect(
        error?.message == "expected a finite number, found the number inf"
          && error?.place == place.path + ": rms_norm_eps")
    }
  }
}
