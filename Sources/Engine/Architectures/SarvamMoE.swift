// Sarvam's models with experts (2026). Follows transformers' configuration_sarvam_moe.py, modeling_glm4_moe.py and conversion_mapping.py.

extension Architecture {
  /// Sarvam MoE: GLM-4.5 with whole heads turned and fused queries, keys and values, under other names.
  public static let sarvamMoE = Architecture(name: "Sarvam MoE", ggufName: nil, modelTypes: ["sarvam_moe"]) {
    settings, weights in
    let names = DecoderLayers.Names(
      tokens: "word_embeddings", attention: "attention", attentionOutput: "attention.dense")
    var decoder = try DecoderLayers(settings, weights, names: names)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let bias = WeightLoader.Bias.said(
      try settings.flag(anyOf: ["attention_bias", "use_qkv_bias"]) ?? false, in: settings.files.kind)
    let hasNorms = try settings.flag(gguf: nil, config: "use_qk_norm") ?? true
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    var mixture = try DeepSeekMixture(settings)
    mixture.names.correction = "gate.expert_bias"
    try decoder.passOverPredictors(configs: ["num_nextn_predict_layers", "num_mtp_layers"])
    return try decoder.network { [decoder, mixture] layer in
      let fused = try weights.projection(
        decoder.name(layer, "", "attention.query_key_value"), decoder.queryWidth + 2 * decoder.keyWidth,
        settings.width, bias: bias)
      var attention = try decoder.attention(layer, try decoder.split(fused), rotation: rotation, outputBias: .absent)
      if hasNorms {
        attention.queryNorm = try decoder.norm(layer, "", "attention.query_layernorm", width: decoder.headWidth)
        attention.keyNorm = try decoder.norm(layer, "", "attention.key_layernorm", width: decoder.headWidth)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mixture.mlp(layer, decoder))
    }
  }
}
