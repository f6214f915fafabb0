import Foundation

// CTRL (Keskar et al. 2019). Follows transformers' modeling_ctrl.py.

extension Architecture {
  /// CTRL: scaled embeddings with positions of fixed sines and cosines, layer norms, a head with a bias.
  public static let ctrl = Architecture(
    name: "CTRL", ggufName: nil, modelTypes: ["ctrl"],
    settings: SettingNames(
      layers: ["n_layer", "num_hidden_layers"], width: ["n_embd", "hidden_size"],
      heads: ["n_head", "num_attention_heads"], kvHeads: [], context: ["n_positions", "max_position_embeddings"])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "w", blocks: "h", attentionOutput: "multi_head_attention.dense",
      finalNorm: "layernorm", headWidth: nil)
    var decoder = try DecoderLayers(settings, weights, norm: .layerOf(epsilon: 1e-6, bias: true), names: names)
    decoder.activation = .relu
    _ = try AttentionWindows.nowhere(settings)
    let inner = try settings.requiredCount(gguf: "", config: "dff")
    let (width, heads) = (settings.width, decoder.queryWidth)
    var network = try decoder.network(
      embeddingScale: Float(Double(width).squareRoot()), tiedByDefault: true, headBias: .required
    ) { [decoder] layer in
      func part(_ letter: String) throws -> Projection {
        try weights.projection(
          decoder.name(layer, "", "multi_head_attention.W\(letter)"), heads, width, bias: .required)
      }
      return Block(
        attentionNorm: try decoder.norm(layer, "", "layernorm1"),
        attention: try decoder.attention(
          layer, .separate(query: part("q"), key: part("k"), value: part("v")), rotation: nil, outputBias: .required),
        mlpNorm: try decoder.norm(layer, "", "layernorm2"),
        mlp: try decoder.plainMLP(layer, up: "ffn.0", down: "ffn.2", inner: inner, bias: .required))
    }
    network.embedding.positions = LearnedPositions(table: try sinesAndCosines(settings))
    if let epsilon = try settings.real(gguf: nil, config: "layer_norm_epsilon") {
      network.output.norm?.epsilon = Float(epsilon)
    }
    return network
  }

  /// Sines of falling frequencies, then their cosines, of every position.
  private static func sinesAndCosines(_ settings: ModelSettings) throws -> WeightMatrix {
    let (half, most) = (settings.width / 2, 1 << 16)
    guard settings.width % 2 == 0 else {
      throw settings.refuse(gguf: nil, config: "n_embd", found: "\(settings.width)", expected: "an even number")
    }
    guard settings.context <= most else {
      throw settings.refuse(gguf: nil, config: "n_positions", found: "\(settings.context)", expected: "at most \(most)")
    }
    let table = FloatMatrix(rows: settings.context, columns: settings.width)
    for position in 0..<table.rows {
      let row = table.row(position)
      for i in 0..<half {
        let angle = Float(position) * (1 / powf(10_000, Float(2 * i) / Float(settings.width)))
        row[i] = sinf(angle)
        row[half + i] = cosf(angle)
      }
    }
    return WeightMatrix(table, name: "positions")
  }
}
