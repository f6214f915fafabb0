// Lara Mini (Translated 2026). Follows transformers' modeling_lara_mini.py and conversion_mapping.py.

extension Architecture {
  /// Lara Mini: Qwen3.5's delta rule beside attention with a window, and full attention without positions; experts in every block.
  public static let laraMini = Architecture(name: "Lara Mini", ggufName: nil, modelTypes: ["lara_mini"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let usual: [LaraLayer] = [.delta, .window, .delta, .full, .window]
    let layers =
      try settings.layerKinds([
        "linear_attention": LaraLayer.delta, "sliding_attention": .window, "full_attention": .full,
      ]) ?? (0..<settings.layers).map { usual[$0 % usual.count] }
    var delta = try QwenDelta(decoder, attends: layers.map { $0 != .delta })
    (delta.joined, delta.normName) = ("in_proj", "out_norm")
    let window = try settings.requiredCount(gguf: "", config: "sliding_window")
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    if !(try settings.flag(gguf: nil, config: "norm_topk_prob") ?? true) { experts.normalisation = nil }
    let shared = try settings.requiredCount(gguf: "", config: "shared_expert_intermediate_size")
    return try decoder.network { [decoder, delta, experts] layer in
      var block = Block(
        attentionNorm: try decoder.attentionNorm(layer), mlpNorm: try decoder.mlpNorm(layer),
        mlp: .sum([
          Summand(part: try decoder.experts(layer, experts, names: ExpertNames())),
          try decoder.sharedExpert(layer, "mlp.shared_expert", inner: shared),
        ]))
      guard layers[layer] != .delta else {
        block.recurrent = try delta.delta(layer)
        return block
      }
      let isLocal = layers[layer] == .window
      var attention = try decoder.attention(
        layer, rotation: isLocal ? rotation : nil, inputBias: bias, outputBias: bias)
      attention.window = isLocal ? window : nil
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      block.attention = attention
      return block
    }
  }
}

/// The mixers of Lara's blocks.
private enum LaraLayer { case delta, window, full }
