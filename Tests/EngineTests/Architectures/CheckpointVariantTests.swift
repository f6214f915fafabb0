import Testing

@testable import Engine
@testable import Traces

@Suite("Variants of checkpoints")
struct CheckpointVariantTests {
  /// A tiny model whose tensors are published with and without a prefix.
  struct Variant: CustomTestStringConvertible, Sendable {
    let name: String
    let prefix: String
    /// Where attention is in a block, with the blocks' name.
    let attention: String
    var testDescription: String { name }
  }

  static let variants = [
    Variant(name: "bloom", prefix: "transformer.", attention: "h.0.self_attention"),
    Variant(name: "cohere", prefix: "model.", attention: "layers.0.self_attn"),
    Variant(name: "falcon", prefix: "transformer.", attention: "h.0.self_attention"),
    Variant(name: "falcon-rw", prefix: "transformer.", attention: "h.0.self_attention"),
    Variant(name: "gptj", prefix: "transformer.", attention: "h.0.attn"),
    Variant(name: "gptneo", prefix: "transformer.", attention: "h.0.attn.attention"),
    Variant(name: "gptneox", prefix: "gpt_neox.", attention: "layers.0.attention"),
    Variant(name: "mpt", prefix: "transformer.", attention: "blocks.0.attn"),
    Variant(name: "opt", prefix: "model.", attention: "decoder.layers.0.self_attn"),
    Variant(name: "phi", prefix: "model.", attention: "layers.0.self_attn"),
    Variant(name: "starcoder2", prefix: "model.", attention: "layers.0.self_attn"),
  ]

  private func trace(_ model: LanguageModel) throws -> Trace {
    try traceOne(model, TraceRequest(prompt: "the keys to", method: .generate(4), columns: .all))
  }

  /// The model with every prefixed name without its prefix, or the other way round where it has none.
  private func renamed(_ variant: Variant) throws -> LanguageModel {
    try openEdited(variant.name) { files in
      let hasPrefix = files.tensors.keys.contains { $0.hasPrefix(variant.prefix) }
      let changed = files.tensors.map { name, tensor -> (String, StoredTensor) in
        if name.hasPrefix("lm_head.") || name.hasPrefix("embed_out.") { return (name, tensor) }
        return (hasPrefix ? String(name.dropFirst(variant.prefix.count)) : variant.prefix + name, tensor)
      }
      files.tensors = Dictionary(uniqueKeysWithValues: changed)
    }
  }

  @Test("with and without the prefix give the same bytes", arguments: variants)
  func prefixes(variant: Variant) throws {
    let published = try trace(try openEdited(variant.name) { _ in })
    #expect(try trace(try renamed(variant)).jsonData() == published.jsonData())
  }

  @Test("stored masks and frequencies are passed over", arguments: variants)
  func storedMasks(variant: Variant) throws {
    let published = try trace(try openEdited(variant.name) { _ in })
    let masked = try openEdited(variant.name) { files in
      let prefix = files.tensors.keys.contains { $0.hasPrefix(variant.prefix) } ? variant.prefix : ""
      let attention = prefix + variant.attention
      files.set("\(attention).bias", shape: [1, 1, 2, 2], [1, 0, 1, 1])
      files.set("\(attention).masked_bias", shape: [], [-1e9])
      files.set("\(attention).rotary_emb.inv_freq", shape: [2], [1, 0.01])
    }
    #expect(try trace(masked).jsonData() == published.jsonData())
  }

