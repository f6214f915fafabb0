// Tencent's HunYuan, the models without experts (2025). Follows transformers' modeling_hunyuan_v1_dense.py; GGUF names as in llama.cpp,
// whose converter has already stretched the base of positions.

extension Architecture {
  /// HunYuan: Llama with norms of single heads after the rotation.
  public static let hunYuan = Architecture(
    name: "HunYuan", ggufName: "hunyuan-dense", modelTypes: ["hunyuan_v1_dense"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    // Released files state these; transformers' model has one form, whatever they say.
    try settings.require(true, config: "use_qk_norm")
    try settings.require(true, config: "use_rotary_pos_emb")
    try settings.require(false, config: "use_cla")
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.canHaveAlpha = true
    let rotation = try rotary.rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.queryNorm = try decoder.norm(
        layer, "attn_q_norm", "self_attn.query_layernorm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.key_layernorm", width: decoder.headWidth)
      attention.normsFollowRotation = true
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer))
    }
  }
}
