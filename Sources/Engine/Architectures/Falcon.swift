// Falcon (Almazrouei et al. 2023). Follows transformers' modeling_falcon.py; GGUF names as in llama.cpp, whose converter puts queries, keys
// and values one after the other.

extension Architecture {
  /// Falcon: parallel blocks; one key head and one norm in the 7B model, groups of heads and two norms in the larger ones.
  public static let falcon = Architecture(
    name: "Falcon", ggufName: "falcon", modelTypes: ["falcon"],
    settings: SettingNames(kvHeads: ["num_kv_heads"], usualContext: 2048)
  ) { settings, weights in
    let isNew = try settings.flag(gguf: nil, config: "new_decoder_architecture") ?? false
    let isMultiQuery = try settings.flag(gguf: nil, config: "multi_query") ?? true
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "word_embeddings", blocks: "h", attention: "self_attention",
      attentionOutput: "self_attention.dense", finalNorm: "ln_f")
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    if !decoder.isGGUF, !isNew { decoder.kvHeads = isMultiQuery ? 1 : settings.heads }
    let hasSlopes = try settings.flag(gguf: nil, config: "alibi") ?? false
    let rotation =
      hasSlopes
      ? nil : try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    // Added before scores are scaled, and rounded as it was in training.
    let positionBias = PositionBias(
      slopes: alibiSlopes(heads: settings.heads), count: .fromStartRounded,
      scale: 1 / Float(decoder.headWidth).squareRoot())
    // llama.cpp takes files without biases only.
    let bias: WeightLoader.Bias = try settings.flag(gguf: nil, config: "bias") ?? false ? .required : .absent
    let activation = try settings.activation(config: "activation", usual: .gelu)
    let inner =
      try settings.count(gguf: "feed_forward_length", config: "ffn_hidden_size") ?? 4 * settings.width
    let isParallel = try isNew || settings.flag(gguf: nil, config: "parallel_attn") ?? true
    let norms = try settings.count(gguf: nil, config: "num_ln_in_parallel_attn") ?? (isNew ? 2 : 1)
    let hasTwoNorms = decoder.isGGUF ? weights.contains("blk.0.attn_norm_2.weight") : isNew && norms == 2
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.groupedAttention(
        layer, "self_attention.query_key_value", rotation: rotation, bias: bias)
      if hasSlopes { attention.positionBias = positionBias }
      let mlp = try decoder.plainMLP(
        layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: inner, activation: activation, bias: bias)
      guard isParallel else {
        return Block(
          attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
          mlp: mlp)
      }
      guard hasTwoNorms else {
        return Block(
          order: .parallel, attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlp: mlp)
      }
      return Block(
        order: .parallel, attentionNorm: try decoder.norm(layer, "attn_norm_2", "ln_attn"), attention: attention,
        mlpNorm: try decoder.norm(layer, "attn_norm", "ln_mlp"), mlp: mlp)
    }
  }
}
