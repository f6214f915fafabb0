// LongCat Flash (Meituan 2025). Follows transformers' modeling_longcat_flash.py and configuration_longcat_flash.py.

extension Architecture {
  /// LongCat Flash: latent attention and an MLP twice in a block, with experts beside them that read between the halves, of which some
  /// give what they read.
  ///
  /// A half is a block of the network: a row of the lens, with keys and values of its own.
  public static let longCatFlash = Architecture(
    name: "LongCat Flash", ggufName: nil, modelTypes: ["longcat_flash"], settings: SettingNames(layers: ["num_layers"])
  ) { settings, weights in
    if let said = try settings.integer(config: "num_hidden_layers"), said != 2 * settings.layers {
      throw settings.refuse(
        gguf: nil, config: "num_hidden_layers", found: "\(said)",
        expected: "\(2 * settings.layers), two for each of 'num_layers'")
    }
    var latent = try LatentSettings(settings)
    // transformers lets positions turn `head_dim` values.
    try latent.require("head_dim", latent.turned)
    try latent.require("qk_head_dim", latent.whole)
    let rank = try settings.requiredCount(gguf: "", config: "q_lora_rank")
    latent.scales = (
      query: Float((Double(settings.width) / Double(rank)).squareRoot()),
      latent: Float((Double(settings.width) / Double(latent.rank)).squareRoot())
    )
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: latent.plain + latent.turned)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let (rotation, scale) = try latent.positions(
      RotarySettings(settings: settings, weights: weights, headWidth: latent.turned, pairs: .adjacent))
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    // transformers makes a router with such a bias, and passes over it.
    try settings.require(false, config: "router_bias")
    let inner = try settings.requiredCount(gguf: "", config: "ffn_hidden_size")
    let mixture = try LongCatMixture(settings)
    weights.passOver(prefix: "model.mtp", what: "a block that predicts further tokens")
    func half(_ layer: Int, _ index: Int) throws -> Block {
      var own = latent
      own.names.folder = "self_attn.\(index)"
      let mlp = "mlps.\(index)"
      return Block(
        attentionNorm: try decoder.norm(layer, "", "input_layernorm.\(index)"),
        attention: try own.attention(decoder, layer, rotation: rotation, scale: scale, bias: bias),
        mlpNorm: try decoder.norm(layer, "", "post_attention_layernorm.\(index)"),
        mlp: try decoder.gatedMLP(
          layer, inner: inner, names: ("\(mlp).gate_proj", "\(mlp).up_proj", "\(mlp).down_proj")))
    }
    return try decoder.network(
      arranged: { firsts in try firsts.enumerated().flatMap { [$1, try half($0, 1)] } },
      block: { layer in
        var first = try half(layer, 0)
        first.later = try mixture.experts(layer, decoder)
        return first
      })
  }
}

/// The experts of LongCat Flash.
private struct LongCatMixture {
  private let settings: ExpertSettings
  /// Experts behind the others that give what they read.
  private let passing: Int

  init(_ settings: ModelSettings) throws {
    var found = try ExpertSettings.required(
      settings, names: ["n_routed_experts", "num_local_experts"], chosen: ["moe_topk", "num_experts_per_tok"],
      inner: "expert_ffn_hidden_size")
    passing = try settings.whole(gguf: nil, config: "zero_expert_num") ?? 0
    if passing > 0 {
      try settings.requireWord("zero_expert_type", ["identity"])
    } else {
      settings.changesNothing(config: ["zero_expert_type"], because: "there are no such experts")
    }
    try settings.requireExperts(found.count + passing, config: "zero_expert_num")
    found.normalisation = nil
    found.scale = Float(try settings.real(gguf: nil, config: "routed_scaling_factor") ?? 1)
    self.settings = found
  }

  /// A block's experts, of whose stored gates and ups those behind the others are not used.
  func experts(_ layer: Int, _ decoder: DecoderLayers) throws -> FeedForward {
    let (weights, width, inner) = (decoder.weights, decoder.settings.width, settings.inner)
    func name(_ part: String) -> String { decoder.name(layer, "", "mlp.\(part)") }
    let all = settings.count + passing
    let router = Router(
      projection: try weights.projection(name("router.classifier"), all, width),
      correction: try weights.vector(name("router.e_score_correction_bias"), all), chosen: settings.chosen,
      normalisation: nil, scale: settings.scale)
    let mlps: [MLP]
    if weights.contains(name("experts.gate_up_proj")) {
      let pairs = try weights.stack(name("experts.gate_up_proj"), all, 2 * inner, width).map { Projection(weights: $0) }
      let downs = try weights.stack(name("experts.down_proj"), settings.count, width, inner)
      mlps = zip(pairs, downs).map { pair, down in
        MLP(
          gate: pair.slice(0..<inner), up: pair.slice(inner..<2 * inner), down: Projection(weights: down),
          activation: decoder.activation)
      }
    } else {
      mlps = try (0..<settings.count).map { expert in
        func part(_ part: String, _ out: Int, _ input: Int) throws -> Projection {
          try weights.projection(name("experts.\(expert).\(part)_proj"), out, input)
        }
        return MLP(
          gate: try part("gate", inner, width), up: try part("up", inner, width), down: try part("down", width, inner),
          activation: decoder.activation)
      }
      // transformers writes parts of the others, too.
      for expert in settings.count..<all {
        weights.passOver(prefix: name("experts.\(expert)."), what: "an expert that gives what it reads")
      }
    }
    return .experts(Experts(router: router, all: mlps, passing: passing))
  }
}
