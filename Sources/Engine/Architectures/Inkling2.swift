// Inkling 2 (Thinking Machines 2026), also with blocks that run several times, as the language part of its multimodal model. Follows
// transformers' modeling_inkling2.py, modeling_inkling2_loop.py, their configurations and conversion_mapping.py.

extension Architecture {
  /// Inkling 2: parts of blocks that read means of the states of earlier blocks, bounds in the place of norms of queries and keys, sinks of
  /// each query, experts whose gates are capped; with loops, messages of one run of a block to the next.
  ///
  /// Every run of a block is a block of the network: a row of the lens, with keys and values of its own.
  public static let inkling2 = Architecture(
    name: "Inkling 2", ggufName: nil, modelTypes: ["inkling2_text", "inkling2_loop_text"],
    settings: SettingNames(context: ["max_position_embeddings", "model_max_length"])
  ) { settings, weights in
    try Inkling2Layers(settings, weights).network()
  }
}

/// The parts of Inkling 2.
private struct Inkling2Layers {
  private let settings: ModelSettings
  private let weights: WeightLoader
  private let names: InklingNames
  private let decoder: DecoderLayers
  private let shapes: InklingAttention
  private let experts: ExpertSettings
  private let plan: Inkling2Plan
  private let loop: Inkling2Loop?
  private let caps: GateCaps
  /// The largest lengths of queries and keys, and of shares of profiles.
  private let longest: (queries: Float, shares: Float)

