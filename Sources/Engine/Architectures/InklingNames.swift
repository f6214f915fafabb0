/// How the tensors of an Inkling folder are called: as in published files, or as in the memory of transformers, which is how it saves the
/// language part of the first Inkling.
///
/// Follows transformers' conversion_mapping.py.
struct InklingNames {
  /// Whether the names are those of published files.
  let isPublished: Bool
  /// The names outside of blocks.
  let outside: DecoderLayers.Names
  /// The name of the norm of embeddings, without what stands before all names.
  let embeddingNorm: String
  private let weights: WeightLoader
  /// Published names by those in memory: of modules, which go on with ".weight" in both, and of whole tensors.
  private let modules: [String: String]
  private let tensors: [String: String]

  init(_ weights: WeightLoader, modules: [String: String], tensors: [String: String]) {
    (self.weights, self.modules, self.tensors) = (weights, modules, tensors)
    // The output alone has no block whose names would tell.
    isPublished = [".attn.wq_du.", "model.llm.", "unembed."].contains(where: weights.usesName)
    let isWhole = weights.usesName(with: "model.llm.")
    outside =
      isPublished
      ? DecoderLayers.Names(base: "model.llm", tokens: "embed", head: isWhole ? "model.llm.unembed" : "unembed")
      : DecoderLayers.Names()
    embeddingNorm = isPublished ? "embed_norm" : "embed_tokens.embed_norm"
  }

  /// The name in the files of a tensor within a block or outside of blocks.
  func tensor(_ own: String) -> String {
    guard isPublished else { return own }
    if let known = tensors[own] { return known }
    let module = ModuleNames.module(of: own)
    guard module != own, let known = modules[module] else { return own }
    return known + ".weight"
  }

  /// The name in the files of a module with weights.
  func module(_ own: String) -> String { ModuleNames.module(of: tensor(own + ".weight")) }

  /// A projection of a block.
  func projection(
    _ decoder: DecoderLayers, _ layer: Int, _ own: String, _ out: Int, _ input: Int
  ) throws -> Projection {
    let name = decoder.name(layer, "", tensor(own + ".weight"))
    _ = weights.name(ModuleNames.module(of: name), inMemory: decoder.name(layer, "", own))
    return Projection(weights: try weights.matrix(name, out, input))
  }

  /// Gates and ups of an MLP, which alternate in published files and follow one another in memory.
  ///
  /// - Throws: `LoadError.badShape`, for a matrix whose rows cannot be read by turns.
  func halves(
    _ pair: WeightMatrix, gate: String, up: String
  ) throws -> (gate: Projection, up: Projection) {
    let inner = pair.rows / 2
    guard isPublished else {
      return (Projection(weights: pair.slice(0..<inner)), Projection(weights: pair.slice(inner..<2 * inner)))
    }
    guard let gates = pair.every(2, from: 0, named: gate), let ups = pair.every(2, from: 1, named: up) else {
      throw LoadError.badShape(
        tensor: pair.name, path: weights.files.path, found: [pair.rows, pair.columns], expected: "[out, in]")
    }
    return (Projection(weights: gates), Projection(weights: ups))
  }
}

/// The shape of attention in the blocks of a kind.
struct InklingHeads {
  var heads: Int
  var kvHeads: Int
  var width: Int
  /// Positions a query sees; nil for all before it.
  var window: Int?
  /// Distances that have a bias.
  var reach: Int
}

/// What config.json says about the attention of an Inkling's blocks.
struct InklingAttention {
  /// [L] whether a block has a window.
  let isLocal: [Bool]
  /// Tokens that a convolution reads.
  let kernel: Int
  /// Profiles of the bias of distances.
  let rank: Int
  /// How queries of blocks without a window grow with their position.
  let temperature: AttentionTemperature?
  private let full: InklingHeads
  private let local: InklingHeads?

