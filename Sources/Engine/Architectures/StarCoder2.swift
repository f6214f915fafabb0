// StarCoder2 (Lozhkov et al. 2024). Follows transformers' modeling_starcoder2.py; GGUF names as in llama.cpp.

extension Architecture {
  /// StarCoder2: layer norm and biases with rotary positions, a window in every layer.
  public static let starCoder2 = Architecture(name: "StarCoder2", ggufName: "starcoder2", modelTypes: ["starcoder2"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: true, epsilon: "norm_epsilon"))
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let windows = try AttentionWindows.everywhere(settings)
    // llama.cpp accepts only files with biases.
    let bias: WeightLoader.Bias = try settings.flag(gguf: nil, config: "use_bias") ?? true ? .required : .absent
    decoder.activation = try settings.activation(config: "hidden_act", usual: .geluTanh)
    let inner = try decoder.innerWidth()
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.c_fc", down: "mlp.c_proj", inner: inner, bias: bias))
    }
  }
}
