import Foundation

// DiffLlama (Ye et al. 2024, kajuma 2024). Follows transformers' modeling_diffllama.py.

extension Architecture {
  /// DiffLlama: Llama whose heads come in pairs, of which the second is taken away from the first.
  public static let diffLlama = Architecture(name: "DiffLlama", ggufName: nil, modelTypes: ["diffllama"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    settings.changesNothing(config: ["lambda_std_dev"], because: "it is how weights were initialised")
    guard settings.kvHeads % 2 == 0 else {
      throw settings.refuse(
        gguf: nil, config: "num_key_value_heads", found: "\(settings.kvHeads)", expected: "an even number")
    }
    return try decoder.network { [decoder] layer in
      func vector(_ name: String) throws -> [Float] {
        try weights.vector(decoder.name(layer, "", "self_attn.lambda_\(name)"), decoder.headWidth)
      }
      func product(_ number: Int) throws -> Float {
        expf(zip(try vector("q\(number)"), try vector("k\(number)")).reduce(0) { $0 + $1.0 * $1.1 })
      }
      let usual = 0.8 - 0.6 * exp(-0.3 * Double(layer))
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.ownValueWidth = 2 * decoder.headWidth
      attention.difference = HeadDifference(
        factor: try product(1) - product(2) + Float(usual),
        norm: Norm(
          kind: .rootMeanSquare, weight: [Float](repeating: Float(1 - usual), count: 2 * decoder.headWidth),
          epsilon: decoder.epsilon))
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer))
    }
  }
}
