// ZAYA1 (Zyphra 2026). Follows transformers' modeling_zaya.py and configuration_zaya.py. Files with the older names and settings of
// Zyphra's own program (`zaya_layers`, `norm_epsilon`), which transformers does not read either, are refused.

extension Architecture {
  /// ZAYA1: attention with convolutions of queries and keys, half of the values from the token before, scaled sums, one expert for each
  /// token or none, chosen by an MLP that reads its own state in the block before.
  public static let zaya = Architecture(name: "ZAYA1", ggufName: nil, modelTypes: ["zaya"]) { settings, weights in
    try ZAYALayers(settings, weights).network()
  }
}

/// The parts of ZAYA1.
private struct ZAYALayers {
  private let settings: ModelSettings
  private let weights: WeightLoader
  private let decoder: DecoderLayers
  private let positions: ZAYAPositions
  private let experts: ExpertSettings
  private let routerWidth: Int
  /// [L] what is added to the shares of experts, and of none, for the choice.
  private let balances: [[Float]]
  /// Tokens that the two convolutions read.
  private let kernels: (channels: Int, heads: Int)
  private let bias: WeightLoader.Bias
  private let headBias: WeightLoader.Bias

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    (self.settings, self.weights) = (settings, weights)
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    self.decoder = decoder
    guard decoder.keyWidth % 2 == 0 else {
      throw settings.refuse(
        gguf: nil, config: "head_dim", found: "\(decoder.headWidth)",
        expected: "an even width of all keys: half of the values are those of the token before")
    }
    positions = try ZAYAPositions(settings, weights, headWidth: decoder.headWidth)
    var experts = try ExpertSettings.required(settings, names: ["num_experts"], inner: "moe_intermediate_size")
    guard experts.chosen == 1 else {
      throw settings.refuse(
        gguf: nil, config: "num_experts_per_tok", found: "\(experts.chosen)", expected: "1, as in transformers")
    }
    experts.normalisation = nil
    self.experts = experts
    balances = try ZAYALayers.balances(decoder, classes: experts.count + 1)
    routerWidth = try settings.requiredCount(gguf: "", config: "router_hidden_size")
    kernels = (
      channels: try settings.requiredCount(gguf: "", config: "cca_time0"),
      heads: try settings.requiredCount(gguf: "", config: "cca_time1")
    )
    func said(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    (bias, headBias) = (try said("attention_bias"), try said("lm_head_bias"))
  }

