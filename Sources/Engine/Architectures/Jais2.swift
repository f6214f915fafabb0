// Jais 2 (Inception, MBZUAI and Cerebras 2025). Follows transformers' modeling_jais2.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Jais 2: layer norms and biases, rotary positions, an MLP without a gate whose activation is a squared ReLU.
  public static let jais2 = Architecture(name: "Jais 2", ggufName: "jais2", modelTypes: ["jais2"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    return try decoder.networkWithoutGates(rotation, hasBiases: true)
  }
}
