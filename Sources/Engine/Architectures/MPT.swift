// MPT (MosaicML 2023). Follows transformers' modeling_mpt.py; GGUF names as in llama.cpp.

extension Architecture {
  /// MPT: ALiBi, no biases, queries, keys and values clipped in some models.
  public static let mpt = Architecture(
    name: "MPT", ggufName: "mpt", modelTypes: ["mpt"],
    settings: SettingNames(
      layers: ["n_layers", "num_hidden_layers"], width: ["d_model", "hidden_size"],
      heads: ["n_heads", "num_attention_heads"], kvHeads: [], context: ["max_seq_len"])
  ) { settings, weights in
    try refuseUnusualMPT(settings)
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "wte", blocks: "blocks", attention: "attn", attentionOutput: "attn.out_proj",
      finalNorm: "norm_f", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: false, epsilon: "layer_norm_epsilon"), names: names)
    decoder.activation = .gelu
    _ = try AttentionWindows.nowhere(settings)
    // As in MosaicML's own code and in llama.cpp; transformers always uses 8.
    let largest = try settings.real(gguf: "attention.max_alibi_bias", config: "attn_config.alibi_bias_max") ?? 8
    guard largest > 0 else {
      throw settings.refuse(
        gguf: "attention.max_alibi_bias", config: "attn_config.alibi_bias_max", found: "\(largest)",
        expected: "a positive number")
    }
    if largest != 8, !settings.isGGUF {
      settings.files.notes.add(
        "alibi_bias_max = \(largest) is followed, as in MosaicML's own code; transformers always uses 8",
        at: settings.files.path)
    }
    let bias = PositionBias.slopes(PositionSlopes(slopes: alibiSlopes(heads: settings.heads, bias: largest)))
    let clip = try settings.real(gguf: "attention.clamp_kqv", config: "attn_config.clip_qkv")
    let scale = try settings.real(gguf: nil, config: "attn_config.softmax_scale")
    let inner = try settings.count(gguf: "feed_forward_length", config: nil) ?? 4 * settings.width
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      let fused = try weights.projection(
        decoder.name(layer, "attn_qkv", "attn.Wqkv"), 3 * settings.width, settings.width)
      var attention = try decoder.attention(layer, try decoder.split(fused), rotation: nil, outputBias: .absent)
      attention.positionBias = bias
      // A clip of zero means none.
      attention.clip = clip.flatMap { $0 == 0 ? nil : Float($0) }
      if let scale { attention.scale = Float(scale) }
      return Block(
        attentionNorm: try decoder.norm(layer, "attn_norm", "norm_1"), attention: attention,
        mlpNorm: try decoder.norm(layer, "ffn_norm", "norm_2"),
        mlp: try decoder.plainMLP(
          layer, up: "ffn.up_proj", down: "ffn.down_proj", inner: inner, bias: .absent))
    }
  }

  /// Refuses settings of MosaicML's own code that transformers does not support.
  private static func refuseUnusualMPT(_ settings: ModelSettings) throws {
    try settings.require(true, config: "attn_config.alibi")
    try settings.require(false, config: "attn_config.qk_ln")
    try settings.require(false, config: "attn_config.prefix_lm")
    if let type = try settings.string(gguf: nil, config: "attn_config.attn_type"), type != "multihead_attention" {
      throw settings.refuse(
        gguf: nil, config: "attn_config.attn_type", found: "'\(type)'", expected: "'multihead_attention'")
    }
    try settings.require(false, config: "attn_config.attn_uses_sequence_id")
    try settings.require(true, config: "no_bias")
    if let type = try settings.string(gguf: nil, config: "norm_type"),
      !["low_precision_layernorm", "layernorm"].contains(type)
    {
      throw settings.refuse(
        gguf: nil, config: "norm_type", found: "'\(type)'", expected: "'low_precision_layernorm' or 'layernorm'")
    }
    settings.changesNothing(config: ["learned_pos_emb"], because: "alibi takes the place of learned positions")
    settings.changesNothing(
      config: ["attn_config.attn_impl"], because: "it says how attention is computed, not what comes out")
    settings.changesNothing(config: ["embedding_fraction"], because: "it is about gradients")
    if let ratio = try settings.count(gguf: nil, config: "expansion_ratio"), ratio != 4 {
      throw settings.refuse(gguf: nil, config: "expansion_ratio", found: "\(ratio)", expected: "4")
    }
    if settings.contains(gguf: nil, config: "logit_scale") {
      throw settings.refuse(gguf: nil, config: "logit_scale", found: "a value", expected: "null")
    }
  }
}
