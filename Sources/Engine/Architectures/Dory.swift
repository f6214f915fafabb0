// Dory (NVIDIA 2026). Follows transformers' modeling_dory.py and configuration_dory.py; names of tensors as published, as transformers saves
// them, and as it has them in memory (its conversion_mapping.py).

extension Architecture {
  /// Dory: blocks on the unit sphere, as in the normalised transformer, of which those in the middle run several times.
  ///
  /// Loshchilov and others 2024, nGPT. Every run of a block is a block of the network: a row of the lens, with keys and values of its own.
  public static let dory = Architecture(name: "Dory", ggufName: nil, modelTypes: ["dory"]) { settings, weights in
    let plan = try DoryPlan(settings)
    let layers = try DoryLayers(settings, weights, plan)
    let norm = try layers.decoder.norm("", width: settings.width)
    var network = try layers.decoder.network(
      layers: plan.count, arranged: { plan.unrolled($0, norm: norm) }, block: layers.block)
    network.output.head.scales = try layers.factors("lm_head.logit_scale", network.vocabulary, times: 1)
    return network
  }
}

/// Which blocks there are, and how often they run.
private struct DoryPlan {
  /// [L] whether a stored block attends to a window alone.
  let isLocal: [Bool]
  private let first: Int
  private let repeated: Int
  private let loops: Int

  /// The most runs of blocks, far beyond released models.
  private static let most = 4096

  /// The number of stored blocks.
  var count: Int { isLocal.count }

  init(_ settings: ModelSettings) throws {
    func refuse(_ key: String, _ found: String, _ expected: String) -> LoadError {
      settings.refuse(gguf: nil, config: key, found: found, expected: expected)
    }
    let kinds = try settings.strings(gguf: nil, config: "layer_types")
    // Released files list attention and MLPs one by one, and count both.
    let share = kinds?.contains("mlp") ?? false ? 2 : 1
    let count = settings.layers / share
    let listed = kinds.map { kinds in stride(from: 0, to: kinds.count, by: share).map { kinds[$0] } }
    let others = kinds.map { kinds in stride(from: 1, to: kinds.count, by: 2).map { kinds[$0] } } ?? []
    if let listed,
      listed.count != count || listed.contains(where: { !$0.hasSuffix("_attention") })
        || share == 2 && (others.count != count || others.contains { $0 != "mlp" })
    {
      throw refuse("layer_types", "\(kinds ?? [])", "a kind of attention for each of \(count) blocks")
    }
    isLocal = try (0..<count).map { layer in
      guard let kind = listed?[layer] else { return layer % 4 != 3 }
      guard let isLocal = ["sliding_attention": true, "full_attention": false][kind] else {
        throw refuse("layer_types", "'\(kind)'", "'sliding_attention' or 'full_attention'")
      }
      return isLocal
    }
    first = try (settings.whole(gguf: nil, config: "n_input_layers") ?? 8) / share
    let last = try (settings.whole(gguf: nil, config: "n_output_layers") ?? 8) / share
    let said = try settings.whole(gguf: nil, config: "n_recurrent_layers").map { $0 / share }
    repeated = said ?? count - first - last
    guard repeated > 0, last <= count, first <= count, first + repeated + last == count else {
      throw refuse(
        said == nil ? "n_input_layers" : "n_recurrent_layers", "\(said ?? first) of \(count) blocks",
        "n_input_layers, at least one of n_recurrent_layers and n_output_layers that are all blocks together")
    }
    loops = try settings.requiredCount(gguf: "", config: "n_recurrent_loops")
    guard loops <= Self.most, first + loops * repeated + last <= Self.most else {
      throw refuse("n_recurrent_loops", "\(loops) for \(repeated) blocks", "at most \(Self.most) runs of blocks")
    }
    if let mode = try settings.string(gguf: nil, config: "recurrent_kv_cache_mode"), mode != "per_loop" {
      throw refuse(
        "recurrent_kv_cache_mode", "'\(mode)'",
        "'per_loop': with keys of the last run alone, numbers depend on where transformers cuts a text into calls")
    }
  }

  /// The blocks in the order of their runs.
  ///
  /// Each run of the middle begins with the sum of two normed states: that behind the last run, and that before the first one, which is
  /// kept at place 0.
  func unrolled(_ blocks: [Block], norm: Norm) -> [Block] {
    let (middle, end) = (blocks[first..<(first + repeated)], blocks[(first + repeated)...])
    var order = Array(blocks[..<first])
    for loop in 0..<loops {
      for (index, block) in middle.enumerated() {
        order.append(block)
        if index == 0 { order[order.count - 1].junction = Junction(norm: norm, keeps: loop == 0 ? 0 : nil, adds: 0) }
      }
    }
    return order + end
  }
}

