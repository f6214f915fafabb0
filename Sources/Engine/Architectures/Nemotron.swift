// Nemotron-4 and Minitron (Parmar et al. 2024, Muralidharan et al. 2024). Follows transformers' modeling_nemotron.py; GGUF names as in
// llama.cpp, whose converter has already added 1 to the norms.

extension Architecture {
  /// Nemotron: layer norms around one, part of a head turned, an MLP without a gate whose activation is a squared ReLU.
  public static let nemotron = Architecture(name: "Nemotron", ggufName: "nemotron", modelTypes: ["nemotron"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layerFromOne(epsilon: "norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    // Names of the publisher's own code, which transformers passes over.
    try settings.requireSame("rope_percent", as: "partial_rotary_factor", usual: 0.5)
    try settings.requireSame("kv_channels", as: "head_dim", usual: Double(decoder.headWidth))
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    return try decoder.networkWithoutGates(rotation, hasBiases: false)
  }
}
