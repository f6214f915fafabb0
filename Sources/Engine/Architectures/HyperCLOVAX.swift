// HyperCLOVA X SEED Think (NAVER Cloud 2025). Follows transformers' modeling_hyperclovax.py; llama.cpp does not run it.

extension Architecture {
  /// HyperCLOVA X: Granite whose factor multiplies logits, with norms on both sides of attention and MLP.
  public static let hyperCLOVAX = Architecture(
    name: "HyperCLOVA X", ggufName: nil, modelTypes: ["hyperclovax"]
  ) { settings, weights in
    let kind = weights.files.kind
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    func factor(_ key: String) throws -> Float { Float(try settings.real(gguf: nil, config: key) ?? 1) }
    let scale = try settings.real(gguf: nil, config: "attention_multiplier").map { Float($0) }
    let residual = try factor("residual_multiplier")
    let isNormedAfter = try settings.flag(gguf: nil, config: "use_post_norm") ?? true
    return try decoder.network(
      embeddingScale: try factor("embedding_multiplier"), headScale: try factor("logits_scaling")
    ) { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      if let scale { attention.scale = scale }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: isNormedAfter ? try decoder.norm(layer, "", "post_norm1") : nil,
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer, bias: mlpBias),
        mlpPostNorm: isNormedAfter ? try decoder.norm(layer, "", "post_norm2") : nil, residualScale: residual)
    }
  }
}
