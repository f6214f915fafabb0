// Seed-OSS (ByteDance Seed 2025). Follows transformers' modeling_seed_oss.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Seed-OSS: Llama with biases of queries, keys and values, and one of attention's output that is set apart.
  public static let seedOSS = Architecture(name: "Seed-OSS", ggufName: "seed_oss", modelTypes: ["seed_oss"]) {
    settings, weights in
    let kind = weights.files.kind
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let inputBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "attention_bias") ?? true, in: kind)
    let outputBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_out_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    return try decoder.network { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(layer, rotation: rotation, inputBias: inputBias, outputBias: outputBias),
        mlpNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try decoder.gatedMLP(layer, bias: mlpBias))
    }
  }
}
