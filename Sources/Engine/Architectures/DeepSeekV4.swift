// DeepSeek V4 (DeepSeek-AI 2026). Follows transformers' modeling_deepseek_v4.py and configuration_deepseek_v4.py; names of tensors as
// published, as transformers saves them, and as it has them in memory (its conversion_mapping.py).

extension Architecture {
  /// DeepSeek V4: several streams that parts of blocks mix (hyper-connections), one key for all heads, further keys that stand for
  /// several tokens, experts that the token itself chooses in the first blocks.
  public static let deepSeekV4 = Architecture(name: "DeepSeek V4", ggufName: nil, modelTypes: ["deepseek_v4"]) {
    settings, weights in
    let shape = try DeepSeekV4Settings(settings, weights)
    let names = DeepSeekV4Names(weights)
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: shape.headWidth, names: names.decoder)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let layers = DeepSeekV4Layers(decoder: decoder, names: names, shape: shape)
    var network = try decoder.network { try layers.block($0) }
    network.embedding.hyper = try layers.streams()
    for (layer, isHashed) in shape.isHashed.enumerated() where isHashed {
      try layers.readTable(layer, in: &network)
    }
    return network
  }
}

/// How the tensors of a folder are called.
struct DeepSeekV4Names {
  /// Whether blocks have the names of published files.
  let isPublished: Bool
  /// Whether the names outside of blocks are those of published files, too; transformers saves these as it has them in memory.
  let isWhole: Bool
  /// Whether the norm of keys is called as the norms of compressors, as transformers saves it.
  let isNormShort: Bool

  /// Finds it by the tensors of blocks or, of an output alone, by the head.
  init(_ weights: WeightLoader) {
    isPublished = weights.usesName(with: ".attn.") || weights.contains("head.weight")
    isWhole = isPublished && (weights.usesName(with: "hc_head_fn") || weights.contains("embed.weight"))
    isNormShort = isPublished && !weights.usesName(with: ".attn.kv_norm.") && weights.usesName(with: ".attn.norm.")
  }

  /// The names outside of blocks.
  var decoder: DecoderLayers.Names {
    DecoderLayers.Names(tokens: isWhole ? "embed" : "embed_tokens", head: isPublished ? "head" : "lm_head")
  }

  /// The names of a mixture's tensors.
  var experts: ExpertNames {
    guard isPublished else { return ExpertNames() }
    var names = ExpertNames(folder: "ffn", correction: "gate.bias")
    (names.gate, names.up, names.down) = ("w1", "w3", "w2")
    return names
  }
}

/// The parts of a block.
private struct DeepSeekV4Layers {
  let decoder: DecoderLayers
  let names: DeepSeekV4Names
  let shape: DeepSeekV4Settings

  private var weights: WeightLoader { decoder.weights }
  private var width: Int { decoder.settings.width }

  /// The name of a module or a tensor of a block.
  private func name(_ layer: Int, _ published: String, _ inMemory: String) -> String {
    let own = decoder.name(layer, "", inMemory)
    return names.isPublished ? weights.name(decoder.name(layer, "", published), inMemory: own) : own
  }

  private func projection(_ name: String, _ out: Int, _ input: Int, scale: Float = 1) throws -> Projection {
    try weights.projection(name, out, input).scaled(scale)
  }

  func block(_ layer: Int) throws -> Block {
    var block = Block(
      attentionNorm: try decoder.norm(name(layer, "attn_norm", "input_layernorm"), width: width),
      attention: try attention(layer),
      mlpNorm: try decoder.norm(name(layer, "ffn_norm", "post_attention_layernorm"), width: width),
      mlp: .sum([Summand(part: .experts(try experts(layer))), Summand(part: .dense(try sharedExpert(layer)))]))
    block.hyper = HyperConnections(
      mixer: try connection(layer, "hc_attn_", "attn_hc."), mlp: try connection(layer, "hc_ffn_", "ffn_hc."))
    return block
  }

  // MARK: Streams

  /// The streams, and what the head reads of them.
  func streams() throws -> HyperStreams {
    let published = names.isWhole
    return HyperStreams(
      count: shape.streams,
      head: try mixture(published ? "hc_head_" : decoder.name("", "hc_head.hc_"), shape.streams, kinds: 1),
      epsilon: shape.streamEpsilon)
  }

  private func connection(_ layer: Int, _ published: String, _ inMemory: String) throws -> HyperConnection {
    let prefix = decoder.name(layer, "", names.isPublished ? published : inMemory)
    let count = shape.streams
    return HyperConnection(mixture: try mixture(prefix, (2 + count) * count, kinds: 3), rounds: shape.rounds)
  }

  private func mixture(_ prefix: String, _ numbers: Int, kinds: Int) throws -> StreamMixture {
    try decoder.streamMixture(streams: shape.streams, numbers: numbers, kinds: kinds) { prefix + $0 }
  }

  // MARK: Attention

