// Ling 3 (inclusionAI 2026). Follows transformers' modeling_bailing_hybrid.py, configuration_bailing_hybrid.py and conversion_mapping.py.

extension Architecture {
  /// Ling 3: Kimi Linear's delta rule with bounded decay, in the last block of each group latent attention with a gate for each head, and
  /// experts behind dense blocks.
  public static let ling3 = Architecture(
    name: "Ling 3", ggufName: nil, modelTypes: ["bailing_hybrid"],
    settings: SettingNames(context: ["max_position_embeddings", "model_max_length"])
  ) { settings, weights in
    var latent = try LatentSettings(settings)
    latent.names = (folder: "attention", output: "dense")
    var decoder = try DecoderLayers(
      settings, weights, ownHeadWidth: latent.plain + latent.turned, names: .init(tokens: "word_embeddings"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    try settings.requireWord("score_function", ["sigmoid"])
    try settings.require(true, config: "moe_router_enable_expert_bias")
    settings.changesNothing(config: ["mtp_loss_scaling_factor"], because: "it acts in training only")
    let attends = try settings.lingBlocks()
    let delta = try LingDelta(decoder)
    let mixture = try KimiMixture(settings, names: ExpertNames(correction: "gate.expert_bias"))
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: latent.turned, pairs: .adjacent)
    // The base of a config.json that says nothing of positions is not the usual one of transformers.
    if !["rope_theta", "rope_parameters", "rope_scaling"].contains(where: { settings.contains(gguf: nil, config: $0) })
    {
      rotary.layerBase = 6_000_000
    }
    let (rotation, scale) = try latent.positions(rotary)
    let hasBias = try settings.flag(gguf: nil, config: "attention_bias") ?? false
    let bias = WeightLoader.Bias.said(hasBias, in: settings.files.kind)
    for key in ["use_bias", "use_qkv_bias"] {
      if hasBias {
        settings.changesNothing(config: [key], because: "attention_bias is true")
      } else {
        try settings.require(false, config: key)
      }
    }
    try decoder.passOverPredictors(configs: ["num_nextn_predict_layers", "num_mtp_layers"])
    return try decoder.network { [decoder, latent] layer in
      var block = Block(
        attentionNorm: try decoder.attentionNorm(layer), mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mixture.mlp(layer, decoder))
      guard attends[layer] else {
        block.recurrent = try delta.recurrent(layer)
        return block
      }
      var attention = try latent.attention(decoder, layer, rotation: rotation, scale: scale, bias: bias)
      attention.gate = try weights.projection(
        decoder.name(layer, "", "attention.g_proj"), settings.heads, settings.width)
      block.attention = attention
      return block
    }
  }
}

extension ModelSettings {
  /// [L] which blocks have attention: those of `layer_types`, or the last one of each group.
  fileprivate func lingBlocks() throws -> [Bool] {
    let group = try count(gguf: nil, config: "layer_group_size") ?? 6
    guard let listed = try layerKinds(["linear_attention": false, "full_attention": true]) else {
      return (0..<layers).map { ($0 + 1) % group == 0 }
    }
    changesNothing(config: ["layer_group_size"], because: "layer_types is given")
    return listed
  }
}

/// The delta rule of Ling 3.
private struct LingDelta {
  let decoder: DecoderLayers
  let heads: Int
  let width: Int
  let kernel: Int
  /// The logarithm of the least that a token keeps of the state; nil where softplus says what is kept.
  let bound: Float?

  init(_ decoder: DecoderLayers) throws {
    let settings = decoder.settings
    self.decoder = decoder
    // A file that transformers saved has these names besides, and they count.
    func count(_ saved: String, _ own: String) throws -> Int? {
      guard settings.contains(gguf: nil, config: saved) else { return try settings.count(gguf: nil, config: own) }
      return try settings.count(gguf: nil, config: saved)
    }
    heads = try count("linear_num_heads", "num_attention_heads") ?? settings.heads
    width = try count("linear_head_dim", "head_dim") ?? 128
    kernel = try count("linear_conv_kernel_dim", "short_conv_kernel_size") ?? 4
    if settings.contains(gguf: nil, config: "linear_conv_kernel_dim") {
      settings.changesNothing(config: ["short_conv_kernel_size"], because: "linear_conv_kernel_dim is given")
    }
    try settings.requireHeads(width: width)
    let least = Float(try settings.real(gguf: nil, config: "kda_lower_bound") ?? -5)
    let isBounded = try settings.flag(gguf: nil, config: "kda_safe_gate") ?? true
    if !isBounded { settings.changesNothing(config: ["kda_lower_bound"], because: "kda_safe_gate is false") }
    bound = isBounded ? least : nil
  }

  func recurrent(_ layer: Int) throws -> Recurrent {
    let (weights, inner) = (decoder.weights, heads * width)
    func name(_ part: String) -> String { decoder.name(layer, "", "attention.\(part)") }
    func part(_ letter: String, _ out: Int) throws -> JoinedProjection {
      JoinedProjection(parts: [try weights.projection(name("\(letter)_proj"), out, decoder.settings.width)])
    }
    let rates = try decoder.decays(name("A_log"), shape: [heads]).flatMap { [Float](repeating: $0, count: width) }
    return Recurrent(
      channels: JoinedProjection(parts: try ["q", "k", "v"].flatMap { try part($0, inner).parts }),
      convolution: try decoder.joinedConvolution(
        layer, "attention", parts: [inner, inner, inner], kernel: kernel, activation: decoder.activation),
      scan: .heads(
        HeadScan(
          heads: heads, keyHeads: heads, keyWidth: width, valueWidth: width, queryStart: 0, keyStart: inner,
          valueStart: 2 * inner, unitNorm: 1e-6, queryScale: 1 / Float(width).squareRoot(), steps: try part("f", inner),
          decaysByKey: true, stepBias: try weights.vector(name("dt_bias"), inner),
          stepRates: bound == nil ? nil : rates.map { -$0 },
          decays: bound.map { [Float](repeating: $0, count: inner) } ?? rates,
          strengths: try part("b", heads), corrects: true)),
      gate: Gate(
        projection: try part("g", inner), activation: .sigmoid,
        norm: Norm(
          kind: .rootMeanSquare, weight: try weights.vector(name("o_norm.weight"), width), epsilon: decoder.epsilon),
        normsFirst: true),
      output: try weights.projection(name("dense"), decoder.settings.width, inner))
  }
}
