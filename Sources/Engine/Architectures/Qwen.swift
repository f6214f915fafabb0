// Qwen2 (Yang et al. 2024), Qwen3 and its mixtures (Yang et al. 2025). Follows transformers' modeling_qwen2.py, modeling_qwen3.py and
// modeling_qwen3_moe.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Qwen2 and 2.5: Llama with biases of queries, keys and values.
  public static let qwen2 = Architecture(name: "Qwen2", ggufName: "qwen2", modelTypes: ["qwen2"]) { settings, weights in
    try settings.require(activation: "silu", config: "hidden_act")
    let decoder = try DecoderLayers(settings, weights)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let windows = try AttentionWindows.fromLayer(settings)
    return try decoder.network { layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: .required)
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer))
    }
  }

  /// Qwen3: norms of queries and keys, no biases.
  public static let qwen3 = Architecture(name: "Qwen3", ggufName: "qwen3", modelTypes: ["qwen3"]) { settings, weights in
    let decoder = try DecoderLayers(settings, weights, headWidth: 128)
    let windows = try AttentionWindows.fromLayer(settings)
    return try qwen3Network(decoder, windows) { try decoder.gatedMLP($0) }
  }

  /// Qwen3-MoE: Qwen3 with experts in all or some of its blocks.
  public static let qwen3MoE = Architecture(name: "Qwen3-MoE", ggufName: "qwen3moe", modelTypes: ["qwen3_moe"]) {
    settings, weights in
    // Its transformers configuration has no head_dim of its own unless it is given.
    let decoder = try DecoderLayers(settings, weights)
    let windows = try AttentionWindows.fromLayer(settings)
    guard var experts = try ExpertSettings(settings, config: "num_experts", inner: "moe_intermediate_size") else {
      throw LoadError.missingSetting(key: "num_experts", path: weights.files.path)
    }
    experts.normalised = try settings.flag(gguf: nil, config: "norm_topk_prob") ?? decoder.isGGUF
    let step = try settings.count(gguf: nil, config: "decoder_sparse_step") ?? 1
    let dense = try weights.files.configuration.integers("mlp_only_layers") ?? []
    return try qwen3Network(decoder, windows) { [experts] layer in
      let isDense = !decoder.isGGUF && (dense.contains(layer) || (layer + 1) % step != 0)
      return isDense ? try decoder.gatedMLP(layer) : try decoder.experts(layer, experts, names: ExpertNames())
    }
  }

  private static func qwen3Network(
    _ decoder: DecoderLayers, _ windows: AttentionWindows, mlp: (Int) throws -> FeedForward
  ) throws -> Network {
    let settings = decoder.settings
    try settings.require(activation: "silu", config: "hidden_act")
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let rotation = try RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
      .rotation()
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
