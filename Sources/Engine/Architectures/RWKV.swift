import Foundation

// RWKV 4 (Peng et al. 2023). Follows transformers' modeling_rwkv.py; llama.cpp runs only later versions.

extension Architecture {
  /// RWKV 4: weighted means of values in every block, and MLPs that read the token before, too; no attention.
  public static let rwkv = Architecture(
    name: "RWKV", ggufName: nil, modelTypes: ["rwkv"],
    settings: SettingNames(heads: [], kvHeads: [], context: [], usualContext: 1 << 20)
  ) { settings, weights in
    // Texts are read token by token, and none is too long.
    settings.changesNothing(
      config: ["context_length", "max_position_embeddings"], because: "the state of a text does not grow with it")
    return try RWKVLayers(settings, weights).network()
  }
}

/// The tensors of RWKV: `rwkv.blocks.N.attention.key` and the like.
private struct RWKVLayers {
  let settings: ModelSettings
  let weights: WeightLoader
  let epsilon: Float
  /// Width of keys and values, and of the MLP.
  let channels: Int
  let inner: Int
  /// After how many blocks the stream is halved; nil for never.
  let rescaleEvery: Int?

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    self.settings = settings
    self.weights = weights
    epsilon = Float(try settings.real(gguf: nil, config: "layer_norm_epsilon") ?? 1e-5)
    channels = try settings.count(gguf: nil, config: "attention_hidden_size") ?? settings.width
    inner = try settings.count(gguf: nil, config: "intermediate_size") ?? 4 * settings.width
    let every = try settings.integer(config: "rescale_every") ?? 6
    rescaleEvery = every > 0 ? every : nil
  }

  func network() throws -> Network {
    let tables = try weights.tokenTables(
      "rwkv.embeddings", head: "head", columns: settings.width, settings, tiedByDefault: false)
    return Network(
      embedding: Embedding(tokens: tables.embedding, norm: try norm("blocks.0.pre_ln", epsilon)),
      blocks: try (0..<settings.layers).map(block),
      // Its epsilon is that of the class in transformers, whatever the settings say.
      output: Output(norm: try norm("ln_out", 1e-5), head: tables.head))
  }

  private func norm(_ name: String, _ epsilon: Float) throws -> Norm {
    Norm(
      kind: .layer, weight: try weights.vector("rwkv.\(name).weight", settings.width),
      bias: try weights.vector("rwkv.\(name).bias", settings.width), epsilon: epsilon)
  }

  /// A block on the stream, which is halved behind some blocks.
  ///
  /// In inference transformers also halves the weights that write into it from there on, so that nothing overflows in half precision; not
  /// an adapter's change of them.
  private func block(_ layer: Int) throws -> Block {
    let width = settings.width
    func name(_ part: String) -> String { "blocks.\(layer).\(part)" }
    func projection(_ part: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection("rwkv.\(name(part))", out, input)
    }
    func shift(_ stem: String, _ parts: [String]) throws -> TokenShift {
      TokenShift(
        shares: try parts.map { try weights.values("rwkv.\(name(stem)).time_mix_\($0)", shape: [1, 1, width]) })
    }
    func halved(_ projection: Projection) -> Projection {
      var projection = projection
      projection.scale = rescaleEvery.map { pow(2, -Float(layer / $0)) } ?? 1
      projection.scalesWeightsAlone = true
      return projection
    }
    let decays = try weights.vector("rwkv.\(name("attention.time_decay"))", channels)
    let mixer = Recurrent(
      shift: try shift("attention", ["key", "value", "receptance"]),
      channels: JoinedProjection(
        parts: [
          try projection("attention.key", channels, width), try projection("attention.value", channels, width),
        ]),
      convolution: Convolution(
        weights: [Float](repeating: 1, count: 2 * channels), channels: 2 * channels, kernel: 1),
      scan: .weighted(
        WeightedScan(
          decays: decays.map { -expf($0) },
          firsts: try weights.vector("rwkv.\(name("attention.time_first"))", channels))),
      gate: Gate(
        projection: JoinedProjection(parts: [try projection("attention.receptance", channels, width)]),
        activation: .sigmoid),
      output: try halved(projection("attention.output", width, channels)))
    let isHalved = rescaleEvery.map { (layer + 1) % $0 == 0 } ?? false
    return Block(
      attentionNorm: try norm(name("ln1"), epsilon), recurrent: mixer, mlpNorm: try norm(name("ln2"), epsilon),
      mlp: .dense(
        MLP(
          up: try projection("feed_forward.key", inner, width),
          down: try halved(projection("feed_forward.value", width, inner)), activation: .squaredReLU)),
      shiftedMLP: ShiftedMLP(
        shift: try shift("feed_forward", ["key", "receptance"]),
        gate: try projection("feed_forward.receptance", width, width)),
      outputScale: isHalved ? 0.5 : 1)
  }
}
