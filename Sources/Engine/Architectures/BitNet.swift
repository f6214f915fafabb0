// BitNet b1.58 (Ma et al. 2024) with unpacked weights. Follows transformers' modeling_bitnet.py.

extension Architecture {
  /// BitNet: Llama with norms before the last projection of attention and of the MLP, and a squared ReLU.
  public static let bitNet = Architecture(name: "BitNet", ggufName: nil, modelTypes: ["bitnet"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, names: DecoderLayers.Names(headWidth: nil))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let inner = try decoder.innerWidth()
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.outputNorm = try decoder.norm(layer, "", "self_attn.attn_sub_norm")
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer, hiddenNorm: decoder.norm(layer, "", "mlp.ffn_sub_norm", width: inner)))
    }
  }
}
