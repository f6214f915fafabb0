// Jais 2 (Inception, MBZUAI and Cerebras 2025). Follows transformers' modeling_jais2.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Jais 2: layer norms and biases, rotary positions, an MLP without a gate whose activation is a squared ReLU.
  public static let jais2 = Architecture(name: "Jais 2", ggufName: "jais2", modelTypes: ["jais2"]) {
    settings, weights in
    let kind = weights.files.kind
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? true, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? true, in: kind)
    let inner = try decoder.innerWidth()
    return try decoder.network { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(
          layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias),
        mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(layer, up: "mlp.up_proj", down: "mlp.down_proj", inner: inner, bias: mlpBias))
    }
  }
}
