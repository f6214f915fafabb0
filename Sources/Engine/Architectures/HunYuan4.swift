// Hy4 (Tencent 2026). Follows transformers' modeling_hy_v4.py, modeling_hy_v4_vl.py and their configurations; names of tensors as published,
// as transformers saves them, and as it has them in memory (its conversion_mapping.py).

extension Architecture {
  /// HunYuan 4: latent attention with sinks and a gate, in texts as long as all positions are chosen; streams that every part of a block
  /// reads and adds to, and that are not mixed; experts with bounded gates.
  public static let hunYuan4 = Architecture(name: "HunYuan 4", ggufName: nil, modelTypes: ["hy_v4", "hy_v4_vl_text"]) {
    settings, weights in
    let sparse = try SparseAttention(
      settings, reach: "index_topk", names: ["index_head_dim", "index_n_heads", "indexer_types"])
    try settings.requireEveryLayer("indexed_attention")
    var latent = try LatentSettings(settings)
    let isMultimodal = settings.files.architecture == "hy_v4_vl_text"
    if isMultimodal {
      latent.epsilon = Float(try settings.requiredReal(gguf: "", config: "rms_norm_eps"))
    }
    let names = HunYuan4Names(weights)
    let hasExperts = try settings.sparseOrBehindFirst()
    var mixture = try DeepSeekMixture(settings, hasExperts: hasExperts) { experts in
      try experts.followV3(settings)
      experts.limit = try settings.boundOfGates()
      // Whatever `hidden_act` says, which acts in dense blocks and in the expert that every token uses.
      experts.activation = .silu
    }
    mixture.gate = names.gate
    let decoder = try DecoderLayers(settings, weights, ownHeadWidth: latent.plain + latent.turned)
    let parts = try HunYuan4Parts(decoder: decoder, names: names, values: settings.heads * latent.valueWidth)
    var network = try deepSeek(
      settings, weights, pairs: isMultimodal ? .adjacent : .halves, leastPredictors: 0, mixture: mixture, latent: latent
    ) { decoder, layer, block in
      sparse.passOver(decoder, layer, "self_attn.indexer")
      try parts.complete(&block, layer, folder: hasExperts[layer] ? "mlp.shared_experts" : "mlp")
    }
    network.embedding.hyper = try parts.streams()
    weights.passOver(prefix: decoder.name("", "mtp_layers."), what: "blocks that predict further tokens")
    settings.changesNothing(
      config: ["learnable_sink_init"], because: "training begins with it, and the files hold the sinks")
    return sparse.bound(network, settings)
  }
}

extension ModelSettings {
  /// The bound of the gates and ups of experts.
  fileprivate func boundOfGates() throws -> Float {
    let limit = Float(try requiredReal(gguf: "", config: "swiglu_limit"))
    guard limit > 0 else {
      throw refuse(
        gguf: nil, config: "swiglu_limit", found: "\(limit)",
        expected: "more than 0: transformers bounds gates by it, though its description says that zero turns that off"
      )
    }
    return limit
  }
}

/// How the tensors of a folder are called, by their names in the memory of transformers, whose rules these are.
private struct HunYuan4Names {
  /// By place in memory, where it differs.
  private let places: [Place: Place]
  private let weights: WeightLoader
  /// The name of the gate in dense blocks and in the expert that every token uses.
  let gate: String

  /// What a part of a name becomes in memory, in this order.
  ///
  /// A name goes on behind the first of them alone.
  private static let rules: KeyValuePairs<String, String> = [
    ".hc_pre.hc_": ".hc_", ".learnable_sink_param": ".sinks", ".linear_gate": ".gate_proj",
    ".hc_attn_layer.hc_fn": ".attn_hc.fn", ".hc_attn_layer.hc_base": ".attn_hc.base",
    ".hc_attn_layer.hc_scale": ".attn_hc.scale", ".hc_mlp_layer.hc_fn": ".ffn_hc.fn",
    ".hc_mlp_layer.hc_base": ".ffn_hc.base", ".hc_mlp_layer.hc_scale": ".ffn_hc.scale", ".hc_head_fn": ".hc_fn",
    ".hc_head_base": ".hc_base", ".hc_head_scale": ".hc_scale",
  ]

  /// A name without the number of its block and the part of a mixture: one that is missing is called as its kin.
  private struct Place: Hashable {
    var before: String
    var behind: String
    static let parts = ["fn", "base", "scale"]

