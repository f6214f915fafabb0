// OLMo (Groeneveld et al. 2024) and OLMo 2 (OLMo Team 2024). Follows transformers' modeling_olmo.py and modeling_olmo2.py; GGUF names,
// and OLMo's interleaved rows of queries and keys, as in llama.cpp's convert_hf_to_gguf.py.

extension Architecture {
  /// OLMo: layer norm without weights, queries, keys and values clipped.
  public static let olmo = Architecture(name: "OLMo", ggufName: "olmo", modelTypes: ["olmo"]) { settings, weights in
    try settings.require(activation: "silu", config: "hidden_act")
    let decoder = try DecoderLayers(settings, weights, norm: .plainLayer)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = try settings.flag(gguf: nil, config: "attention_bias") ?? false
    let clip = try settings.real(gguf: "attention.clamp_kqv", config: "clip_qkv")
    return try decoder.network { layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: .said(bias, in: weights.files.kind),
        outputBias: .said(bias, in: weights.files.kind))
      attention.interleavedRows = decoder.isGGUF
      attention.clip = clip.map { Float($0) }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer))
    }
  }

  /// OLMo 2: norms after attention and MLP instead of before, norms over all queries and all keys.
  public static let olmo2 = Architecture(name: "OLMo 2", ggufName: "olmo2", modelTypes: ["olmo2"]) {
    settings, weights in
    try settings.require(activation: "silu", config: "hidden_act")
    let decoder = try DecoderLayers(settings, weights)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = try settings.flag(gguf: nil, config: "attention_bias") ?? false
    return try decoder.network { layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: .said(bias, in: weights.files.kind),
        outputBias: .said(bias, in: weights.files.kind))
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.queryWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.keyWidth)
      return Block(
        attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try decoder.gatedMLP(layer),
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
    }
  }
}
