// Falcon (Almazrouei et al. 2023). Follows transformers' modeling_falcon.py; GGUF names as in llama.cpp, whose converter puts queries, keys
// and values one after the other.

extension Architecture {
  /// Falcon: parallel blocks; one key head and one norm in the 7B model, groups of heads and two norms in the larger ones.
  public static let falcon = Architecture(
    name: "Falcon", ggufName: "falcon", modelTypes: ["falcon"],
    settings: SettingNames(width: ["hidden_size", "n_embed"], kvHeads: [], usualContext: 2048)
  ) { settings, weights in
    let isNew = try settings.flag(gguf: nil, config: "new_decoder_architecture") ?? false
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "word_embeddings", blocks: "h", attention: "self_attention",
      attentionOutput: "self_attention.dense", finalNorm: "ln_f", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    _ = try AttentionWindows.nowhere(settings)
    if !decoder.isGGUF { decoder.kvHeads = try keyHeads(settings, isNew: isNew) }
    let hasSlopes = try settings.flag(gguf: nil, config: "alibi") ?? false
    let rotation =
      hasSlopes
      ? nil : try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    if hasSlopes {
      settings.changesNothing(
        config: ["rope_theta", "rope_scaling", "rope_parameters"], because: "alibi takes the place of rotary positions")
    }
    // The bias is added before scores are scaled, and rounded as in training.
    let positionBias = PositionBias.slopes(
      PositionSlopes(
        slopes: alibiSlopes(heads: settings.heads), count: .fromStartRounded,
        scale: 1 / Float(decoder.headWidth).squareRoot()))
    // llama.cpp accepts only files without biases.
    let bias: WeightLoader.Bias = try settings.flag(gguf: nil, config: "bias") ?? false ? .required : .absent
    decoder.activation = try settings.activation(config: "activation", usual: .gelu)
    let inner =
      try settings.count(gguf: "feed_forward_length", config: "ffn_hidden_size") ?? 4 * settings.width
    let order = try norms(settings, weights, isNew: isNew)
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.groupedAttention(
        layer, "self_attention.query_key_value", rotation: rotation, bias: bias)
      if hasSlopes { attention.positionBias = positionBias }
      let mlp = try decoder.plainMLP(
        layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: inner, bias: bias)
      switch order {
      case .sequential:
        return Block(
          attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
          mlp: mlp)
      case .shared:
        return Block(
          order: .parallel, attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlp: mlp)
      case .two:
        return Block(
          order: .parallel, attentionNorm: try decoder.norm(layer, "attn_norm_2", "ln_attn"), attention: attention,
          mlpNorm: try decoder.norm(layer, "attn_norm", "ln_mlp"), mlp: mlp)
      }
    }
  }

  /// The norms of a Falcon block: one after the other, one for both attention and MLP, or one for each.
  private enum FalconNorms { case sequential, shared, two }

  private static func norms(
    _ settings: ModelSettings, _ weights: WeightLoader, isNew: Bool
  ) throws -> FalconNorms {
    if settings.isGGUF { return weights.contains("blk.0.attn_norm_2.weight") ? .two : .shared }
    let isParallel = try settings.flag(gguf: nil, config: "parallel_attn") ?? true
    let count = try settings.count(gguf: nil, config: "num_ln_in_parallel_attn")
    guard isParallel else {
      guard !isNew else {
        throw settings.refuse(
          gguf: nil, config: "parallel_attn", found: "false", expected: "true, with new_decoder_architecture")
      }
      settings.changesNothing(config: ["num_ln_in_parallel_attn"], because: "parallel_attn is false")
      return .sequential
    }
    guard isNew else {
      guard count ?? 1 == 1 else {
        throw settings.refuse(
          gguf: nil, config: "num_ln_in_parallel_attn", found: "\(count ?? 0)",
          expected: "1, without new_decoder_architecture")
      }
      return .shared
    }
    guard [1, 2].contains(count ?? 2) else {
      throw settings.refuse(
        gguf: nil, config: "num_ln_in_parallel_attn", found: "\(count ?? 0)", expected: "1 or 2")
    }
    return count == 1 ? .shared : .two
  }

  private static func keyHeads(_ settings: ModelSettings, isNew: Bool) throws -> Int {
    let isMultiQuery = try settings.flag(gguf: nil, config: "multi_query") ?? true
    let said = try settings.count(gguf: nil, config: "num_kv_heads")
    if isNew {
      settings.changesNothing(config: ["multi_query"], because: "new_decoder_architecture is true")
      let count = said ?? settings.heads
      guard settings.heads % count == 0 else {
        throw settings.refuse(
          gguf: nil, config: "num_kv_heads", found: "\(count)",
          expected: "a divisor of the \(settings.heads) query heads")
      }
      return count
    }
    if isMultiQuery {
      settings.changesNothing(config: ["num_kv_heads"], because: "multi_query is true: all heads share one key")
      return 1
    }
    guard said ?? settings.heads == settings.heads else {
      throw settings.refuse(
        gguf: nil, config: "num_kv_heads", found: "\(said ?? 0)",
        expected: "\(settings.heads), as many as query heads, without multi_query")
    }
    return settings.heads
  }
}
