// JetMoE (Shen and others 2024). Follows transformers' modeling_jetmoe.py and configuration_jetmoe.py.

extension Architecture {
  /// JetMoE: experts of attention, each with queries and an output of its own, beside experts of MLPs; a tied head.
  public static let jetMoE = Architecture(
    name: "JetMoE", ggufName: nil, modelTypes: ["jetmoe"], settings: SettingNames(heads: ["num_key_value_heads"])
  ) { settings, weights in
    let headWidth = try settings.look.count(gguf: nil, configs: ["kv_channels", "head_dim"]) ?? 128
    try settings.requireHeads(width: headWidth)
    var decoder = try DecoderLayers(
      settings, weights, ownHeadWidth: headWidth, names: .init(attention: "self_attention"))
    decoder.activation = try settings.activation(config: "activation_function", usual: .silu)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: headWidth).rotation()
    var experts = try ExpertSettings.required(settings, names: ["num_local_experts"], inner: "intermediate_size")
    experts.scores = .softmaxOfChosen
    experts.normalisation = nil
    try settings.accountForOldNames()
    let names = ExpertNames(
      router: "router.layer", gatesAndUps: "input_linear.weight", downs: "output_linear.weight")
    return try decoder.network(tiedByDefault: true) { [decoder, experts] layer in
      var mixture = try decoder.mixture(layer, experts, names: names)
      mixture.bias = try weights.vector(decoder.name(layer, "", "mlp.bias"), settings.width)
      var block = Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.chosenAttention(layer, experts, rotation: rotation),
        mlpNorm: try decoder.mlpNorm(layer), mlp: .experts(mixture))
      // transformers makes these norms without the setting, which the last norm alone has.
      block.attentionNorm?.epsilon = 1e-6
      block.mlpNorm?.epsilon = 1e-6
      return block
    }
  }
}

extension DecoderLayers {
  /// Attention with experts of query heads, as many of them as experts of the MLP.
  fileprivate func chosenAttention(_ layer: Int, _ settings: ExpertSettings, rotation: Rotation) throws -> Attention {
    let (width, count) = (self.settings.width, settings.count)
    func full(_ part: String) -> String { name(layer, "", "self_attention.\(part)") }
    let both = try weights.projection(full("kv_proj"), 2 * keyWidth, width)
    let queries = try weights.stack(full("experts.input_linear.weight"), count, keyWidth, width)
    let outputs = try weights.joinedStack(full("experts.output_linear.weight"), count, width, keyWidth)
    let chosen = AttentionExperts(
      router: Router(
        projection: try weights.projection(full("experts.router.layer"), count, width), scores: settings.scores,
        chosen: settings.chosen),
      queries: queries.map { Projection(weights: $0) }, bias: try weights.vector(full("experts.bias"), width))
    return Attention(
      inputs: .chosen(
        chosen, key: both.slice(0..<keyWidth), value: both.slice(keyWidth..<2 * keyWidth)),
      output: Projection(weights: outputs), heads: kvHeads * settings.chosen, kvHeads: kvHeads, headWidth: headWidth,
      rotation: rotation, scale: 1 / Float(headWidth).squareRoot())
  }
}

extension ModelSettings {
  /// Names of the publisher's own program, which published files have and transformers does not read: refused where they contradict what
  /// it reads.
  fileprivate func accountForOldNames() throws {
    let names: [(old: String, name: String, usual: Double)] = [
      ("ffn_hidden_size", "intermediate_size", 5632), ("moe_num_experts", "num_local_experts", 8),
      ("moe_top_k", "num_experts_per_tok", 2), ("num_layers", "num_hidden_layers", 12),
    ]
    for (old, name, usual) in names {
      try requireSame(old, as: name, usual: usual)
    }
    if let part = try real(gguf: nil, config: "rotary_percent"), part != 1 {
      throw refuse(gguf: nil, config: "rotary_percent", found: "\(part)", expected: "1: heads turn as a whole")
    }
    try require(true, config: "glu")
    try require(true, config: "bias")
    changesNothing(
      config: ["num_attention_heads"], because: "the heads of a token are those of its experts, one for each key head")
    changesNothing(config: ["n_positions"], because: "transformers reads 'max_position_embeddings' in this family")
    changesNothing(
      config: ["layer_norm_epsilon"],
      because: "transformers reads 'rms_norm_eps' for the last norm, and 1e-6 stands in its code for the others")
  }
}
