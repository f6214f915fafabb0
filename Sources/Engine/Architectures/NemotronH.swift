// Nemotron-H and Nemotron 3 (NVIDIA 2025). Follows transformers' modeling_nemotron_h.py; GGUF names as in llama.cpp's conversion/nemotron.py, which
// states zero key heads for blocks without attention and a width of zero for blocks without an MLP.

extension SettingNames {
  fileprivate static let nemotronH = SettingNames(layerLists: ["layers_block_type", "layer_types"])
}

extension Architecture {
  /// Nemotron-H: each block is a Mamba 2 mixer, attention without positions, an MLP without a gate, or experts without gates.
  public static let nemotronH = Architecture(
    name: "Nemotron-H", ggufName: "nemotron_h", otherGGUFNames: ["nemotron_h_moe"], modelTypes: ["nemotron_h"],
    settings: .nemotronH
  ) { settings, weights in
    try NemotronH(settings, weights).network()
  }
}

/// The parts of a Nemotron-H network.
private struct NemotronH {
  /// What a block does.
  enum Kind { case recurrent, attention, mlp, experts }

  let settings: ModelSettings
  let weights: WeightLoader
  let decoder: DecoderLayers
  let kinds: [Kind]
  let mixer: Mamba2Mixer?
  let experts: ExpertSettings?
  /// Width of the expert that every token uses.
  let shared: Int
  /// Width of the MLPs of blocks that are one.
  let inner: Int
  let mlpBias: WeightLoader.Bias

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    self.settings = settings
    self.weights = weights
    func bias(_ key: String, usual: Bool = false) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? usual, in: settings.files.kind)
    }
    // transformers has the first name in memory, and the second one on the hub.
    let base = weights.files.tensors.keys.contains { $0.hasPrefix("model.") } ? "model" : "backbone"
    var decoder = try DecoderLayers(
      settings, weights, norm: .rootMeanSquareNamed(epsilon: "layer_norm_epsilon"),
      names: .init(
        base: base, tokens: "embeddings", attention: "mixer", attentionOutput: "mixer.o_proj", finalNorm: "norm_f"))
    decoder.activation = try settings.activation(config: "mlp_hidden_act", usual: .squaredReLU)
    self.decoder = decoder
    _ = try settings.count(gguf: nil, config: "sliding_window").map { width in
      throw settings.refuse(
        gguf: nil, config: "sliding_window", found: "\(width)", expected: "null: transformers' model has no window")
    }
    let widths = try NemotronH.widths(settings)
    kinds = try NemotronH.kinds(settings, weights, widths)
    mlpBias = try bias("mlp_bias")
    // transformers' attention has none.
    try settings.require(false, config: "attention_bias")
    try settings.require(false, config: "mamba_proj_bias")
    mixer =
      try kinds.contains(.recurrent)
      ? NemotronH.mixer(decoder, bias("use_bias"), bias("use_conv_bias", usual: true)) : nil
    let experts = try kinds.contains(.experts) ? NemotronH.experts(settings) : nil
    self.experts = experts
    shared =
      experts == nil
      ? 0
      : try settings.requiredCount(
        gguf: "expert_shared_feed_forward_length", config: "moe_shared_expert_intermediate_size")
    inner =
      try widths.max() ?? (kinds.contains(.mlp) ? settings.requiredCount(gguf: "", config: "intermediate_size") : 0)
    settings.changesNothing(
      gguf: ["rope.dimension_count", "rope.freq_base", "rope.scaling.finetuned"], because: "positions do not turn")
    settings.changesNothing(
      config: ["rope_theta", "partial_rotary_factor", "rope_parameters", "rope_scaling"],
      because: "positions do not turn")
    if !kinds.contains(.mlp) {
      settings.changesNothing(config: ["intermediate_size"], because: "no block is an MLP")
    }
    if experts == nil {
      settings.changesNothing(
        config: [
          "n_routed_experts", "n_shared_experts", "moe_intermediate_size", "moe_shared_expert_intermediate_size",
          "moe_latent_size", "num_experts_per_tok", "routed_scaling_factor", "n_group", "topk_group", "norm_topk_prob",
        ], because: "no block has experts")
    }
    try decoder.passOverPredictors(configs: ["num_nextn_predict_layers"])
    weights.passOver(prefix: "mtp.", what: "a block that predicts further tokens")
    settings.changesNothing(
      config: ["mtp_layers_block_type", "mtp_hybrid_override_pattern"],
      because: "blocks that predict further tokens are not run")
  }

  /// [L] widths of MLPs in a GGUF file, zero for other blocks; empty for a config.json.
  private static func widths(_ settings: ModelSettings) throws -> [Int] {
    guard settings.isGGUF else { return [] }
    guard let widths = try settings.integers(gguf: "feed_forward_length", config: nil), widths.count >= settings.layers
    else { throw settings.look.missing(gguf: "feed_forward_length", config: "") }
    return Array(widths.prefix(settings.layers))
  }

  /// What each block does: by a list of names, or by the letters of `hybrid_override_pattern`; in GGUF by what it states of each block.
  private static func kinds(_ settings: ModelSettings, _ weights: WeightLoader, _ widths: [Int]) throws -> [Kind] {
    guard !settings.isGGUF else {
      let attends = settings.attends ?? [Bool](repeating: false, count: settings.layers)
      return (0..<settings.layers).map { layer in
        if attends[layer] { return .attention }
        guard widths[layer] > 0 else { return .recurrent }
        return weights.contains("blk.\(layer).ffn_gate_inp.weight") ? .experts : .mlp
      }
    }
    let names: [String: Kind] = [
      "linear_attention": .recurrent, "mamba": .recurrent, "full_attention": .attention, "attention": .attention,
      "mlp": .mlp, "moe": .experts,
    ]
    let letters: [Character: Kind] = ["M": .recurrent, "*": .attention, "-": .mlp, "E": .experts]
    let pattern = "hybrid_override_pattern"
    for key in ["layers_block_type", "layer_types"] where settings.contains(gguf: nil, config: key) {
      let said = try settings.strings(gguf: nil, config: key) ?? []
      settings.changesNothing(config: [pattern], because: "\(key) says it")
      let kinds = said.compactMap { names[$0] }
      guard kinds.count == settings.layers, said.count == settings.layers else {
        throw settings.refuse(
          gguf: nil, config: key, found: "\(said)",
          expected: "\(settings.layers) of 'linear_attention', 'full_attention', 'mlp' and 'moe'")
      }
      return kinds
    }
    guard let said = try settings.string(gguf: nil, config: pattern) else {
      throw LoadError.missingSetting(
        key: settings.look.key(gguf: nil, config: pattern) ?? "", path: settings.files.path)
    }
    let kinds = said.compactMap { letters[$0] }
    guard kinds.count == settings.layers, said.count == settings.layers else {
      throw settings.refuse(
        gguf: nil, config: pattern, found: "'\(said)'", expected: "\(settings.layers) of the letters M, *, - and E")
    }
    return kinds
  }

  private static func mixer(
    _ decoder: DecoderLayers, _ bias: WeightLoader.Bias, _ convolutionBias: WeightLoader.Bias
  ) throws -> Mamba2Mixer {
    decoder.settings.changesNothing(config: ["expand"], because: "the number of heads and their width say it")
    var mixer = try Mamba2Mixer(
      decoder, folder: "mixer", heads: "mamba_num_heads", headWidth: "mamba_head_dim", groups: "n_groups",
      states: "ssm_state_size", kernel: "conv_kernel", activation: "mamba_hidden_act", inner: nil)
    mixer.inputBias = bias
    mixer.outputBias = bias
    mixer.convolutionBias = convolutionBias
    // transformers limits steps by another setting, and llama.cpp not at all.
    guard mixer.stepLimits == 0...Float.infinity else {
      throw decoder.settings.refuse(
        gguf: nil, config: "time_step_limit", found: "\(mixer.stepLimits)",
        expected: "0 and infinity: transformers limits steps by 'time_step_min'")
    }
    if !decoder.isGGUF {
      mixer.stepLimits = Float(try decoder.settings.real(gguf: nil, config: "time_step_min") ?? 0.001)...Float.infinity
    }
    return mixer
  }

  /// DeepSeek V3's router before experts that read and write whole states.
  private static func experts(_ settings: ModelSettings) throws -> ExpertSettings {
    if let width = try settings.count(gguf: "moe_latent_size", config: "moe_latent_size") {
      throw settings.refuse(
        gguf: "moe_latent_size", config: "moe_latent_size", found: "\(width)",
        expected: "null: experts that work in a narrower space are not followed")
    }
    if let count = try settings.count(gguf: "expert_shared_count", config: "n_shared_experts"), count != 1 {
      throw settings.refuse(
        gguf: "expert_shared_count", config: "n_shared_experts", found: "\(count)",
        expected: "1, whose width is stated by itself")
    }
    var experts = try ExpertSettings.required(
      settings, names: ["n_routed_experts", "num_local_experts"], inner: "moe_intermediate_size", isEverywhere: false)
    try experts.followDeepSeek(settings)
    return experts
  }

  func network() throws -> Network {
    try decoder.network { layer in
      let norm = try decoder.norm(layer, "attn_norm", "norm")
      switch kinds[layer] {
      case .recurrent: return Block(attentionNorm: norm, recurrent: try mixer?.recurrent(layer))
      case .attention:
        return Block(attentionNorm: norm, attention: try decoder.attention(layer, rotation: nil))
      case .mlp:
        let mlp = try decoder.plainMLP(
          layer, up: "mixer.up_proj", down: "mixer.down_proj", inner: inner, bias: mlpBias)
        return Block(mlpNorm: norm, mlp: mlp)
      case .experts: return Block(mlpNorm: norm, mlp: try mixture(layer))
      }
    }
  }

  /// Experts, and the one that every token uses, all without gates.
  private func mixture(_ layer: Int) throws -> FeedForward? {
    guard let experts else { return nil }
    func part(_ inGGUF: String, _ inFolder: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection(
        decoder.name(layer, "\(inGGUF)_shexp", "mixer.shared_experts.\(inFolder)"), out, input, bias: mlpBias)
    }
    let own = MLP(
      up: try part("ffn_up", "up_proj", shared, settings.width),
      down: try part("ffn_down", "down_proj", settings.width, shared), activation: decoder.activation)
    return .sum([
      Summand(
        part: try decoder.experts(layer, experts, names: ExpertNames(folder: "mixer", hasGates: false))),
      Summand(part: .dense(own)),
    ])
  }
}
