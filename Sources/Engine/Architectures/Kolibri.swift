// Kolibri (Aleph Alpha 2026). Follows transformers' modeling_kolibri1.py and conversion_mapping.py.

extension Architecture {
  /// Kolibri: norms on both sides, positions in layers with a window only, sigmoids of logits that a correction chooses.
  public static let kolibri = Architecture(name: "Kolibri", ggufName: nil, modelTypes: ["kolibri1"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try AttentionWindows.listed(settings, or: (0..<settings.layers).map { ($0 + 1) % 5 != 0 })
    // transformers makes a mask with a window also where no layer has one.
    _ = try settings.requiredCount(gguf: "", config: "sliding_window")
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    experts.scores = .each(.sigmoid)
    experts.correction = .required
    experts.correctsLogits = true
    if !(try settings.flag(gguf: nil, config: "norm_topk_prob") ?? false) { experts.normalisation = nil }
    let shared = try settings.requiredCount(gguf: "", config: "shared_expert_intermediate_size")
    let names = ExpertNames(correction: "router.expert_bias", correctionFolder: "moe")
    return try decoder.network { [decoder, experts] layer in
      let window = windows.byLayer[layer]
      var attention = try decoder.attention(layer, rotation: window == nil ? nil : rotation)
      attention.window = window
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: try decoder.norm(layer, "", "post_attn_norm"), mlpNorm: try decoder.mlpNorm(layer),
        mlp: .sum([
          Summand(part: try decoder.experts(layer, experts, names: names)),
          try decoder.sharedExpert(layer, "mlp.shared_experts", inner: shared),
        ]),
        mlpPostNorm: try decoder.norm(layer, "", "post_ffn_norm"))
    }
  }
}
