// Ministral 3 and Devstral 2 (Mistral AI 2025). Follows transformers' modeling_ministral3.py; GGUF names, and the interleaved rows of
// queries and keys, as in llama.cpp's convert_hf_to_gguf.py, which calls it `mistral3`.

extension Architecture {
  /// Ministral 3: Mistral with positions stretched by YaRN and queries that grow with their position.
  public static let ministral3 = Architecture(name: "Ministral 3", ggufName: "mistral3", modelTypes: ["ministral3"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try AttentionWindows.everywhere(settings)
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.hasTemperature = true
    // transformers' configuration class has this section if config.json has none.
    rotary.usualSection = [
      "rope_type": "yarn", "rope_theta": 1_000_000.0, "factor": 16.0, "original_max_position_embeddings": 16384.0,
      "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1,
    ]
    settings.changesNothing(
      config: rotary.places.map { "\($0).max_position_embeddings" },
      because: "max_position_embeddings outside of the section is read")
    let rotation = try rotary.rotation()
    let temperature = try rotary.temperature()
    let bias: WeightLoader.Bias = settings.isGGUF ? .optional : .absent
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.interleavedRows = decoder.isGGUF
      attention.window = windows.byLayer[layer]
      attention.temperature = temperature
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer, bias: bias))
    }
  }
}
