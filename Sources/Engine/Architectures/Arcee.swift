// Arcee's AFM (2025). Follows transformers' modeling_arcee.py; GGUF names, and the interleaved rows of queries and keys, as in llama.cpp's
// convert_hf_to_gguf.py.

extension Architecture {
  /// Arcee: Llama with an MLP without a gate, whose activation is a squared ReLU.
  public static let arcee = Architecture(name: "Arcee", ggufName: "arcee", modelTypes: ["arcee"]) { settings, weights in
    let kind = weights.files.kind
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    let inner = try decoder.innerWidth()
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      attention.interleavedRows = decoder.isGGUF
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(layer, up: "mlp.up_proj", down: "mlp.down_proj", inner: inner, bias: mlpBias))
    }
  }
}