  private func attention(_ layer: Int) throws -> Attention {
    let (settings, head, rank) = (decoder.settings, shape.headWidth, shape.queryRank)
    let queries = settings.heads * head
    let keyNorm = names.isPublished && names.isNormShort ? "attn.norm" : "attn.kv_norm"
    let inputs = OneKeyInputs(
      query: try projection(name(layer, "attn.wq_a", "self_attn.q_a_proj"), rank, width),
      norm: try decoder.norm(name(layer, "attn.q_norm", "self_attn.q_a_norm"), width: rank),
      rise: try projection(name(layer, "attn.wq_b", "self_attn.q_b_proj"), queries, rank),
      key: try projection(name(layer, "attn.wkv", "self_attn.kv_proj"), head, width))
    let (groups, inner) = (shape.groups, shape.groupRank)
    // No site of an adapter: one for all groups has no meaning.
    let grouped = try projection(name(layer, "attn.wo_a", "self_attn.o_a_proj"), groups * inner, queries / groups)
    var attention = Attention(
      inputs: .oneKey(inputs),
      output: try projection(name(layer, "attn.wo_b", "self_attn.o_b_proj"), width, groups * inner),
      heads: settings.heads, kvHeads: 1, headWidth: head, scale: 1 / Float(head).squareRoot())
    attention.groups = SplitProjection(parts: (0..<groups).map { grouped.slice($0 * inner..<($0 + 1) * inner) })
    attention.queryNorm = decoder.plainNorm(width: head)
    attention.keyNorm = try decoder.norm(name(layer, keyNorm, "self_attn.kv_norm"), width: head)
    (attention.turnsLast, attention.turnsBack) = (true, true)
    attention.rotation = shape.rotation(layer)
    attention.window = shape.window
    attention.sinks = try weights.vector(name(layer, "attn.attn_sink", "self_attn.sinks"), settings.heads)
    attention.compression = try compression(layer)
    return attention
  }

  private func compression(_ layer: Int) throws -> Compression? {
    let places = ("attn.compressor.", "self_attn.compressor.")
    switch shape.kinds[layer] {
    case .sliding: return nil
    case .heavy:
      return Compression(keys: try compressor(layer, places, shape.heavyRate, shape.headWidth, overlaps: false))
    case .sparse:
      let (heads, own) = (shape.indexHeads, shape.indexWidth)
      let indexer = Indexer(
        keys: try compressor(
          layer, ("attn.indexer.compressor.", "self_attn.compressor.indexer."), shape.sparseRate, own, overlaps: true),
        query: try projection(
          name(layer, "attn.indexer.wq_b", "self_attn.compressor.indexer.q_b_proj"), heads * own, shape.queryRank),
        shares: try projection(
          name(layer, "attn.indexer.weights_proj", "self_attn.compressor.indexer.scorer.weights_proj"), heads, width),
        chosen: shape.chosenKeys)
      let keys = try compressor(layer, places, shape.sparseRate, shape.headWidth, overlaps: true)
      return Compression(keys: keys, indexer: indexer)
    }
  }

  private func compressor(
    _ layer: Int, _ places: (published: String, inMemory: String), _ rate: Int, _ own: Int, overlaps: Bool
  ) throws -> Compressor {
    func part(_ published: String, _ inMemory: String) -> String {
      name(layer, places.published + published, places.inMemory + inMemory)
    }
    let series = (overlaps ? 2 : 1) * own
    return Compressor(
      rate: rate, overlaps: overlaps, contents: try projection(part("wkv", "kv_proj"), series, width),
      gates: try projection(part("wgate", "gate_proj"), series, width),
      placeBias: try weights.table(part("ape", "position_bias"), rate, series),
      norm: try decoder.norm(part("norm", "kv_norm"), width: own))
  }

  // MARK: Experts

  private func experts(_ layer: Int) throws -> Experts {
    var settings = shape.experts
    settings.correction = shape.isHashed[layer] ? .absent : .required
    return try decoder.mixture(layer, settings, names: names.experts)
  }

  private func sharedExpert(_ layer: Int) throws -> MLP {
    let inner = shape.experts.inner
    func part(_ published: String, _ inMemory: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection(
        name(layer, "ffn.shared_experts.\(published)", "mlp.shared_experts.\(inMemory)_proj"), out, input,
        bias: shape.mlpBias)
    }
    return MLP(
      gate: try part("w1", "gate", inner, width), up: try part("w3", "up", inner, width),
      down: try part("w2", "down", width, inner), activation: decoder.activation, limit: shape.experts.limit)
  }

  /// Gives a block's router the experts of each token.
  func readTable(_ layer: Int, in network: inout Network) throws {
    let (chosen, count) = (shape.experts.chosen, shape.experts.count)
    let name = name(layer, "ffn.gate.tid2eid", "mlp.gate.tid2eid")
    let found = try weights.table(name, network.embedding.tokens.rows, chosen)
    if let place = found.firstIndex(where: { $0 < 0 || $0 >= Float(count) || $0 != $0.rounded() }) {
      throw LoadError.badSetting(
        key: "\(name)[\(place / chosen), \(place % chosen)]", path: decoder.settings.files.path,
        found: found[place].plainDescription, expected: "one of the \(count) experts, counted from 0")
    }
    guard case .sum(var summands) = network.blocks[layer].mlp, case .experts(var experts) = summands.first?.part else {
      return
    }
    experts.router.table = found.map { Int32($0) }
    summands[0].part = .experts(experts)
    network.blocks[layer].mlp = .sum(summands)
  }
}
