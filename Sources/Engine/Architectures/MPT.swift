// MPT (MosaicML 2023). Follows transformers' modeling_mpt.py; GGUF names as in llama.cpp.

extension Architecture {
  /// MPT: ALiBi, no biases, queries, keys and values clipped in some models.
  public static let mpt = Architecture(
    name: "MPT", ggufName: "mpt", modelTypes: ["mpt"],
    settings: SettingNames(
      layers: ["n_layers"], width: ["d_model"], heads: ["n_heads"], kvHeads: [], context: ["max_seq_len"])
  ) { settings, weights in
    try refuseUnusualMPT(settings)
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "wte", blocks: "blocks", attention: "attn", attentionOutput: "attn.out_proj",
      finalNorm: "norm_f")
    let decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: false, epsilon: "layer_norm_epsilon"), names: names)
    // As in MosaicML's own code and in llama.cpp; transformers takes 8 whatever is said.
    let largest = try settings.real(gguf: "attention.max_alibi_bias", config: "attn_config.alibi_bias_max") ?? 8
    guard largest > 0 else {
      throw settings.refuse(
        gguf: "attention.max_alibi_bias", config: "attn_config.alibi_bias_max", found: "\(largest)",
        expected: "a positive number")
    }
    let bias = PositionBias(slopes: alibiSlopes(heads: settings.heads, bias: largest))
    let clip = try settings.real(gguf: "attention.clamp_kqv", config: "attn_config.clip_qkv")
    let scale = try settings.real(gguf: nil, config: "attn_config.softmax_scale")
    return try decoder.network(tiedByDefault: true) { layer in
      let fused = try weights.projection(
        decoder.name(layer, "attn_qkv", "attn.Wqkv"), 3 * settings.width, settings.width)
      var attention = try decoder.attention(layer, decoder.split(fused), rotation: nil, outputBias: .absent)
      attention.positionBias = bias
      // A clip of zero is no clip.
      attention.clip = clip.flatMap { $0 == 0 ? nil : Float($0) }
      if let scale { attention.scale = Float(scale) }
      return Block(
        attentionNorm: try decoder.norm(layer, "attn_norm", "norm_1"), attention: attention,
        mlpNorm: try decoder.norm(layer, "ffn_norm", "norm_2"),
        mlp: try decoder.plainMLP(
          layer, up: "ffn.up_proj", down: "ffn.down_proj", inner: 4 * settings.width, activation: .gelu, bias: .absent))
    }
  }

  /// Settings of MosaicML's own code that transformers does not run.
  private static func refuseUnusualMPT(_ settings: ModelSettings) throws {
    try settings.require(true, config: "attn_config.alibi")
    try settings.require(false, config: "attn_config.qk_ln")
    try settings.require(false, config: "attn_config.prefix_lm")
    if let type = try settings.string(gguf: nil, config: "attn_config.attn_type"), type != "multihead_attention" {
      throw settings.refuse(
        gguf: nil, config: "attn_config.attn_type", found: "'\(type)'", expected: "'multihead_attention'")
    }
    if let ratio = try settings.count(gguf: nil, config: "expansion_ratio"), ratio != 4 {
      throw settings.refuse(gguf: nil, config: "expansion_ratio", found: "\(ratio)", expected: "4")
    }
    if settings.files.kind == .safetensors, settings.files.configuration.contains("logit_scale") {
      throw settings.refuse(gguf: nil, config: "logit_scale", found: "a value", expected: "null")
    }
  }
}
