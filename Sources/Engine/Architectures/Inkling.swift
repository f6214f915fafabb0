// Inkling (Thinking Machines 2026), as the language part of its multimodal model. Follows transformers' modeling_inkling.py,
// configuration_inkling.py and conversion_mapping.py.

extension Architecture {
  /// Inkling: short convolutions of keys, values and of what blocks add; biases of distances that queries choose instead of positions;
  /// experts that every token uses, and that share the weights of the chosen ones.
  public static let inkling = Architecture(
    name: "Inkling", ggufName: nil, modelTypes: ["inkling_text"],
    settings: SettingNames(context: ["max_position_embeddings", "model_max_length"])
  ) { settings, weights in
    try InklingLayers(settings, weights).network()
  }
}

/// The parts of Inkling.
private struct InklingLayers {
  private let settings: ModelSettings
  private let weights: WeightLoader
  private let names: InklingNames
  private let decoder: DecoderLayers
  private let shapes: InklingAttention
  private let mlps: InklingMLPs

  /// Published names by those in memory.
  private static let modules = [
    "input_layernorm": "attn_norm", "post_attention_layernorm": "mlp_norm", "self_attn.q_proj": "attn.wq_du",
    "self_attn.k_proj": "attn.wk_dv", "self_attn.v_proj": "attn.wv_dv", "self_attn.r_proj": "attn.wr_du",
    "self_attn.o_proj": "attn.wo_ud", "self_attn.q_norm": "attn.q_norm", "self_attn.k_norm": "attn.k_norm",
    "self_attn.k_sconv.conv1d": "attn.k_sconv", "self_attn.v_sconv.conv1d": "attn.v_sconv",
    "attn_sconv.conv1d": "attn_sconv", "mlp_sconv.conv1d": "mlp_sconv", "mlp.down_proj": "mlp.w2_md",
  ]
  private static let tensors = [
    "self_attn.rel_logits_proj.proj": "attn.rel_logits_proj.proj", "mlp.experts.gate_up_proj": "mlp.experts.w13_weight",
    "mlp.experts.down_proj": "mlp.experts.w2_weight", "mlp.gate.e_score_correction_bias": "mlp.gate.bias",
    "mlp.shared_experts.down_proj": "mlp.shared_experts.shared_w2_weight",
  ]

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    (self.settings, self.weights) = (settings, weights)
    names = InklingNames(weights, modules: Self.modules, tensors: Self.tensors)
    var decoder = try DecoderLayers(settings, weights, names: names.outside)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    self.decoder = decoder
    let isLocal = try settings.inklingWindows()
    shapes = try InklingAttention(settings, headWidth: decoder.headWidth, usual: isLocal)
    mlps = try InklingMLPs(settings)
    settings.changesNothing(
      config: ["num_mtp_layers", "chain_hidden_post_norm", "mtp_hidden_states_first", "mtp_local_layer_ids"],
      because: "blocks that predict further tokens are not run")
    settings.changesNothing(
      config: ["rms_norm_eps_moe_gate"], because: "the router of transformers' model of this family has no norm")
    settings.changesNothing(config: ["number_of_conv_states"], because: "transformers takes 4, whatever is said")
    weights.passOver(prefix: "model.mtp.", what: "blocks that predict further tokens")
  }

  func network() throws -> Network {
    let rows = try settings.requiredCount(gguf: "", config: "vocab_size")
    let factor = Float(try settings.real(anyOf: ["logits_mup_width_multiplier", "embedding_multiplier"]))
    guard factor > 0 else {
      throw settings.refuse(
        gguf: nil, config: "logits_mup_width_multiplier", found: "\(factor)", expected: NumberRange.positive.rawValue)
    }
    var network = try decoder.network(headScale: 1 / factor, rows: (embedding: rows, head: rows), block: block)
    if let unpadded = try settings.count(gguf: nil, config: "unpadded_vocab_size"), unpadded < rows {
      network.output.head = network.output.head.first(unpadded)
    }
    network.embedding.norm = Norm(
      kind: .rootMeanSquare,
      weight: try decoder.vectorOrZeros(decoder.name("", names.embeddingNorm) + ".weight", settings.width),
      epsilon: decoder.epsilon)
    return network
  }

  private func block(_ layer: Int) throws -> Block {
    let mlp: FeedForward = try mlps.isSparse[layer] ? .experts(experts(layer)) : .dense(dense(layer))
    return Block(
      attentionNorm: try norm(layer, "input_layernorm", settings.width), attention: try attention(layer),
      mixerConvolution: try convolution(layer, "attn_sconv", settings.width),
      mlpNorm: try norm(layer, "post_attention_layernorm", settings.width),
      mlp: mlp,
      mlpConvolution: try convolution(layer, "mlp_sconv", settings.width))
  }

  private func norm(_ layer: Int, _ name: String, _ width: Int) throws -> Norm {
    try decoder.norm(layer, "", names.module(name), width: width)
  }

  private func convolution(_ layer: Int, _ name: String, _ channels: Int) throws -> ShortConvolution {
    ShortConvolution(
      convolution: try decoder.convolution(
        layer, "", names.module("\(name).conv1d"), channels: channels, kernel: shapes.kernel, activation: .linear))
  }

  private func attention(_ layer: Int) throws -> Attention {
    let (shape, width) = (shapes.heads(layer), settings.width)
    let (queries, keys) = (shape.heads * shape.width, shape.kvHeads * shape.width)
    func part(_ letter: String, _ out: Int, _ input: Int) throws -> Projection {
      try names.projection(decoder, layer, "self_attn.\(letter)_proj", out, input)
    }
    var result = Attention(
      inputs: .separate(
        query: try part("q", queries, width), key: try part("k", keys, width), value: try part("v", keys, width)),
      output: try part("o", width, queries), heads: shape.heads, kvHeads: shape.kvHeads, headWidth: shape.width,
      window: shape.window, scale: 1 / Float(shape.width))
    result.queryNorm = try norm(layer, "self_attn.q_norm", shape.width)
    result.keyNorm = try norm(layer, "self_attn.k_norm", shape.width)
    result.keyConvolution = try convolution(layer, "self_attn.k_sconv", keys)
    result.valueConvolution = try convolution(layer, "self_attn.v_sconv", keys)
    result.relativeBias = try decoder.relativeBias(
      layer, names, shares: "self_attn.r_proj", profiles: "self_attn.rel_logits_proj.proj", rank: shapes.rank, shape)
    if shape.window == nil { result.temperature = shapes.temperature }
    return result
  }

  // MARK: MLPs

  private func name(_ layer: Int, _ own: String) -> String { decoder.name(layer, "", names.tensor(own)) }

  /// A dense MLP, whose output has a factor.
  private func dense(_ layer: Int) throws -> MLP {
    let (inner, width) = (mlps.inner, settings.width)
    let (gate, up) = ("mlp.gate_proj", "mlp.up_proj")
    let parts: (gate: Projection, up: Projection)
    if names.isPublished {
      let pair = try weights.matrix(decoder.name(layer, "", "mlp.w13_dn.weight"), 2 * inner, width)
      parts = try names.halves(
        pair, gate: decoder.name(layer, "", gate + ".weight"), up: decoder.name(layer, "", up + ".weight"))
    } else {
      parts = (
        try names.projection(decoder, layer, gate, inner, width), try names.projection(decoder, layer, up, inner, width)
      )
    }
    let factor = try weights.scalar(name(layer, "mlp.global_scale"))
    return MLP(
      gate: parts.gate, up: parts.up,
      down: try names.projection(decoder, layer, "mlp.down_proj", width, inner).scaled(factor),
      activation: decoder.activation)
  }

  private func experts(_ layer: Int) throws -> Experts {
    let (routed, shared, width) = (mlps.routed, mlps.shared, settings.width)
    let factor = try weights.scalar(name(layer, "mlp.gate.global_scale"))
    let router = Router(
      projection: try names.projection(decoder, layer, "mlp.gate", routed.count + shared, width),
      scores: .each(.sigmoid),
      correction: try weights.vector(name(layer, "mlp.gate.e_score_correction_bias"), routed.count),
      chosen: routed.chosen, always: shared, normalisation: .sum(plus: 0), scale: routed.scale * factor)
    let pairs = try weights.stack(name(layer, "mlp.experts.gate_up_proj"), routed.count, 2 * routed.inner, width)
    let downs = try weights.stack(name(layer, "mlp.experts.down_proj"), routed.count, width, routed.inner)
    return Experts(
      router: router, all: try zip(pairs, downs).map { try expert(names.halves($0, gate: $0.name, up: $0.name), $1) },
      shared: try sharedExperts(layer))
  }

  /// The experts that every token uses.
  private func sharedExperts(_ layer: Int) throws -> [MLP] {
    let (count, inner, width, folder) = (mlps.shared, mlps.routed.inner, settings.width, "mlp.shared_experts")
    let downs = try weights.stack(name(layer, "\(folder).down_proj"), count, width, inner)
    guard names.isPublished else {
      func parts(_ part: String) throws -> [Projection] {
        try weights.stack(name(layer, "\(folder).\(part)"), count, inner, width).map { Projection(weights: $0) }
      }
      return zip(try zip(parts("gate_proj"), parts("up_proj")).map { (gate: $0, up: $1) }, downs).map { expert($0, $1) }
    }
    let pairs = try weights.stack(
      decoder.name(layer, "", "\(folder).shared_w13_weight"), count, 2 * inner, width)
    return try zip(pairs, downs).map { try expert(names.halves($0, gate: $0.name, up: $0.name), $1) }
  }

  private func expert(_ parts: (gate: Projection, up: Projection), _ down: WeightMatrix) -> MLP {
    MLP(gate: parts.gate, up: parts.up, down: Projection(weights: down), activation: decoder.activation)
  }
}