  /// What opening the files says without one tensor.
  private func error(_ tiny: ParityModel, without tensor: String) throws -> LoadError? {
    let files = EditedFiles(try openModelFiles(path: tiny.path))
    files.tensors[tensor] = nil
    return #expect(throws: LoadError.self, "\(tiny) without \(tensor)") {
      try LanguageModel(files, identity: ModelIdentity(name: tiny.name, sha256: ""))
    }
  }

  @Test("biases that llama.cpp asks for are missed in GGUF, too", arguments: ["gptneox", "starcoder2-untied", "bloom"])
  func missingBiases(name: String) throws {
    let tiny = ParityModel(name: name, kind: .gguf)
    let biases = try openModelFiles(path: tiny.path).tensors.keys.filter { $0.hasSuffix(".bias") }.sorted()
    #expect(biases.count > 10)
    for bias in biases {
      #expect(try error(tiny, without: bias) == .missingTensor(name: bias, path: tiny.path))
    }
  }

  @Test("settings that would change the numbers are refused by name")
  func refusals() throws {
    func message(_ name: String, _ key: String, _ value: any Sendable) -> String? {
      #expect(throws: LoadError.self) { try openEdited(name) { $0.settings[key] = value } }?.message
    }
    #expect(message("mpt", "attn_config.alibi", false) == "setting 'attn_config.alibi' is false, expected true")
    #expect(message("mpt", "attn_config.qk_ln", true) == "setting 'attn_config.qk_ln' is true, expected false")
    #expect(message("doge", "is_moe", true) == "setting 'is_moe' is true, expected false")
    #expect(
      message("laguna", "gating", "both")
        == "setting 'gating' is 'both', expected true, 'per-head' or 'per-element'")
    #expect(
      message("dbrx", "attn_config.rope_theta", 500_000.0)?.hasPrefix(
        "setting 'attn_config.rope_theta' is 500000.0, expected 1000.0") == true)
    #expect(
      message("deepseek-v32", "rope_interleave", false) == "setting 'rope_interleave' is false, expected true")
    for (model, width) in [
      ("deepseek3", 4), ("youtu", 4), ("axk1", 4), ("glm4-moe-lite", 4), ("mistral4", 10), ("mistral4-usual", 10),
    ] {
      #expect(
        message(model, "head_dim", 2)
          == "setting 'head_dim' is 2, expected \(width), which follows from the parts of a head", "\(model)")
      #expect(throws: Never.self) { try openEdited(model) { $0.settings["head_dim"] = width } }
    }
    // transformers overwrites it in these families.
    for model in ["deepseek2", "deepseek-v32", "glm-moe-dsa", "axk2", "sarvam-mla", "minicpm3", "hy-v4"] {
      #expect(throws: Never.self, "\(model)") { try openEdited(model) { $0.settings["head_dim"] = 2 } }
    }
    #expect(
      message("cohere2-moe", "expert_selection_fn", "topk")
        == "setting 'expert_selection_fn' is 'topk', expected 'softmax' or 'sigmoid'")
    #expect(message("mpt", "logit_scale", 0.5) == "setting 'logit_scale' is a value, expected null")
    #expect(
      message("mpt", "attn_config.alibi_bias_max", 0.0)
        == "setting 'attn_config.alibi_bias_max' is 0.0, expected a positive number")
    #expect(
      message("gptj", "rotary_dim", 64) == "setting 'rotary_dim' is 64, expected an even number up to 8")
    #expect(
      message("gptneox", "hidden_act", "xielu")?.hasPrefix("setting 'hidden_act' is 'xielu', expected") == true)
    #expect(
      message("gptneo", "attention_layers", ["global", "dense", "local"])
        == #"setting 'attention_layers' is ["global", "dense", "local"], expected 3 of 'global' and 'local'"#)
  }

  @Test("settings of experts change nothing where no block has any", arguments: ["dots1", "glm4-moe", "exaone-moe"])
  func allBlocksAreDense(model: String) throws {
    let opened = try openEdited(model) { files in
      let layers = (try? files.base.configuration.integer("num_hidden_layers")) ?? 0
      for key in ["first_k_dense_replace", "first_last_k_dense_replace"] where files.base.configuration.contains(key) {
        files.settings[key] = layers
      }
      if files.base.configuration.contains("is_moe_layer") {
        files.settings["is_moe_layer"] = [Int](repeating: 0, count: layers)
      }
      for layer in 1..<max(2, layers) {
        let folder = "model.layers.\(layer).mlp."
        for name in files.tensors.keys where name.hasPrefix(folder) { files.tensors[name] = nil }
        for (name, shape) in [("gate_proj", [24, 16]), ("up_proj", [24, 16]), ("down_proj", [16, 24])] {
          files.set("\(folder)\(name).weight", shape: shape, [Float](repeating: 0.01, count: 24 * 16))
        }
      }
    }
    let account = opened.settings.first { $0.key == "moe_intermediate_size" }
    #expect(account?.outcome == .changesNothing(because: "no block has experts"))
  }

  @Test("Falcon's rounded biases are those of transformers' build_alibi_tensor")
  func roundedBiases() {
    let table = PositionSlopes(slopes: alibiSlopes(heads: 32), count: .fromStartRounded).table(length: 2000)
    let expected: [(head: Int, values: [Float])] = [
      (0, [0.83984375, 215.0, 840.0, 1680.0]), (1, [0.70703125, 181.0, 708.0, 1416.0]),
      (30, [0.004638671875, 1.1875, 4.625, 9.25]),
    ]
    for (head, values) in expected {
      #expect([1, 257, 1001, 1999].map { table.row(head)[$0] } == values)
    }
  }

  @Test("MPT's slopes for other largest biases are those of transformers' build_mpt_alibi_tensor")
  func steepSlopes() {
    let table = PositionSlopes(slopes: alibiSlopes(heads: 6, bias: 16)).table(length: 4)
    let expected: [Float] = [
      -0.0625, -0.00390625, -0.000244140625, -1.52587890625e-05, -0.25, -0.015625,
    ]
    #expect((0..<6).map { table.row($0)[2] } == expected)
    #expect((0..<6).map { table.row($0)[0] } == expected.map { 3 * $0 })
  }
}