  /// Reads the settings; `usual` says which blocks have a window where config.json does not.
  init(_ settings: ModelSettings, headWidth: Int, usual: [Bool]) throws {
    isLocal = try settings.layerKinds(["hybrid_sliding": true, "hybrid": false]) ?? usual
    kernel = try settings.count(anyOf: ["conv_kernel_size", "sconv_kernel_size"])
    rank = try settings.requiredCount(gguf: "", config: "d_rel")
    let ofFull = ["rel_extent", "log_scaling_n_floor", "log_scaling_alpha"]
    if isLocal.contains(false) {
      full = InklingHeads(
        heads: settings.heads, kvHeads: settings.kvHeads, width: headWidth,
        reach: try settings.requiredCount(gguf: "", config: "rel_extent"))
      temperature = try settings.inklingTemperature()
    } else {
      full = InklingHeads(heads: settings.heads, kvHeads: settings.kvHeads, width: headWidth, reach: 1)
      temperature = nil
      settings.changesNothing(config: ofFull, because: "every block has a window")
    }
    let ofLocal = ["swa_num_attention_heads", "swa_num_key_value_heads", "swa_head_dim"]
    guard isLocal.contains(true) else {
      settings.changesNothing(
        config: ofLocal + ["sliding_window_size", "sliding_window"], because: "no block has a window")
      local = nil
      return
    }
    let sizes = try ofLocal.map { try settings.requiredCount(gguf: "", config: $0) }
    guard sizes[0] % sizes[1] == 0 else {
      throw settings.refuse(
        gguf: nil, config: ofLocal[1], found: "\(sizes[1])", expected: "a divisor of the \(sizes[0]) query heads")
    }
    let window = try settings.count(anyOf: ["sliding_window_size", "sliding_window"])
    local = InklingHeads(heads: sizes[0], kvHeads: sizes[1], width: sizes[2], window: window, reach: window)
  }

  /// The shape of a block's attention.
  func heads(_ layer: Int) -> InklingHeads { isLocal[layer] ? local ?? full : full }
}

extension ModelSettings {
  /// The factor of queries of blocks without a window; nil where `log_scaling_n_floor` is not given.
  fileprivate func inklingTemperature() throws -> AttentionTemperature? {
    guard let floor = try count(gguf: nil, config: "log_scaling_n_floor") else {
      changesNothing(config: ["log_scaling_alpha"], because: "log_scaling_n_floor is not given")
      return nil
    }
    return AttentionTemperature(
      isSmooth: true, strength: Float(try requiredReal(gguf: "", config: "log_scaling_alpha")), span: Float(floor),
      offset: 1)
  }

  /// A required positive integer under one of several names of config.json, which must agree.
  func count(anyOf names: [String]) throws -> Int {
    guard let found = try look.count(gguf: nil, configs: names) else {
      throw look.missing(gguf: "", config: names.first ?? "")
    }
    return found
  }

  /// A required number under one of several names of config.json, which must agree.
  func real(anyOf names: [String]) throws -> Double {
    var found: (name: String, value: Double)?
    for name in names where contains(gguf: nil, config: name) {
      guard let value = try real(gguf: nil, config: name) else { continue }
      if let found, found.value != value {
        throw refuse(gguf: nil, config: name, found: "\(value)", expected: "\(found.value), as '\(found.name)' says")
      }
      found = found ?? (name, value)
    }
    if let found { return found.value }
    return try requiredReal(gguf: "", config: names.first ?? "")
  }
}

extension DecoderLayers {
  /// A vector outside of blocks; zeros where the output alone is opened without it, whose states are those that the head reads.
  func vectorOrZeros(_ name: String, _ count: Int) throws -> [Float] {
    if weights.files.isOutputAlone, !weights.contains(name) { return [Float](repeating: 0, count: count) }
    return try weights.vector(name, count)
  }

  /// The bias of distances of a block: shares of profiles by the name of their projection, and the profiles, stored [rank, reach].
  func relativeBias(
    _ layer: Int, _ names: InklingNames, shares: String, profiles: String, rank: Int, _ shape: InklingHeads
  ) throws -> RelativeBias {
    let table = try weights.matrix(name(layer, "", names.tensor(profiles)), shape.reach, rank, transposed: true)
    return RelativeBias(
      shares: try names.projection(self, layer, shares, shape.heads * rank, settings.width),
      profiles: Projection(weights: table))
  }
}
