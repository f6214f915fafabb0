// Kyutai's Helium (2025). Follows transformers' modeling_helium.py; llama.cpp does not run it.

extension Architecture {
  /// Helium: Llama with neighbouring values turned in pairs.
  public static let helium = Architecture(name: "Helium", ggufName: nil, modelTypes: ["helium"]) { settings, weights in
    let kind = weights.files.kind
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent
    ).rotation()
    let inputBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    return try decoder.network { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(layer, rotation: rotation, inputBias: inputBias),
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer, bias: mlpBias))
    }
  }
}
