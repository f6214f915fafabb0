// SmolLM3 (Bakouch et al. 2025). Follows transformers' modeling_smollm3.py; GGUF names, and the interleaved rows of queries and keys, as in
// llama.cpp, which hard-codes that every fourth layer has no positions.

extension Architecture {
  /// SmolLM3: Llama with some layers without positions.
  public static let smolLM3 = Architecture(name: "SmolLM3", ggufName: "smollm3", modelTypes: ["smollm3"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let kind = weights.files.kind
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    let turns = try turningLayers(settings)
    let windows = try AttentionWindows.whereNothingTurns(settings, turns: turns)
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: turns[layer] ? rotation : nil, inputBias: attentionBias, outputBias: attentionBias)
      attention.interleavedRows = decoder.isGGUF
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer, bias: mlpBias))
    }
  }

  /// [L] whether a layer's heads turn: 1 in `no_rope_layers`, despite its name.
  private static func turningLayers(_ settings: ModelSettings) throws -> [Bool] {
    if let listed = try settings.integers(gguf: nil, config: "no_rope_layers") {
      settings.changesNothing(config: ["no_rope_layer_interval"], because: "no_rope_layers says it of each layer")
      guard listed.count == settings.layers, listed.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        throw settings.refuse(
          gguf: nil, config: "no_rope_layers", found: "\(listed)", expected: "\(settings.layers) of 0 and 1")
      }
      return listed.map { $0 == 1 }
    }
    let interval = try settings.count(gguf: nil, config: "no_rope_layer_interval") ?? 4
    return (0..<settings.layers).map { ($0 + 1) % interval != 0 }
  }
}
