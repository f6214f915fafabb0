// Laguna (poolside 2026) and MiMo-V2-Flash (Xiaomi 2025). Follows transformers' modeling_laguna.py, modeling_mimo_v2_flash.py, their
// configurations and conversion_mapping.py.

extension Architecture {
  /// Laguna: positions and query heads by layer, attention with a gate of softplus, corrected sigmoids behind dense blocks.
  public static let laguna = Architecture(name: "Laguna", ggufName: nil, modelTypes: ["laguna"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try AttentionWindows.listedOrNowhere(settings)
    let rotations = try LayerRotations(
      decoder, full: ["rope_type": "default", "rope_theta": 500_000.0, "partial_rotary_factor": 0.5],
      local: ["rope_type": "default", "rope_theta": 10_000.0], windows)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let (heads, gatesHeads) = (try lagunaHeads(settings), try lagunaGating(settings))
    let isSparse = try sparseBlocks(settings, usual: (0..<settings.layers).map { $0 > 0 })
    let experts = try lagunaExperts(settings)
    let shared = try settings.requiredCount(gguf: "", config: "shared_expert_intermediate_size")
    let names = ExpertNames(correction: "experts.e_score_correction_bias")
    return try decoder.network { layer in
      decoder.heads = heads[layer]
      var attention = try decoder.attention(
        layer, rotation: rotations.byLayer[layer], inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      attention.gate = try weights.projection(
        decoder.name(layer, "", "self_attn.g_proj"), gatesHeads ? decoder.heads : decoder.queryWidth, settings.width)
      attention.gateActivation = .softplus
      let mlp: FeedForward =
        isSparse[layer]
        ? .sum([
          Summand(part: try decoder.experts(layer, experts, names: names)),
          try decoder.sharedExpert(layer, "mlp.shared_expert", inner: shared),
        ]) : try decoder.gatedMLP(layer)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: mlp)
    }
  }

  /// [L] query heads.
  private static func lagunaHeads(_ settings: ModelSettings) throws -> [Int] {
    let key = "num_attention_heads_per_layer"
    guard let listed = try settings.integers(gguf: nil, config: key) else {
      return [Int](repeating: settings.heads, count: settings.layers)
    }
    guard listed.count == settings.layers,
      listed.allSatisfy({ $0 > 0 && $0 <= 1 << 16 && $0 % settings.kvHeads == 0 })
    else {
      throw settings.refuse(
        gguf: nil, config: key, found: "\(listed)",
        expected: "\(settings.layers) multiples of the \(settings.kvHeads) key heads, up to \(1 << 16)")
    }
    return listed
  }

  /// Whether each head has one gate, instead of one for each value: `gating`, a truth value or a word.
  private static func lagunaGating(_ settings: ModelSettings) throws -> Bool {
    guard let key = settings.look.key(gguf: nil, config: "gating"), settings.files.configuration.contains(key) else {
      return true
    }
    let word = try? settings.files.configuration.string(key)
    if word == "per-head" { return true }
    if word == "per-element" { return false }
    let flag = try? settings.files.configuration.flag(key)
    if flag == true { return true }
    throw settings.refuse(
      gguf: nil, config: "gating", found: word.map { "'\($0)'" } ?? flag.map { "\($0)" } ?? "another value",
      expected: "true, 'per-head' or 'per-element'")
  }

  private static func lagunaExperts(_ settings: ModelSettings) throws -> ExpertSettings {
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    experts.scores = .each(.sigmoid)
    experts.correction = .required
    experts.scale = Float(try settings.real(gguf: nil, config: "moe_routed_scaling_factor") ?? 1)
    try settings.require(false, config: "moe_apply_router_weight_on_input")
    let cap = try settings.real(gguf: nil, config: "moe_router_logit_softcapping") ?? 0
    if cap > 0 { experts.routerSoftcap = Float(cap) }
    return experts
  }

  /// MiMo-V2-Flash: narrow, scaled values, sinks and more key heads in layers with a window, DeepSeek V3's router without shared experts.
  public static let miMoV2Flash = Architecture(
    name: "MiMo-V2-Flash", ggufName: nil, modelTypes: ["mimo_v2_flash"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let isLocal = (0..<settings.layers).map { $0 != 0 && ($0 + 1) % 6 != 0 }
    let own = try settings.count(gguf: nil, config: "sliding_window_size").map { $0 + 1 }
    if own != nil { settings.changesNothing(config: ["sliding_window"], because: "sliding_window_size is given") }
    let windows = try AttentionWindows.listed(settings, or: isLocal, width: own)
    let part = ["rope_type": "default", "partial_rotary_factor": 0.334] as [String: any Sendable]
    let rotations = try LayerRotations(
      decoder, full: part.merging(["rope_theta": 5_000_000.0]) { $1 },
      local: part.merging(["rope_theta": 10_000.0]) { $1 },
      windows, part: 0.334)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let valueWidth = try settings.requiredCount(gguf: "", config: "v_head_dim")
    try settings.requireHeads(width: valueWidth)
    let valueScale = Float(try settings.real(gguf: nil, config: "attention_value_scale") ?? 1)
    let hasExperts = try sparseBlocks(settings, usual: (0..<settings.layers).map { $0 > 0 })
    let mixture = try DeepSeekMixture(settings, hasExperts: hasExperts)
    weights.passOver(prefix: "model.mtp.", what: "a block that predicts further tokens")
    return try decoder.network { layer in
      let window = windows.byLayer[layer]
      decoder.kvHeads = settings.kvHeads * (window == nil ? 1 : 2)
      func part(_ letter: String, _ out: Int) throws -> Projection {
        try weights.projection(decoder.name(layer, "", "self_attn.\(letter)_proj"), out, settings.width, bias: bias)
      }
      let values = decoder.kvHeads * valueWidth
      var attention = Attention(
        inputs: .separate(
          query: try part("q", decoder.queryWidth), key: try part("k", decoder.keyWidth),
          value: try part("v", values).scaled(valueScale)),
        output: try weights.projection(
          decoder.name(layer, "", "self_attn.o_proj"), settings.width, settings.heads * valueWidth),
        heads: settings.heads, kvHeads: decoder.kvHeads, headWidth: decoder.headWidth, ownValueWidth: valueWidth,
        rotation: rotations.byLayer[layer], window: window, scale: 1 / Float(decoder.headWidth).squareRoot())
      if window != nil {
        attention.sinks = try weights.vector(
          decoder.name(layer, "", "self_attn.attention_sink_bias"), settings.heads)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mixture.mlp(layer, decoder))
    }
  }
}

/// Positions of layers with full attention and of those with a window, each in a section of their own.
struct LayerRotations {
  /// [L] nil for a layer without positions.
  let byLayer: [Rotation?]

  /// Reads the sections; `full` and `local` stand for sections that config.json does not have, `part` is how much of a head turns
  /// where a section of plain positions does not say it, `attends` which layers have attention, by default all.
  init(
    _ decoder: DecoderLayers, full: [String: any Sendable], local: [String: any Sendable], _ windows: AttentionWindows,
    part: Double = 1, attends: [Bool]? = nil
  ) throws {
    try decoder.settings.refuseOneScaling()
    func rotation(_ layers: RotarySettings.Layers, _ usual: [String: any Sendable]) throws -> Rotation {
      var rotary = RotarySettings(
        settings: decoder.settings, weights: decoder.weights, headWidth: decoder.headWidth, layers: layers,
        baseName: nil, partName: nil, turnsPart: true)
      rotary.usualSection = usual
      rotary.usualPart = part
      rotary.stretchedTurnWhole = true
      return try rotary.rotation()
    }
    let hasWindow = windows.byLayer.enumerated().filter { attends?[$0.offset] ?? true }.map { $0.element != nil }
    let isUsed = (full: hasWindow.contains(false), local: hasWindow.contains(true))
    decoder.settings.noteUnusedPositions(full: isUsed.full, local: isUsed.local)
    let turns = (
      full: isUsed.full ? try rotation(.full, full) : nil, local: isUsed.local ? try rotation(.sliding, local) : nil
    )
    byLayer = windows.byLayer.map { $0 == nil ? turns.full : turns.local }
  }
}