/// How the tensors of a folder are called.
private struct DoryNames {
  /// Whether attention and MLPs are numbered one by one, as in published files.
  let isPublished: Bool
  /// The name of attention's gate.
  let gate: String
  /// The names outside of blocks.
  let outside: DecoderLayers.Names

  init(_ weights: WeightLoader) {
    isPublished = weights.usesName(with: ".mixer.")
    let isShort = ["self_attn", "mixer"].contains { weights.usesName(with: ".\($0).g_proj.") }
    gate = isShort ? "g_proj" : "gate_proj"
    // Either prefix goes with either name of the embedding, and usually each with its own.
    let isBackbone = weights.usesName(with: "backbone.")
    let base = isBackbone ? "backbone" : "model"
    let (usual, other) = isBackbone ? ("embeddings", "embed_tokens") : ("embed_tokens", "embeddings")
    outside = DecoderLayers.Names(base: base, tokens: weights.contains("\(base).\(other).weight") ? other : usual)
  }
}

/// The stored blocks.
private struct DoryLayers {
  let decoder: DecoderLayers
  private let plan: DoryPlan
  private let names: DoryNames
  private let window: Int?
  private let rotations: (full: Rotation?, local: Rotation?)
  private let bias: WeightLoader.Bias
  private let mlpBias: WeightLoader.Bias
  private let inner: Int
  /// Factors are stored times this.
  private let range: Double
  /// The factor of what a block's parts are mixed with.
  private let rate: Double

  private var weights: WeightLoader { decoder.weights }
  private var width: Int { decoder.settings.width }