    /// The place of a name, the number of its block and its part, empty where it has none.
    static func of(_ name: String) -> (place: Place, block: String, part: String) {
      let part = parts.first { name.hasSuffix($0) } ?? ""
      let rest = name.dropLast(part.count)
      guard let layers = rest.firstRange(of: "layers.") else {
        return (Place(before: "", behind: String(rest)), "", part)
      }
      let block = rest[layers.upperBound...].prefix { $0.isNumber }
      let place = Place(before: String(rest[..<layers.upperBound]), behind: String(rest[block.endIndex...]))
      return (place, String(block), part)
    }
  }

  init(_ weights: WeightLoader) {
    var places: [Place: Place] = [:]
    for name in weights.files.tensors.keys.sorted() {
      let own = Self.inMemory(name)
      if own != name { places[Place.of(own).place] = Place.of(name).place }
    }
    (self.places, self.weights) = (places, weights)
    // transformers saves every gate under the name that published files have for that of attention.
    let renames = weights.usesName(with: "mlp.linear_gate.") || weights.usesName(with: "shared_experts.linear_gate.")
    gate = renames ? "linear_gate" : "gate_proj"
  }

  /// The name of a tensor in the files.
  func tensor(_ own: String) -> String {
    let (place, block, part) = Place.of(own)
    guard !weights.contains(own), let stored = places[place] else { return own }
    return stored.before + block + stored.behind + part
  }

  /// The name of a module with weights in the files.
  func module(_ own: String) -> String { ModuleNames.module(of: tensor(own + ".weight")) }

  private static func inMemory(_ name: String) -> String {
    rules.reduce(name) { name, rule in
      guard let place = name.firstRange(of: rule.key) else { return name }
      let next = name[place.upperBound...].first
      if let next, rule.key.last != "_", next.isLetter || next.isNumber || next == "_" { return name }
      var changed = name
      changed.replaceSubrange(place, with: rule.value)
      return changed
    }
  }
}

/// What a block has beside the latent attention and the MLPs of DeepSeek V3.
private struct HunYuan4Parts {
  private let decoder: DecoderLayers
  private let names: HunYuan4Names
  /// Width of what all heads attended to.
  private let values: Int
  /// N, the number of streams.
  private let count: Int
  private let epsilon: Float
  /// A share of the output is at most this.
  private let magnitude: Float

  init(decoder: DecoderLayers, names: HunYuan4Names, values: Int) throws {
    (self.decoder, self.names, self.values) = (decoder, names, values)
    count = try decoder.settings.streamCount("hc_mult", most: 64)
    epsilon = Float(try decoder.settings.requiredReal(gguf: "", config: "hc_eps"))
    magnitude = Float(try decoder.settings.requiredReal(gguf: "", config: "hc_magnitude"))
  }

  /// Gives a block its sinks, the gate of its attention and its connections; `folder` is that of its dense MLP.
  func complete(_ block: inout Block, _ layer: Int, folder: String) throws {
    let weights = decoder.weights
    func name(_ part: String) -> String { decoder.name(layer, "", part) }
    let gate = name("self_attn.gate_proj")
    block.attention?.gate = try weights.projection(
      weights.name(names.module(gate), inMemory: gate), values, decoder.settings.width)
    block.attention?.sinks = try weights.vector(names.tensor(name("self_attn.sinks")), decoder.heads)
    _ = weights.name(name("\(folder).\(names.gate)"), inMemory: name("\(folder).gate_proj"))
    block.hyper = HyperConnections(mixer: try connection(name("attn_hc")), mlp: try connection(name("ffn_hc")))
  }

  private func connection(_ place: String) throws -> HyperConnection {
    let mixture = try decoder.streamMixture(streams: count, numbers: 2 * count, kinds: 2) {
      names.tensor("\(place).\($0)")
    }
    return HyperConnection(mixture: mixture, rounds: nil, shares: (magnitude, epsilon))
  }

  /// The streams, and what the head reads of them.
  func streams() throws -> HyperStreams {
    let head = try decoder.streamMixture(streams: count, numbers: count, kinds: 1) {
      names.tensor(decoder.name("", "hc_head.hc_\($0)"))
    }
    return HyperStreams(count: count, head: head, epsilon: epsilon)
  }
}
