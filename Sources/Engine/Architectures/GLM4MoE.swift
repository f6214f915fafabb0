// GLM-4.5 (GLM-4.5 Team 2025) and Solar Open (Upstage 2025). Follows transformers' modeling_glm4_moe.py and modeling_solar_open.py; GGUF
// names as in llama.cpp.

extension Architecture {
  /// GLM-4.5: experts with DeepSeek V3's router behind dense blocks, part of a head turned, norms of queries and keys in some sizes.
  public static let glm4MoE = Architecture(
    name: "GLM-4.5", ggufName: "glm4moe", modelTypes: ["glm4_moe", "solar_open"]
  ) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let hasNorms = try settings.flag(gguf: nil, config: "use_qk_norm") ?? false
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    let mixture = try DeepSeekMixture(settings)
    try decoder.passOverPredictors(configs: ["num_nextn_predict_layers", "num_mtp_layers"])
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias)
      // A GGUF file does not state it.
      let queryNorm = decoder.name(layer, "attn_q_norm", "self_attn.q_norm")
      if decoder.isGGUF ? weights.contains(queryNorm + ".weight") : hasNorms {
        attention.queryNorm = try decoder.norm(queryNorm, width: decoder.headWidth)
        attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlpNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try mixture.mlp(layer, decoder))
    }
  }
}
