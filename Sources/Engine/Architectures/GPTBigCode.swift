// SantaCoder and StarCoder (Ben Allal et al. 2023, Li et al. 2023). Follows transformers' modeling_gpt_bigcode.py; GGUF names as in
// llama.cpp, which calls it `starcoder`.

extension Architecture {
  /// GPT-BigCode: GPT-2 whose query heads share one key and value head.
  public static let gptBigCode = Architecture(
    name: "GPT-BigCode", ggufName: "starcoder", modelTypes: ["gpt_bigcode"],
    settings: SettingNames(
      layers: ["n_layer", "num_hidden_layers"], width: ["n_embd", "hidden_size"],
      heads: ["n_head", "num_attention_heads"], kvHeads: [], context: ["n_positions", "max_position_embeddings"])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "wte", blocks: "h", attention: "attn", attentionOutput: "attn.c_proj",
      finalNorm: "ln_f", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    decoder.activation = try settings.activation(config: "activation_function", usual: .geluTanh)
    try settings.require(false, config: "add_cross_attention")
    _ = try AttentionWindows.nowhere(settings)
    let sharesKeys = try settings.flag(gguf: nil, config: "multi_query") ?? (settings.kvHeads == 1)
    if sharesKeys { decoder.kvHeads = 1 }
    // transformers makes it from multi_query, and writes it.
    if let stated = try settings.count(gguf: nil, config: "num_key_value_heads"), stated != decoder.kvHeads {
      throw settings.refuse(
        gguf: nil, config: "num_key_value_heads", found: "\(stated)",
        expected: "\(decoder.kvHeads), as multi_query says")
    }
    let isScaled = try settings.flag(gguf: nil, config: "scale_attn_weights") ?? true
    let inner = try settings.count(gguf: "feed_forward_length", config: "n_inner") ?? 4 * settings.width
    var network = try decoder.network(tiedByDefault: true) { [decoder] layer in
      // With one key head the rows are all queries, the key, the value; otherwise they are in groups for each head.
      var attention =
        sharesKeys
        ? try decoder.attention(
          layer,
          try decoder.split(
            try weights.projection(
              decoder.name(layer, "attn_qkv", "attn.c_attn"), decoder.queryWidth + 2 * decoder.keyWidth,
              settings.width, bias: .required)),
          rotation: nil, outputBias: .required)
        : try decoder.groupedAttention(layer, "attn.c_attn", rotation: nil, bias: .required)
      if !isScaled { attention.scale = 1 }
      return Block(
        attentionNorm: try decoder.norm(layer, "attn_norm", "ln_1"), attention: attention,
        mlpNorm: try decoder.norm(layer, "ffn_norm", "ln_2"),
        mlp: try decoder.plainMLP(layer, up: "mlp.c_fc", down: "mlp.c_proj", inner: inner, bias: .required))
    }
    let positions = try weights.matrix(
      decoder.name("position_embd.weight", "wpe.weight"), settings.context, settings.width)
    network.embedding.positions = LearnedPositions(table: positions)
    return network
  }
}
