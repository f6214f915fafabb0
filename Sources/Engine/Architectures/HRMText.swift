// HRM-Text (Sapient 2026). Follows transformers' modeling_hrm_text.py, configuration_hrm_text.py and conversion_mapping.py.

extension Architecture {
  /// HRM-Text: a low and a high stack of blocks that run in cycles, each on the sum of its state and the other's.
  ///
  /// Every run of a block is a block of the network: a row of the lens, with keys and values of its own.
  public static let hrmText = Architecture(
    name: "HRM-Text", ggufName: nil, modelTypes: ["hrm_text"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    let plan = try HRMPlan(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights,
      headWidth: try settings.headWidth(usual: settings.width / settings.heads)
    ).rotation()
    let low = try HRMStack("L_module", settings, weights, rotation)
    let high = try HRMStack("H_module", settings, weights, rotation)
    let start = try weights.vector(low.decoder.name("", "z_L_init"), settings.width)
    // Without a scale of its own it follows from the range of first weights.
    let range = try settings.real(gguf: nil, config: "initializer_range") ?? 0.02
    let given = try settings.real(gguf: nil, config: "embedding_scale")
    if given != nil { settings.changesNothing(config: ["initializer_range"], because: "embedding_scale is given") }
    let scale = given ?? 1 / range
    return try low.decoder.network(
      layers: plan.stack, embeddingScale: Float(scale),
      arranged: { lows in
        plan.unrolled(low: lows, high: try (0..<plan.stack).map(high.block), start: start, norm: low.decoder.plainNorm)
      }, block: low.block)
  }
}

/// How often the stacks run.
private struct HRMPlan {
  /// Blocks of each stack.
  let stack: Int
  private let highCycles: Int
  private let lowCycles: Int

  /// The most runs of blocks, far beyond released models.
  private static let most = 4096

  init(_ settings: ModelSettings) throws {
    highCycles = try settings.count(gguf: nil, config: "H_cycles") ?? 2
    lowCycles = try settings.count(gguf: nil, config: "L_cycles") ?? 3
    let said = try settings.count(gguf: nil, config: "num_layers_per_stack")
    stack = said ?? settings.layers
    for (key, found) in [("H_cycles", highCycles), ("L_cycles", lowCycles)] where found > Self.most {
      throw settings.refuse(gguf: nil, config: key, found: "\(found)", expected: "at most \(Self.most)")
    }
    let (runs, isTooMany) = (highCycles * (lowCycles + 1)).multipliedReportingOverflow(by: stack)
    guard !isTooMany, runs <= Self.most else {
      throw settings.refuse(
        gguf: nil, config: "H_cycles", found: "\(highCycles) beside \(lowCycles) for \(stack) blocks",
        expected: "at most \(Self.most) runs of blocks")
    }
    guard said == nil || settings.layers == runs else {
      throw settings.refuse(
        gguf: nil, config: "num_hidden_layers", found: "\(settings.layers)",
        expected: "\(runs), the runs of all blocks, beside 'num_layers_per_stack'")
    }
    settings.changesNothing(config: ["L_bp_cycles"], because: "it acts in training only")
    settings.changesNothing(config: ["prefix_lm"], because: "no token of a text is marked as an instruction")
    settings.changesNothing(
      config: ["num_key_value_heads"], because: "every head has keys of its own in transformers' model of this family")
  }

  /// The blocks in the order of their runs, with what happens to the states between the stacks.
  ///
  /// Place 0 keeps the state of the high stack, at first the embedding, and place 1 that of the low stack, at first `start`.
  func unrolled(low: [Block], high: [Block], start: [Float], norm: (_ width: Int) -> Norm) -> [Block] {
    let between = norm(start.count)
    var blocks: [Block] = []
    func run(_ stack: [Block], _ junction: Junction) {
      for (index, block) in stack.enumerated() {
        var block = block
        if index == 0 { block.junction = junction }
        blocks.append(block)
      }
    }
    for cycle in 0..<highCycles {
      for step in 0..<lowCycles {
        if step > 0 {
          run(low, Junction(norm: between, adds: 0))
        } else if cycle > 0 {
          run(low, Junction(norm: between, keeps: 0, adds: 1))
        } else {
          run(low, Junction(keeps: 0, constant: start))
        }
      }
      run(high, Junction(norm: between, keeps: 1, adds: 0))
    }
    return blocks
  }
}

/// One of the two stacks.
private struct HRMStack {
  let decoder: DecoderLayers
  private let rotation: Rotation
  private let bias: WeightLoader.Bias
  private let mlpBias: WeightLoader.Bias

  init(_ name: String, _ settings: ModelSettings, _ weights: WeightLoader, _ rotation: Rotation) throws {
    var decoder = try DecoderLayers(
      settings, weights, norm: .plainRootMeanSquare, names: .init(blocks: "\(name).layers"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    // Released files join projections, and have biases of none of them.
    let isJoined = weights.usesName(with: ".attn.gqkv_proj.") || weights.usesName(with: ".mlp.gate_up_proj.")
    func said(_ key: String) throws -> WeightLoader.Bias {
      if isJoined { try settings.require(false, config: key) }
      return .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    (bias, mlpBias) = (try said("attention_bias"), try said("mlp_bias"))
    (self.decoder, self.rotation) = (decoder, rotation)
  }

  /// A stored block.
  func block(_ layer: Int) throws -> Block {
    let (weights, width, heads) = (decoder.weights, decoder.settings.width, decoder.queryWidth)
    func name(_ part: String) -> String { decoder.name(layer, "", part) }
    let norm = decoder.plainNorm(width: width)
    var block = Block(attentionNorm: norm, mlpNorm: norm)
    if weights.usesName(with: ".attn.gqkv_proj.") {
      let joined = try weights.projection(name("attn.gqkv_proj"), 4 * heads, width)
      let parts = (0..<4).map { joined.slice($0 * heads..<($0 + 1) * heads) }
      block.attention = attention(
        parts, output: try weights.projection(name("attn.o_proj"), width, heads))
    } else {
      let parts = try ["gate", "q", "k", "v"].map {
        try weights.projection(name("self_attn.\($0)_proj"), heads, width, bias: bias)
      }
      block.attention = attention(
        parts, output: try weights.projection(name("self_attn.o_proj"), width, heads, bias: bias))
    }
    block.mlp =
      weights.usesName(with: ".mlp.gate_up_proj.")
      ? try decoder.fusedGatedMLP(layer) : try decoder.gatedMLP(layer, bias: mlpBias)
    return block
  }

  /// Attention of [gate, queries, keys, values].
  private func attention(_ parts: [Projection], output: Projection) -> Attention {
    Attention(
      inputs: .separate(query: parts[1], key: parts[2], value: parts[3]), gate: parts[0], output: output,
      heads: decoder.heads, kvHeads: decoder.heads, headWidth: decoder.headWidth, rotation: rotation,
      scale: 1 / Float(decoder.headWidth).squareRoot())
  }
}
