// GPT-NeoX (Black et al. 2022), Pythia (Biderman et al. 2023) and the Japanese GPT-NeoX (abeja 2022). Follows transformers'
// modeling_gpt_neox.py and modeling_gpt_neox_japanese.py; GGUF names as in llama.cpp, whose converter puts queries, keys and values one
// after the other.

extension Architecture {
  /// GPT-NeoX: parallel blocks with two norms, part of a head turned, a head of its own.
  public static let gptNeoX = Architecture(
    name: "GPT-NeoX", ggufName: "gptneox", modelTypes: ["gpt_neox"],
    settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    // transformers 5 gives the head the same name as in other families.
    let head = weights.contains("lm_head.weight") ? "lm_head" : "embed_out"
    let names = DecoderLayers.Names(
      base: "gpt_neox", tokens: "embed_in", attention: "attention", attentionOutput: "attention.dense",
      finalNorm: "final_layer_norm", head: head, headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"), names: names)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try decoder.neoXRotation(usualPart: 0.25)
    let isParallel = try settings.flag(gguf: "use_parallel_residual", config: "use_parallel_residual") ?? true
    // llama.cpp accepts only files with biases.
    let bias: WeightLoader.Bias =
      try settings.flag(gguf: nil, config: "attention_bias") ?? true ? .required : .absent
    decoder.activation = try settings.activation(config: "hidden_act", usual: .gelu)
    let inner = try decoder.innerWidth()
    return try decoder.network { [decoder] layer in
      Block(
        order: isParallel ? .parallel : .sequential, attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.groupedAttention(
          layer, "attention.query_key_value", rotation: rotation, bias: bias),
        mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: inner, bias: .required))
    }
  }

  /// Japanese GPT-NeoX: sequential blocks without biases but one in the last block's attention, a tied head.
  public static let gptNeoXJapanese = Architecture(
    name: "GPT-NeoX Japanese", ggufName: nil, modelTypes: ["gpt_neox_japanese"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "gpt_neox_japanese", tokens: "embed_in", attention: "attention", attentionOutput: "attention.dense",
      finalNorm: "final_layer_norm", head: "embed_out", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"), names: names)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try decoder.neoXRotation(usualPart: 1)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .gelu)
    let factor = try settings.requiredCount(gguf: "", config: "intermediate_multiple_size")
    let inner = settings.width * factor
    return try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.groupedAttention(
        layer, "attention.query_key_value", rotation: rotation, bias: .absent)
      if layer == settings.layers - 1 {
        attention.output.bias = try weights.vector(decoder.name(layer, "", "attention.dense_bias"), settings.width)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: inner, bias: .absent))
    }
  }
}

extension DecoderLayers {
  /// The rotation of a part of each head, under the names of GPT-NeoX.
  fileprivate func neoXRotation(usualPart: Double) throws -> Rotation? {
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: headWidth, baseName: "rotary_emb_base", partName: "rotary_pct",
      turnsPart: true
    ).rotation()
    // The setting names of other families have no effect in this one.
    try settings.requireSame("rope_theta", as: "rotary_emb_base", usual: 10_000)
    try settings.requireSame("partial_rotary_factor", as: "rotary_pct", usual: usualPart)
    return rotation
  }
}
