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
    try settings.require(false, config: "apply_residual_connection_post_layernorm")
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "word_embeddings", blocks: "h", attention: "self_attention",
      attentionOutput: "self_attention.dense", finalNorm: "ln_f")
    let decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    let bias = PositionBias(slopes: alibiSlopes(heads: settings.heads))
    var network = try decoder.network(tiedByDefault: true) { layer in
      var attention = try decoder.groupedAttention(
        layer, "self_attention.query_key_value", rotation: nil, bias: .required)
      attention.positionBias = bias
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: 4 * settings.width, activation: .geluTanh,
          bias: .required))
    }
    network.embedding.norm = try decoder.norm(
      decoder.name("token_embd_norm", "word_embeddings_layernorm"), width: settings.width)
    return network
  }
}