  func network() throws -> Network {
    var network = try decoder.network(tiedByDefault: true, headBias: headBias) { layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: try attention(layer),
        mlpNorm: try decoder.mlpNorm(layer),
        mlp: .experts(try decoder.mixture(layer, experts, names: ExpertNames(), router: router(layer), skipping: 1)),
        mixerScaling: try scaling(layer, "post_attention_residual_scale"),
        mlpScaling: try scaling(layer, "post_mlp_residual_scale"))
    }
    network.embedding.rescaled = try shiftedScale(decoder.name("", "input_hidden_states"))
    return network
  }

  // MARK: Sums

  private func scaling(_ layer: Int, _ folder: String) throws -> ResidualScaling {
    ResidualScaling(
      output: try shiftedScale(decoder.name(layer, "", "\(folder).hidden_states")),
      stream: try shiftedScale(decoder.name(layer, "", "\(folder).residual")))
  }

  private func shiftedScale(_ stem: String) throws -> ShiftedScale {
    ShiftedScale(shift: try vector(stem + "_bias"), scale: try vector(stem + "_scale"))
  }

  /// A vector [D]; zeros where the output alone is opened without it, whose states are those that the head reads.
  private func vector(_ name: String) throws -> [Float] {
    if weights.files.isOutputAlone, !weights.contains(name) { return [Float](repeating: 0, count: settings.width) }
    return try weights.vector(name, settings.width)
  }

  // MARK: Attention

  private func attention(_ layer: Int) throws -> Attention {
    var attention = try decoder.attention(
      layer, .convolved(try inputs(layer)), rotation: positions.rotations[layer], outputBias: bias)
    attention.window = positions.windows[layer]
    let (width, kvHeads) = (decoder.headWidth, decoder.kvHeads)
    // transformers divides a head by its length, or by the epsilon of its numbers if the head is shorter, which is 2^-23 for those that are
    // computed with here. The square of that is added to the square of the length, which differs where a head is about as short.
    let epsilon = Float.ulpOfOne * Float.ulpOfOne / Float(width)
    let temperatures = try weights.vector(decoder.name(layer, "", "self_attn.qk_norm.temp"), kvHeads)
    attention.queryNorm = Norm(
      kind: .rootMeanSquare, weight: [Float](repeating: 1, count: width), epsilon: epsilon)
    attention.keyNorm = Norm(
      kind: .rootMeanSquare, weight: temperatures.flatMap { [Float](repeating: $0, count: width) }, epsilon: epsilon,
      span: width)
    return attention
  }

  private func inputs(_ layer: Int) throws -> ConvolvedInputs {
    let (queries, keys, width) = (decoder.queryWidth, decoder.keyWidth, decoder.headWidth)
    let folder = "self_attn.qkv_proj"
    func part(_ name: String, _ out: Int) throws -> Projection {
      try weights.projection(decoder.name(layer, "", "\(folder).\(name)"), out, settings.width, bias: bias)
    }
    let second = decoder.name(layer, "", "\(folder).conv_qk_grouped")
    let matrices = try weights.groups(
      second + ".weight", decoder.heads + decoder.kvHeads, width, width, kernel: kernels.heads)
    let biases = try weights.vector(second + ".bias", queries + keys)
    return ConvolvedInputs(
      query: try part("q_proj", queries), key: try part("k_proj", keys), value: try part("v_proj_current", keys / 2),
      nextValue: try part("v_proj_delayed", keys / 2),
      channels: try decoder.convolution(
        layer, "", "\(folder).conv_qk_depthwise", channels: queries + keys, kernel: kernels.channels, bias: .required,
        activation: .linear),
      heads: SplitProjection(
        parts: matrices.enumerated().map { head, matrix in
          Projection(weights: matrix, bias: Array(biases[(head * width)..<((head + 1) * width)]))
        }),
      kernel: kernels.heads)
  }

  // MARK: Experts

  /// [L] the numbers that balance the choice.
  ///
  /// transformers 5.24 puts -1 in the place of the last one whenever it loads a model, because the statement of `_init_weights` that does so
  /// does not see that the buffer was loaded.
  private static func balances(_ decoder: DecoderLayers, classes: Int) throws -> [[Float]] {
    let weights = decoder.weights
    let stored = try (0..<decoder.settings.layers).map { layer in
      try weights.vector(decoder.name(layer, "", "mlp.gate.balancing_biases"), classes)
    }
    if stored.contains(where: { $0.last != -1 }), !weights.files.isOutputAlone {
      weights.files.notes.add(
        "the last number of 'balancing_biases' is taken as -1 in every block, as transformers does, whatever is stored",
        at: weights.files.path)
    }
    return stored.map { $0.dropLast() + [-1] }
  }

  /// The class behind the experts is that of tokens that use none.
  private func router(_ layer: Int) throws -> Router {
    func name(_ part: String) -> String { decoder.name(layer, "", "mlp.gate.\(part)") }
    let (classes, width) = (experts.count + 1, routerWidth)
    let mlp = RouterMLP(
      down: try weights.projection(name("down_proj"), width, settings.width, bias: .required),
      keep: layer == 0 ? nil : try weights.vector(name("router_states_scale"), width),
      norm: try decoder.norm(layer, "", "mlp.gate.router_mlp.norm", width: width),
      layers: try ["fc1", "fc2"].map {
        try weights.projection(name("router_mlp.\($0)"), width, width, bias: .required)
      },
      activation: .gelu)
    return Router(
      projection: try weights.projection(name("router_mlp.out_proj"), classes, width), mlp: mlp,
      scores: experts.scores, correction: balances[layer], chosen: experts.chosen)
  }
}

/// The positions and windows of ZAYA1's blocks, in sections for both kinds of them.
private struct ZAYAPositions {
  /// [L] how heads turn.
  let rotations: [Rotation]
  /// [L] positions that a query sees, itself included; nil for all before it.
  let windows: [Int?]

  init(_ settings: ModelSettings, _ weights: WeightLoader, headWidth: Int) throws {
    let isLocal =
      try settings.layerKinds(["hybrid": false, "hybrid_sliding": true])
      ?? [Bool](repeating: false, count: settings.layers)
    let window = isLocal.contains(true) ? try settings.requiredCount(gguf: "", config: "sliding_window") : nil
    if window == nil { settings.changesNothing(config: ["sliding_window"], because: "no block has a window") }
    windows = isLocal.map { $0 ? window : nil }
    try settings.refuseOneScaling()
    let isGiven = settings.contains(gguf: nil, config: "rope_parameters")
    if isGiven {
      settings.changesNothing(
        config: ["rope_parameters.rope_type"], because: "transformers takes it out of the sections of both kinds")
    }
    /// The section of a kind of block; `base` is that of a config.json without sections.
    func rotation(_ kind: String, base: Double) throws -> Rotation {
      let place = "rope_parameters.\(kind)"
      if isGiven {
        // transformers has no base for a section without one.
        _ = try settings.requiredReal(gguf: "", config: "\(place).rope_theta")
      }
      var rotary = RotarySettings(
        settings: settings, weights: weights, headWidth: headWidth, layers: .full, ownPlaces: [place], baseName: nil,
        partName: nil,
        turnsPart: true)
      rotary.usualSection = ["rope_type": "default", "rope_theta": base, "partial_rotary_factor": 0.5]
      return try rotary.rotation()
    }
    let kinds: [(name: String, isLocal: Bool, base: Double)] = [
      ("hybrid", false, 5_000_000), ("hybrid_sliding", true, 10_000),
    ]
    var found: [Bool: Rotation] = [:]
    for kind in kinds {
      if isLocal.contains(kind.isLocal) {
        found[kind.isLocal] = try rotation(kind.name, base: kind.base)
      } else {
        settings.changesNothing(config: ["rope_parameters.\(kind.name)"], because: "no block is of that kind")
      }
    }
    rotations = isLocal.compactMap { found[$0] }
  }
}
