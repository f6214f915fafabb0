// Granite 3 (IBM Granite Team 2024). Follows transformers' modeling_granite.py; GGUF names, and the interleaved rows of queries and keys,
// as in llama.cpp's convert_hf_to_gguf.py.

extension Architecture {
  /// Granite: Llama with factors on embeddings, scores, residuals and logits.
  public static let granite = Architecture(name: "Granite", ggufName: "granite", modelTypes: ["granite"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let kind = weights.files.kind
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    func factor(_ gguf: String, _ config: String) throws -> Float {
      Float(try settings.real(gguf: gguf, config: config) ?? 1)
    }
    let scale = try factor("attention.scale", "attention_multiplier")
    settings.noteLogitFactor("logits_scaling")
    let residual = try factor("residual_scale", "residual_multiplier")
    return try decoder.network(
      embeddingScale: try factor("embedding_scale", "embedding_multiplier"),
      headScale: 1 / (try factor("logit_scale", "logits_scaling"))
    ) { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      attention.interleavedRows = decoder.isGGUF
      attention.scale = scale
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer, bias: mlpBias), residualScale: residual)
    }
  }
}
