// BLOOM (Scao et al. 2022). Follows transformers' modeling_bloom.py; GGUF names as in llama.cpp, whose converter puts queries, keys and
// values one after the other.

extension Architecture {
  /// BLOOM: ALiBi, a norm of the embedding, tanh GELU, biases everywhere.
  public static let bloom = Architecture(
    name: "BLOOM", ggufName: "bloom", modelTypes: ["bloom"],
    settings: SettingNames(
      layers: ["n_layer", "num_hidden_layers"], width: ["hidden_size", "n_embed"],
      heads: ["n_head", "num_attention_heads"], kvHeads: [], context: ["seq_length"], usualContext: 2048)
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "word_embeddings", blocks: "h", attention: "self_attention",
      attentionOutput: "self_attention.dense", finalNorm: "ln_f", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    decoder.activation = .geluTanh
    _ = try AttentionWindows.nowhere(settings)
    let bias = PositionBias.slopes(PositionSlopes(slopes: alibiSlopes(heads: settings.heads)))
    let addsToNormed =
      try settings.flag(gguf: nil, config: "apply_residual_connection_post_layernorm") ?? false
    let inner = try settings.count(gguf: "feed_forward_length", config: nil) ?? 4 * settings.width
    var network = try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.groupedAttention(
        layer, "self_attention.query_key_value", rotation: nil, bias: .required)
      attention.positionBias = bias
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: inner, bias: .required),
        addsToNormed: addsToNormed)
    }
    network.embedding.norm = try decoder.norm(
      decoder.name("token_embd_norm", "word_embeddings_layernorm"), width: settings.width)
    return network
  }
}
