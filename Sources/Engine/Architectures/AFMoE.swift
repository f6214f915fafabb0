// Arcee's foundation model with experts, Trinity (2025). Follows transformers' modeling_afmoe.py.

extension Architecture {
  /// AFMoE: gated attention without positions in layers without a window, norms on both sides, corrected sigmoids behind dense blocks.
  public static let afmoe = Architecture(name: "AFMoE", ggufName: nil, modelTypes: ["afmoe"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let period = try settings.count(gguf: nil, config: "global_attn_every_n_layers") ?? 4
    if settings.contains(gguf: nil, config: "layer_types") {
      settings.changesNothing(
        config: ["global_attn_every_n_layers"], because: "layer_types says which layers have a window")
    }
    let windows = try AttentionWindows.alternating(settings, period: period)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let mixture = try afmoeMixture(settings)
    let isScaled = try settings.flag(gguf: nil, config: "mup_enabled") ?? false
    return try decoder.network(embeddingScale: isScaled ? Float(settings.width).squareRoot() : 1) { [decoder] layer in
      let window = windows.byLayer[layer]
      var attention = try decoder.attention(
        layer, rotation: window == nil ? nil : rotation, inputBias: bias, outputBias: bias)
      attention.window = window
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      attention.gate = try weights.projection(
        decoder.name(layer, "", "self_attn.gate_proj"), decoder.queryWidth, settings.width)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: try decoder.norm(layer, "", "post_attention_layernorm"),
        mlpNorm: try decoder.norm(layer, "", "pre_mlp_layernorm"), mlp: try mixture.mlp(layer, decoder),
        mlpPostNorm: try decoder.norm(layer, "", "post_mlp_layernorm"))
    }
  }

  private static func afmoeMixture(_ settings: ModelSettings) throws -> DeepSeekMixture {
    let dense = try settings.whole(gguf: nil, config: "num_dense_layers") ?? 0
    // Released files state these; transformers' model has one form, whatever they say.
    try settings.requireWord("score_func", ["sigmoid"])
    try settings.require(true, config: "route_norm")
    for key in ["n_group", "topk_group", "num_expert_groups", "num_limited_groups"] {
      guard let said = try settings.integer(config: key), said != 1 else { continue }
      throw settings.refuse(
        gguf: nil, config: key, found: "\(said)", expected: "1: transformers' experts of this family have no groups")
    }
    settings.changesNothing(config: ["load_balance_coeff"], because: "it acts in training only")
    settings.changesNothing(config: ["use_grouped_mm"], because: "it is about how products are computed")
    let scale = Float(try settings.real(gguf: nil, config: "route_scale") ?? 1)
    var mixture = try DeepSeekMixture(settings, hasExperts: (0..<settings.layers).map { $0 >= dense }) { experts in
      experts.scores = .each(.sigmoid)
      experts.correction = .required
      experts.normalisation = .sum(plus: 1e-20)
      experts.scale = scale
    }
    mixture.names = ExpertNames(router: "router.gate", correction: "expert_bias")
    return mixture
  }
}