  private var width: Int { settings.width }
  /// The norm of states that are averaged, whose epsilon is not in the files.
  private var stateNorm: Norm {
    Norm(kind: .rootMeanSquare, weight: [Float](repeating: 1, count: width), epsilon: 1e-6)
  }

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    (self.settings, self.weights) = (settings, weights)
    names = InklingNames(weights, modules: Inkling2Names.modules, tensors: Inkling2Names.tensors)
    decoder = try DecoderLayers(settings, weights, names: names.outside)
    shapes = try InklingAttention(
      settings, headWidth: decoder.headWidth, usual: (0..<settings.layers).map { ($0 + 1) % 6 != 0 })
    experts = try settings.inkling2Experts()
    func number(_ key: String) throws -> Float { Float(try settings.requiredReal(gguf: "", config: key)) }
    caps = GateCaps(gate: try number("mlp_gate_softcap"), up: try number("mlp_up_softcap"))
    longest = (try number("qk_l2_clip_threshold"), try number("rel_l2_clip_threshold"))
    loop = settings.files.architecture == "inkling2_loop_text" ? try Inkling2Loop(settings) : nil
    plan = try Inkling2Plan(settings, loop: loop)
    settings.changesNothing(
      config: ["hidden_act"], because: "the blocks have no activation but that of experts, which has no name")
    settings.changesNothing(config: ["number_of_conv_states"], because: "it follows from the blocks")
    weights.passOver(prefix: "model.mtp.", what: "blocks that predict further tokens")
  }

  func network() throws -> Network {
    let rows = try settings.requiredCount(gguf: "", config: "vocab_size")
    // In published files, rows that stand for no token are at the end of the head.
    let unpadded = try settings.requiredCount(gguf: "", config: "unpadded_vocab_size")
    let parts = try (0..<settings.layers).map(depth)
    let messages = try self.messages()
    var network = try decoder.network(
      headSoftcap: try settings.softcap("final_logit_softcapping", usual: nil),
      rows: (embedding: rows, head: names.isPublished ? rows : unpadded),
      arranged: { stored in plan.runs.map { connected(stored[$0.layer], $0, parts[$0.layer], messages) } },
      block: block)
    if unpadded < network.vocabulary { network.output.head = network.output.head.first(unpadded) }
    network.embedding.norm = Norm(
      kind: .rootMeanSquare,
      weight: try decoder.vectorOrZeros(decoder.name("", names.embeddingNorm) + ".weight", width),
      epsilon: decoder.epsilon)
    network.embedding.depth = reading(
      try decoder.vectorOrZeros(
        decoder.name("", names.isPublished ? "attn_res.output_query" : "final_input.query"), width))
    return network
  }

  // MARK: Blocks

  private func norm(_ layer: Int, _ name: String) throws -> Norm { try decoder.norm(layer, "", names.module(name)) }

  /// A stored block; which states it reads depends on the run.
  private func block(_ layer: Int) throws -> Block {
    let isLocal = shapes.isLocal[layer]
    return Block(
      attentionNorm: try norm(layer, isLocal ? "input_layernorm" : "q_input_layernorm"),
      attention: try attention(layer),
      mixerConvolution: try convolution(layer, "post_attention_convolution", width),
      mlpNorm: try norm(layer, "post_attention_layernorm"), mlp: .experts(try mixture(layer)),
      mlpConvolution: try convolution(layer, "post_mlp_convolution", width))
  }

  private func attention(_ layer: Int) throws -> Attention {
    let shape = shapes.heads(layer)
    let (queries, keys) = (shape.heads * shape.width, shape.kvHeads * shape.width)
    func part(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
      try names.projection(decoder, layer, "self_attn.\(name)", out, input)
    }
    var attention = Attention(
      inputs: .separate(
        query: try part("q_proj.linear", queries, width), key: try part("k_proj.linear", keys, width),
        value: try part("v_proj.linear", keys, width)),
      gate: try part("o_proj.gate_proj", queries, width), output: try part("o_proj.linear", width, queries),
      heads: shape.heads, kvHeads: shape.kvHeads, headWidth: shape.width, window: shape.window,
      scale: 1 / Float(shape.width).squareRoot())
    attention.queryBound = LengthBound(
      scales: try table(layer, "self_attn.q_proj.norm.scale", shape.heads, shape.width), most: longest.queries,
      width: shape.width)
    attention.keyBound = LengthBound(most: longest.queries, width: shape.width)
    attention.valueNorm = decoder.plainNorm(width: shape.width)
    attention.keyConvolution = try inputConvolution(layer, "self_attn.k_proj.sconv", shape)
    attention.valueConvolution = try inputConvolution(layer, "self_attn.v_proj.sconv", shape)
    attention.ownSinks = try part("sink_proj", shape.heads, width)
    var bias = try decoder.relativeBias(
      layer, names, shares: "self_attn.relative_position_bias.linear",
      profiles: "self_attn.relative_position_bias.proj", rank: shapes.rank, shape)
    bias.bound = LengthBound(
      scales: try table(layer, "self_attn.relative_position_bias.norm.scale", shape.heads, shapes.rank),
      most: longest.shares, width: shapes.rank)
    attention.relativeBias = bias
    if shape.window == nil { attention.temperature = shapes.temperature }
    return attention
  }

  private func table(_ layer: Int, _ name: String, _ rows: Int, _ columns: Int) throws -> [Float] {
    try weights.table(decoder.name(layer, "", names.tensor(name)), rows, columns)
  }

  private func convolution(_ layer: Int, _ name: String, _ channels: Int) throws -> ShortConvolution {
    ShortConvolution(
      convolution: try decoder.convolution(
        layer, "", names.module("\(name).conv1d"), channels: channels, kernel: shapes.kernel, activation: .linear),
      scale: 1 / Float(shapes.kernel + 1).squareRoot())
  }

  /// The convolution of keys or values, to whose weights a token of a block without a window adds its own.
  private func inputConvolution(_ layer: Int, _ name: String, _ shape: InklingHeads) throws -> ShortConvolution {
    let (channels, kernel) = (shape.kvHeads * shape.width, shapes.kernel)
    guard shape.window == nil else { return try convolution(layer, name, channels) }
    // The weight of the own input is stored first.
    let stored = try table(layer, "\(name).static_weight", kernel, channels)
    let turned = (0..<kernel).reversed().flatMap { stored[($0 * channels)..<(($0 + 1) * channels)] }
    return ShortConvolution(
      convolution: Convolution(weights: turned, channels: channels, kernel: kernel),
      scale: 1 / Float(2 * kernel + 1).squareRoot(),
      taps: try names.projection(decoder, layer, "\(name).weight_proj", shape.kvHeads * kernel, width))
  }

  private func mixture(_ layer: Int) throws -> Experts {
    func name(_ own: String) -> String { decoder.name(layer, "", names.tensor(own)) }
    let router = Router(
      projection: try names.projection(decoder, layer, "mlp.gate", experts.count, width), scores: experts.scores,
      correction: try weights.vector(name("mlp.gate.e_score_correction_bias"), experts.count), chosen: experts.chosen,
      normalisation: experts.normalisation, scale: experts.scale)
    let pairs = try weights.stack(name("mlp.experts.gate_up_proj"), experts.count, 2 * experts.inner, width)
    let downs = try weights.stack(name("mlp.experts.down_proj"), experts.count, width, experts.inner)
    return Experts(
      router: router,
      all: try zip(pairs, downs).map { pair, down in
        let parts = try names.halves(pair, gate: pair.name, up: pair.name)
        return MLP(
          gate: parts.gate, up: parts.up, down: Projection(weights: down), activation: .silu, caps: caps)
      })
  }

  // MARK: States of earlier blocks

  /// What a stored block reads of the states of earlier blocks, whatever the run.
  private struct Depth {
    var mixer: [DepthReading]
    var mlp: DepthReading
    /// Norms of the inputs of keys and values of a block without a window.
    var otherNorms: (keys: Norm, values: Norm)?
    /// Of a block that runs several times: for queries, keys, values and the MLP.
    var gates: [MessageGate]
  }

  private func reading(_ query: some Collection<Float>) -> DepthReading {
    DepthReading(query: Array(query), norm: stateNorm)
  }

  private func depth(_ layer: Int) throws -> Depth {
    let isLocal = shapes.isLocal[layer]
    var mixer: [DepthReading] = []
    if layer > 0 {
      let name =
        names.isPublished
        ? decoder.name("", "attn_res.attn_queries.\(layer - 1)") : decoder.name(layer, "", "attention_input.query")
      mixer =
        isLocal
        ? [reading(try weights.vector(name, width))] : readings(try weights.table(name, 3, width), 0..<3)
    }
    let mlp =
      names.isPublished
      ? decoder.name("", "attn_res.mlp_queries.\(layer)") : decoder.name(layer, "", "mlp_input.query")
    var depth = Depth(
      mixer: mixer, mlp: reading(try weights.vector(mlp, width)), gates: try loop.map { try gates(layer, $0) } ?? [])
    if !isLocal {
      depth.otherNorms = (keys: try norm(layer, "k_input_layernorm"), values: try norm(layer, "v_input_layernorm"))
    }
    return depth
  }

  /// Some rows of a table of queries.
  private func readings(_ table: [Float], _ rows: Range<Int>) -> [DepthReading] {
    rows.map { reading(table[($0 * width)..<(($0 + 1) * width)]) }
  }

  private func gates(_ layer: Int, _ loop: Inkling2Loop) throws -> [MessageGate] {
    guard loop.blocks.contains(layer) else { return [] }
    return try ["q", "k", "v", "mlp"].map { part in
      func projection(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
        try names.projection(decoder, layer, "\(part)_message_gate.\(name)", out, input)
      }
      return MessageGate(
        norm: decoder.plainNorm(width: width), down: try projection("down_proj", loop.rank, 2 * width),
        forget: try projection("forget_gate_proj", width, loop.rank),
        gain: try projection("message_gate_proj", width, loop.rank))
    }
  }

  /// For each block that runs several times, what its queries, keys, values and MLP read of the run before.
  private func messages() throws -> [[DepthReading]] {
    guard let count = loop?.blocks.count else { return [] }
    func stored(_ name: String, _ shape: [Int]) throws -> [DepthReading] {
      let (name, all) = (decoder.name("", name), shape.reduce(1, *))
      let zeros = weights.files.isOutputAlone && !weights.contains(name)
      let values = try zeros ? [Float](repeating: 0, count: all) : weights.values(name, shape: shape)
      return readings(values, 0..<all / width)
    }
    guard names.isPublished else {
      let all = try stored("message_input.query", [count, 4, width])
      return (0..<count).map { Array(all[(4 * $0)..<(4 * $0 + 4)]) }
    }
    let outer = try stored("middle_cycle_cross_pass_queries", [2 * count, width])
    let inner = try stored("middle_cycle_cross_pass_kv_queries", [2 * count, width])
    return (0..<count).map { [outer[2 * $0], inner[2 * $0], inner[2 * $0 + 1], outer[2 * $0 + 1]] }
  }

  /// A stored block as it is in one of its runs.
  private func connected(
    _ stored: Block, _ run: Inkling2Plan.Run, _ depth: Depth, _ messages: [[DepthReading]]
  ) -> Block {
    var block = stored
    var connections = DepthConnections(
      restart: run.restart, places: run.places, mixer: depth.mixer, otherNorms: depth.otherNorms, keeps: run.keeps,
      mlp: depth.mlp)
    if let places = run.told, let first = loop?.blocks.lowerBound {
      connections.messages = DepthMessages(places: places, readings: messages[run.layer - first], gates: depth.gates)
      // Messages make three inputs of one.
      if connections.otherNorms == nil, let norm = block.attentionNorm {
        connections.otherNorms = (keys: norm, values: norm)
      }
    }
    block.depth = connections
    return block
  }
}

extension ModelSettings {
  fileprivate func inkling2Experts() throws -> ExpertSettings {
    let count = try self.count(anyOf: ["n_routed_experts", "num_local_experts"])
    let chosen = try requiredCount(gguf: "", config: "num_experts_per_tok")
    guard chosen <= count else {
      throw refuse(
        gguf: nil, config: "num_experts_per_tok", found: "\(chosen)", expected: "at most the \(count) experts")
    }
    var experts = try ExpertSettings(
      self, count: count, key: "n_routed_experts", chosen: chosen,
      inner: try self.count(anyOf: ["moe_intermediate_size", "intermediate_size"]))
    experts.scores = .each(try activation(config: "scoring_func", usual: .sigmoid))
    experts.normalisation = .sum(plus: 1e-20)
    experts.scale = Float(try real(anyOf: ["route_scale", "routed_scaling_factor"]))
    return experts
  }
}
