// OLMoE (Muennighoff et al. 2024) and FlexOlmo (Shi et al. 2025). Follows transformers' modeling_olmoe.py and modeling_flex_olmo.py; GGUF
// names as in llama.cpp, which does not turn the rows of queries and keys of OLMoE.

extension Architecture {
  /// OLMoE: experts, norms over all queries and all keys, which are clipped afterwards.
  public static let olmoe = Architecture(name: "OLMoE", ggufName: "olmoe", modelTypes: ["olmoe"]) { settings, weights in
    try olmoeNetwork(settings, weights) { decoder, layer, attention, experts in
      Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: experts)
    }
  }

  /// FlexOlmo: OLMo 2 with experts.
  public static let flexOlmo = Architecture(name: "FlexOlmo", ggufName: nil, modelTypes: ["flex_olmo"]) {
    settings, weights in
    try olmoeNetwork(settings, weights) { decoder, layer, attention, experts in
      Block(
        attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"), mlp: experts,
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
    }
  }

  private static func olmoeNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader,
    block: @escaping (DecoderLayers, Int, Attention, FeedForward) throws -> Block
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let clip = try settings.real(gguf: "attention.clamp_kqv", config: "clip_qkv")
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "intermediate_size")
    // llama.cpp does not divide the shares of these experts by their sum.
    let isNormalised = try settings.flag(gguf: "expert_weights_norm", config: "norm_topk_prob") ?? false
    experts.normalisation = isNormalised ? .sum(plus: 0) : nil
    return try decoder.network { [decoder, experts] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.clip = clip.flatMap { decoder.isGGUF && $0 == 0 ? nil : Float($0) }
      attention.clipFollowsNorms = true
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.queryWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.keyWidth)
      return try block(decoder, layer, attention, decoder.experts(layer, experts, names: ExpertNames()))
    }
  }
}
