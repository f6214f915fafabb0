// Cohere's Command R (2024), Command R7B and Command A (2025). Follows transformers' modeling_cohere.py and modeling_cohere2.py; GGUF
// names as in llama.cpp, which calls them `command-r` and `cohere2`.

extension Architecture {
  /// Cohere: parallel blocks with one norm, neighbouring values turned in pairs, scaled logits.
  public static let cohere = Architecture(name: "Cohere", ggufName: "command-r", modelTypes: ["cohere"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: false, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent
    ).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    let scale = try logitScale(settings)
    let hasHeadNorms =
      decoder.isGGUF
      ? weights.contains("blk.0.attn_q_norm.weight") : try settings.flag(gguf: nil, config: "use_qk_norm") ?? false
    return try decoder.network(headScale: scale, tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      if hasHeadNorms {
        attention.queryNorm = try decoder.headNorms(layer, "attn_q_norm", "self_attn.q_norm", heads: settings.heads)
        attention.keyNorm = try decoder.headNorms(layer, "attn_k_norm", "self_attn.k_norm", heads: settings.kvHeads)
      }
      return Block(
        order: .parallel, attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlp: try decoder.gatedMLP(layer))
    }
  }

  /// Cohere 2: Cohere with a window in most layers; the others have no positions.
  public static let cohere2 = Architecture(name: "Cohere 2", ggufName: "cohere2", modelTypes: ["cohere2"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: false, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    // Released files state these; transformers' model has one form, whatever they say.
    for key in ["use_embedding_sharing", "use_gated_activation", "use_parallel_block"] {
      try settings.require(true, config: key)
    }
    try settings.require(false, config: "use_qk_norm")
    let period = try settings.count(gguf: nil, config: "sliding_window_pattern") ?? 4
    if settings.contains(gguf: nil, config: "layer_types") {
      settings.changesNothing(
        config: ["sliding_window_pattern"], because: "layer_types says which layers have a window")
    }
    let windows = try AttentionWindows.alternating(settings, period: period)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent
    ).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    return try decoder.network(headScale: try logitScale(settings), tiedByDefault: true) { [decoder] layer in
      let window = windows.byLayer[layer]
      return try decoder.cohereBlock(layer, window: window, rotation: window == nil ? nil : rotation, bias: bias)
    }
  }

  /// The factor of logits; llama.cpp reads zero as absent.
  static func logitScale(_ settings: ModelSettings) throws -> Float {
    let scale = try settings.real(gguf: "logit_scale", config: "logit_scale")
    settings.noteLogitFactor("logit_scale")
    if settings.isGGUF { return scale == 0 ? 1 : Float(scale ?? 1) }
    guard let scale else {
      throw settings.refuse(gguf: nil, config: "logit_scale", found: "null", expected: "a number")
    }
    return Float(scale)
  }
}

extension DecoderLayers {
  /// Attention with or without a window and a gated MLP, both of the same normed input.
  func cohereBlock(_ layer: Int, window: Int?, rotation: Rotation?, bias: WeightLoader.Bias) throws -> Block {
    var attention = try attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
    attention.window = window
    return Block(
      order: .parallel, attentionNorm: try attentionNorm(layer), attention: attention, mlp: try gatedMLP(layer))
  }
}