  init(_ settings: ModelSettings, _ weights: WeightLoader, _ plan: DoryPlan) throws {
    names = DoryNames(weights)
    var decoder = try DecoderLayers(settings, weights, norm: .unitLength(epsilon: 1e-6), names: names.outside)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    inner = try decoder.innerWidth()
    range = try settings.real(gguf: nil, config: "initializer_range") ?? 0.0177
    rate = try settings.requiredReal(gguf: "", config: "ngpt_alpha_init")
    guard range != 0 else {
      throw settings.refuse(
        gguf: nil, config: "initializer_range", found: "0", expected: "another: stored factors are divided by it")
    }
    bias = .said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    mlpBias = .said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: settings.files.kind)
    if plan.isLocal.contains(true) {
      window = try settings.requiredCount(gguf: "", config: "sliding_window")
    } else {
      window = nil
      settings.changesNothing(config: ["sliding_window"], because: "no block has a window")
    }
    rotations = (
      try Self.rotation("full_attention", 10_000_000, plan.isLocal.contains(false), decoder),
      try Self.rotation("sliding_attention", 10_000, plan.isLocal.contains(true), decoder)
    )
    (self.decoder, self.plan) = (decoder, plan)
  }

  /// The rotation of a kind of block; nil where there is none of that kind.
  ///
  /// Without a section of rotary positions the base is `usual`.
  private static func rotation(
    _ kind: String, _ usual: Double, _ isThere: Bool, _ decoder: DecoderLayers
  ) throws -> Rotation? {
    let (settings, section) = (decoder.settings, "rope_parameters.\(kind)")
    guard isThere else {
      settings.changesNothing(config: [section], because: "no block is of that kind")
      return nil
    }
    var rotary = RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
    (rotary.ownPlaces, rotary.baseName, rotary.partName) = ([section], nil, nil)
    rotary.usualBase = usual
    if let key = settings.look.key(gguf: nil, config: "rope_parameters"),
      settings.files.configuration.contains(key), !settings.files.configuration.isEmpty(key)
    {
      rotary.usualBase = try settings.requiredReal(gguf: "", config: "\(section).rope_theta")
    }
    return try rotary.rotation()
  }

  /// A vector of factors, divided by the range of first weights.
  func factors(_ name: String, _ count: Int, times factor: Double) throws -> [Float] {
    let factor = Float(factor / range)
    return try weights.vector(name, count).map { $0 * factor }
  }

  /// The name of a part of attention or of the MLP.
  private func name(_ layer: Int, _ module: String, _ part: String) -> String {
    let own = decoder.name(layer, "", "\(module).\(part)")
    let isGate = module == "self_attn" && part == "gate_proj"
    let stored = isGate ? names.gate : part
    guard names.isPublished else {
      return weights.name(decoder.name(layer, "", "\(module).\(stored)"), inMemory: own)
    }
    return weights.name(decoder.name(2 * layer + (module == "mlp" ? 1 : 0), "", "mixer.\(stored)"), inMemory: own)
  }

  /// A norm to a length, times factors.
  private func norm(times factors: [Float], span: Int? = nil) throws -> Norm {
    var norm = try decoder.norm("", width: factors.count, span: span)
    norm.weight = zip(norm.weight, factors).map { $0 * $1 }
    return norm
  }

  /// A stored block: each part moves the stream's direction towards that of its own output, by a rate for each value.
  func block(_ layer: Int) throws -> Block {
    let stored = (
      mixer: names.isPublished ? decoder.name(2 * layer, "", "attn_alpha") : decoder.name(layer, "", "lambda_1"),
      mlp: names.isPublished ? decoder.name(2 * layer + 1, "", "mlp_alpha") : decoder.name(layer, "", "lambda_2")
    )
    let mixer = try factors(stored.mixer, width, times: rate).map { abs($0) }
    let mlp = try factors(stored.mlp, width, times: rate).map { abs($0) }
    let sphere = try decoder.norm("", width: width)
    return Block(
      attentionNorm: sphere, attention: try attention(layer), attentionPostNorm: try norm(times: mixer),
      mlpNorm: sphere, mlp: .dense(try self.mlp(layer)), mlpPostNorm: try norm(times: mlp),
      keeps: StreamFactors(mixer: mixer.map { 1 - $0 }, mlp: mlp.map { 1 - $0 }), addsToNormed: true)
  }

  private func attention(_ layer: Int) throws -> Attention {
    let (head, queries, keys) = (decoder.headWidth, decoder.queryWidth, decoder.keyWidth)
    func part(_ name: String, _ out: Int, _ input: Int, _ bias: WeightLoader.Bias) throws -> Projection {
      try weights.projection(self.name(layer, "self_attn", name), out, input, bias: bias)
    }
    var attention = Attention(
      inputs: .separate(
        query: try part("q_proj", queries, width, bias), key: try part("k_proj", keys, width, bias),
        value: try part("v_proj", keys, width, bias)),
      output: try part("o_proj", width, queries, bias), heads: decoder.heads, kvHeads: decoder.kvHeads, headWidth: head,
      scale: 1 / Float(head).squareRoot())
    var gate = try part("gate_proj", queries, width, .absent)
    gate.scales = try squares(
      name(layer, "self_attn", "s_gate"), queries, times: Double(width).squareRoot().squareRoot())
    attention.gate = gate
    attention.outputNorm = try decoder.norm("", width: queries)
    attention.window = plan.isLocal[layer] ? window : nil
    var rotation = plan.isLocal[layer] ? rotations.local : rotations.full
    // Norms before a rotation are the same after it, where factors of queries follow; they undo the rotation's own scale.
    let stretch = rotation?.scale ?? 1
    rotation?.scale = 1
    attention.rotation = rotation
    attention.normsFollowRotation = true
    let scales = try squares(name(layer, "self_attn", "sqk"), queries, times: Double(head).squareRoot())
    attention.queryNorm = try norm(times: scales.map { $0 * stretch }, span: head)
    attention.keyNorm = try norm(times: [Float](repeating: stretch, count: head))
    return attention
  }

  /// The squares of a vector of factors.
  private func squares(_ name: String, _ count: Int, times factor: Double) throws -> [Float] {
    try factors(name, count, times: factor).map { $0 * $0 }
  }

  private func mlp(_ layer: Int) throws -> MLP {
    func part(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection(self.name(layer, "mlp", name), out, input, bias: mlpBias)
    }
    func scaled(_ name: String, _ factors: String) throws -> Projection {
      var projection = try part(name, inner, width)
      let root = Float(width).squareRoot()
      projection.scales = try weights.vector(self.name(layer, "mlp", factors), inner).map { $0 * root }
      return projection
    }
    return MLP(
      gate: try scaled("gate_proj", "suv_gate"), up: try scaled("up_proj", "suv_up"),
      down: try part("down_proj", width, inner), activation: decoder.activation,
      hiddenNorm: try decoder.norm("", width: inner))
  }
}
