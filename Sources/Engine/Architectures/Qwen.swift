// Qwen2 (Yang et al. 2024), Qwen3 (Yang et al. 2025) and their mixtures, also as the language part of Qwen2-VL, Qwen2.5-VL and Qwen3-VL.
// Follows transformers' modeling_qwen2.py, modeling_qwen2_moe.py, modeling_qwen3.py and modeling_qwen3_moe.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Qwen2 and 2.5: Llama with biases of queries, keys and values.
  public static let qwen2 = Architecture(
    name: "Qwen2", ggufName: "qwen2", otherGGUFNames: ["qwen2vl"],
    modelTypes: ["qwen2", "qwen2_vl_text", "qwen2_5_vl_text"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let rotation = try qwenRotation(decoder)
    let windows = try AttentionWindows.fromLayer(settings)
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: .required)
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer))
    }
  }

  /// Qwen3: norms of queries and keys, no biases.
  public static let qwen3 = Architecture(
    name: "Qwen3", ggufName: "qwen3", otherGGUFNames: ["qwen3vl"], modelTypes: ["qwen3", "qwen3_vl_text"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, headWidth: settings.isGGUF ? nil : 128)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    settings.changesNothing(gguf: ["n_deepstack_layers"], because: "only the language part is run")
    let windows = try isVisual(settings) ? AttentionWindows.nowhere(settings) : .fromLayer(settings)
    return try qwen3Network(decoder, windows) { [decoder] in try decoder.gatedMLP($0) }
  }

  /// Qwen3-MoE: Qwen3 with experts in all or some of its blocks.
  public static let qwen3MoE = Architecture(
    name: "Qwen3-MoE", ggufName: "qwen3moe", otherGGUFNames: ["qwen3vlmoe"],
    modelTypes: ["qwen3_moe", "qwen3_vl_moe_text"]
  ) { settings, weights in
    // Its transformers configuration has no default for head_dim.
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    settings.changesNothing(gguf: ["n_deepstack_layers"], because: "only the language part is run")
    let isVisual = isVisual(settings)
    let windows = try isVisual ? AttentionWindows.nowhere(settings) : .everywhereIfUsed(settings)
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    // The shares of its visual models, and those of GGUF files in llama.cpp, always sum to one.
    let isNormalised =
      try isVisual || settings.isGGUF || settings.flag(gguf: nil, config: "norm_topk_prob") ?? false
    if !isNormalised { experts.normalisation = nil }
    let isDense = try denseBlocks(settings)
    return try qwen3Network(decoder, windows) { [decoder, experts] layer in
      isDense[layer]
        ? try decoder.gatedMLP(layer)
        : try decoder.experts(layer, experts, names: ExpertNames(layout: isVisual ? .byShape : .outIn))
    }
  }

  /// Qwen2-MoE: Qwen2 with experts, and one that every token uses behind a gate.
  public static let qwen2MoE = Architecture(name: "Qwen2-MoE", ggufName: "qwen2moe", modelTypes: ["qwen2_moe"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "qkv_bias") ?? true, in: settings.files.kind)
    let rotation = try qwenRotation(decoder)
    let windows = try AttentionWindows.alternatingBelow(settings)
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    // llama.cpp does not divide the shares of these experts by their sum.
    let isNormalised = try settings.flag(gguf: "expert_weights_norm", config: "norm_topk_prob") ?? false
    experts.normalisation = isNormalised ? .sum(plus: 0) : nil
    let shared = try settings.requiredCount(
      gguf: "expert_shared_feed_forward_length", config: "shared_expert_intermediate_size")
    let isDense = try denseBlocks(settings)
    return try decoder.network { [decoder, experts] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias)
      attention.window = windows.byLayer[layer]
      func mixture() throws -> FeedForward {
        .sum([
          Summand(part: try decoder.experts(layer, experts, names: ExpertNames())),
          try decoder.sharedExpert(layer, "mlp.shared_expert", inner: shared, gate: "mlp.shared_expert_gate"),
        ])
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try isDense[layer] ? decoder.gatedMLP(layer) : mixture())
    }
  }

  /// [L] which blocks are without experts.
  ///
  /// `usual` are those of a config.json without `mlp_only_layers`.
  static func denseBlocks(_ settings: ModelSettings, usual: [Int] = []) throws -> [Bool] {
    let step = try settings.count(gguf: nil, config: "decoder_sparse_step") ?? 1
    let dense = try settings.integers(gguf: nil, config: "mlp_only_layers") ?? usual
    let isDense = (0..<settings.layers).map { !settings.isGGUF && (dense.contains($0) || ($0 + 1) % step != 0) }
    if !isDense.contains(true) {
      settings.changesNothing(config: ["intermediate_size"], because: "no block is without experts")
    }
    return isDense
  }

  /// Whether the model is the language part of Qwen3-VL, which has no windows.
  private static func isVisual(_ settings: ModelSettings) -> Bool { settings.files.architecture.contains("_vl_") }

  private static func qwenRotation(_ decoder: DecoderLayers) throws -> Rotation {
    // In text, all sections of Qwen's positions for images are the same.
    try RotarySettings(
      settings: decoder.settings, weights: decoder.weights, headWidth: decoder.headWidth,
      kinds: decoder.settings.files.architecture.contains("_vl_") ? ["mrope": "default"] : [:]
    ).rotation()
  }

  private static func qwen3Network(
    _ decoder: DecoderLayers, _ windows: AttentionWindows, mlp: (Int) throws -> FeedForward
  ) throws -> Network {
    let settings = decoder.settings
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let rotation = try qwenRotation(decoder)
    return try decoder.network { layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mlp(layer))
    }
  }
}
