// Doge (Small Doge 2025). Follows transformers' modeling_doge.py.

extension Architecture {
  /// Doge: keys that add to their scores what their values say, in texts as long as none is left out, and factors of the stream.
  public static let doge = Architecture(name: "Doge", ggufName: nil, modelTypes: ["doge"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    // transformers mixes the routing of all tokens of a text.
    try settings.require(false, config: "is_moe")
    settings.changesNothing(
      config: ["num_experts", "num_experts_per_tok", "norm_topk_prob"], because: "is_moe is not true")
    let windows = try AttentionWindows.everywhere(settings)
    let sparse = try SparseAttention(settings, reach: "keep_window_size", names: [])
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    func bias(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    let (attentionBias, mlpBias) = (try bias("attention_bias"), try bias("mlp_bias"))
    let network = try decoder.network { [decoder] layer in
      func name(_ part: String) -> String { decoder.name(layer, "", part) }
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      attention.window = windows.byLayer[layer]
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      attention.keyScores = KeyScores(
        projection: try weights.projection(
          name("self_attn.dt_proj"), settings.kvHeads, decoder.keyWidth, bias: attentionBias),
        strengths: try weights.vector(name("self_attn.A"), settings.kvHeads))
      var block = Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer, bias: mlpBias))
      block.keeps = StreamFactors(
        mixer: try weights.vector(name("input_residual"), settings.width),
        mlp: try weights.vector(name("post_attention_residual"), settings.width))
      return block
    }
    return sparse.bound(network, settings)
  }
}
