import Foundation

// XGLM (Lin et al. 2021). Follows transformers' modeling_xglm.py; llama.cpp does not run it.

extension Architecture {
  /// XGLM: positions of fixed sines and cosines, scaled embeddings, layer norms, a plain MLP.
  public static let xglm = Architecture(
    name: "XGLM", ggufName: nil, modelTypes: ["xglm"],
    settings: SettingNames(
      layers: ["num_layers", "num_hidden_layers"], width: ["d_model", "hidden_size"],
      heads: ["attention_heads", "num_attention_heads"], kvHeads: [])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      attentionOutput: "self_attn.out_proj", finalNorm: "layer_norm", headWidth: nil)
    var decoder = try DecoderLayers(settings, weights, norm: .layerOf(epsilon: 1e-5, bias: true), names: names)
    decoder.activation = try settings.activation(config: "activation_function", usual: .gelu)
    _ = try AttentionWindows.nowhere(settings)
    try settings.require(false, config: "add_cross_attention")
    let isScaled = try settings.flag(gguf: nil, config: "scale_embedding") ?? true
    let inner = try settings.requiredCount(gguf: "", config: "ffn_dim")
    var network = try decoder.network(
      embeddingScale: isScaled ? Float(settings.width).squareRoot() : 1, tiedByDefault: true
    ) { [decoder] layer in
      Block(
        attentionNorm: try decoder.norm(layer, "", "self_attn_layer_norm"),
        attention: try decoder.attention(layer, rotation: nil, inputBias: .required, outputBias: .required),
        mlpNorm: try decoder.norm(layer, "", "final_layer_norm"),
        mlp: try decoder.plainMLP(layer, up: "fc1", down: "fc2", inner: inner, bias: .required))
    }
    network.embedding.positions = LearnedPositions(table: try sinusoids(settings), offset: 2)
    return network
  }

  /// Sines of falling frequencies, then their cosines, of every position from the third row on; the row of padding is zero.
  private static func sinusoids(_ settings: ModelSettings) throws -> WeightMatrix {
    let half = settings.width / 2
    guard half > 1 else {
      throw settings.refuse(gguf: nil, config: "d_model", found: "\(settings.width)", expected: "at least 4")
    }
    // The table is computed, so no tensor bounds it; published models have 2,048 positions.
    let most = 1 << 16
    guard settings.context <= most else {
      throw settings.refuse(
        gguf: nil, config: "max_position_embeddings", found: "\(settings.context)", expected: "at most \(most)")
    }
    let padding = try settings.integer(config: "pad_token_id")
    let step = -Float(log(10_000.0) / Double(half - 1))
    let table = FloatMatrix(rows: settings.context + 2, columns: settings.width)
    table.start.update(repeating: 0, count: table.rows * table.columns)
    for position in 0..<table.rows where position != padding {
      let row = table.row(position)
      for i in 0..<half {
        let angle = Float(position) * expf(Float(i) * step)
        row[i] = sinf(angle)
        row[half + i] = cosf(angle)
      }
    }
    return WeightMatrix(table, name: "positions")
  }
}
