// The language part of Llama 3.2 Vision (Meta 2024). Follows transformers' modeling_mllama.py, which passes over the blocks of
// cross-attention when there is no image.

extension Architecture {
  /// Llama 3.2 Vision: Llama between blocks of cross-attention, which leave a text without images as it is.
  public static let mllama = Architecture(name: "Llama 3.2 Vision", ggufName: nil, modelTypes: ["mllama_text_model"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, names: DecoderLayers.Names(headWidth: nil))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let crossing = Set(
      try settings.integers(gguf: nil, config: "cross_attention_layers") ?? [3, 8, 13, 18, 23, 28, 33, 38])
    let vocabulary = try settings.requiredCount(gguf: "", config: "vocab_size")
    // The embedding has rows for 8 tokens more, the image's among them.
    return try decoder.network(rows: (vocabulary + 8, vocabulary)) { [decoder] layer in
      guard !crossing.contains(layer) else {
        weights.passOver(
          prefix: decoder.name(layer, "", ""), what: "a block of cross-attention, which needs an image")
        return Block()
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: try decoder.attention(layer, rotation: rotation),
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer))
    }
  }
}
