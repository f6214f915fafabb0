// ERNIE 4.5 (Baidu 2025), the models without experts. Follows transformers' modeling_ernie4_5.py; GGUF names as in llama.cpp.

extension Architecture {
  /// ERNIE 4.5: Llama with neighbouring values turned in pairs, and biases everywhere if it has any.
  public static let ernie45 = Architecture(name: "ERNIE 4.5", ggufName: "ernie4_5", modelTypes: ["ernie4_5"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent
    ).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "use_bias") ?? false, in: weights.files.kind)
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias),
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer, bias: bias))
    }
  }
}