/// Which blocks have experts, and the sizes of MLPs.
private struct InklingMLPs {
  /// [L] whether a block has experts.
  let isSparse: [Bool]
  /// Width of the hidden layer of dense blocks.
  let inner: Int
  /// The experts that are chosen.
  let routed: ExpertSettings
  /// Experts that every token uses.
  let shared: Int

  init(_ settings: ModelSettings) throws {
    // Where the width of dense blocks has a name of its own, the usual one is that of experts.
    let dense = try settings.count(gguf: nil, config: "dense_intermediate_size")
    let usual = try settings.requiredCount(gguf: "", config: "intermediate_size")
    inner = dense ?? usual
    let own = dense == nil ? try settings.requiredCount(gguf: "", config: "moe_intermediate_size") : usual
    if dense != nil {
      settings.changesNothing(
        config: ["moe_intermediate_size"],
        because: "beside dense_intermediate_size, intermediate_size is that of experts")
    }
    let first = try settings.whole(gguf: nil, config: "dense_mlp_idx") ?? 0
    let width = dense == nil ? "intermediate_size" : "dense_intermediate_size"
    isSparse = try Architecture.sparseBlocks(
      settings, usual: (0..<settings.layers).map { $0 >= first }, width: width)
    if settings.contains(gguf: nil, config: "mlp_layer_types") {
      settings.changesNothing(config: ["dense_mlp_idx"], because: "mlp_layer_types says which blocks are dense")
    } else if !isSparse.contains(false) {
      settings.changesNothing(config: [width], because: "no block is without experts")
    }
    let count = try settings.count(anyOf: ["n_routed_experts", "num_local_experts"])
    let chosen = try settings.requiredCount(gguf: "", config: "num_experts_per_tok")
    shared = try settings.requiredCount(gguf: "", config: "n_shared_experts")
    try settings.requireExperts(count + shared, config: "n_routed_experts")
    guard chosen <= count else {
      throw settings.refuse(
        gguf: nil, config: "num_experts_per_tok", found: "\(chosen)", expected: "at most the \(count) experts")
    }
    var routed = try ExpertSettings(settings, count: count, key: "n_routed_experts", chosen: chosen, inner: own)
    routed.scale = Float(try settings.requiredReal(gguf: "", config: "route_scale"))
    self.routed = routed
    // transformers' model does not read it, and always scores them alongside.
    try settings.require(true, config: "shared_expert_sink")
  }
}

extension ModelSettings {
  /// [L] whether a block has a window, where `layer_types` does not say it: the blocks of `local_layer_ids`, or all but every sixth.
  fileprivate func inklingWindows() throws -> [Bool] {
    let listed = try integers(gguf: nil, config: "local_layer_ids")
    if contains(gguf: nil, config: "layer_types") {
      changesNothing(config: ["local_layer_ids"], because: "layer_types says which blocks have a window")
    }
    return (0..<layers).map { layer in listed?.contains(layer) ?? ((layer + 1) % 6 != 0) }
  }
}
