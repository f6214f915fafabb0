// Gemma 3n (Gemma Team 2025), the text model. Follows transformers' modeling_gemma3n.py and configuration_gemma3n.py; GGUF names as in
// llama.cpp, whose graph states some settings that older files do not hold.

extension Architecture {
  /// Gemma 3n: four streams that blocks predict and correct (AltUp), a way around attention (LAuReL), gates of which few stay open, inputs
  /// of every layer from the token, keys and values shared by the last layers.
  public static let gemma3n = Architecture(
    name: "Gemma 3n", ggufName: "gemma3n", modelTypes: ["gemma3n_text"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, headWidth: 256)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .geluTanh)
    let layers = try Gemma3nLayers(settings, headWidth: decoder.headWidth)
    func rotation(_ kind: RotarySettings.Layers) throws -> Rotation {
      try RotarySettings(
        settings: settings, weights: weights, headWidth: decoder.headWidth, layers: kind,
        baseName: kind == .full ? "rope_theta" : "rope_local_base_freq", usualBase: kind == .full ? 1_000_000 : 10_000
      ).rotation()
    }
    let (global, local) = (try rotation(.full), try rotation(.sliding))
    let bias = try gemmaBias(settings)
    let headCap = try settings.softcap("final_logit_softcapping", usual: 30)
    guard let perLayer = try decoder.perLayerInputs(settings) else {
      throw settings.refuse(
        gguf: "embedding_length_per_layer_input", config: "hidden_size_per_layer_input", found: "0",
        expected: "the width of every layer's input")
    }
    let streams = try decoder.streams()
    var network = try decoder.network(
      embeddingScale: Float(settings.width).squareRoot(), headSoftcap: headCap, tiedByDefault: true
    ) { [decoder] layer in
      let shape = layers.all[layer]
      var attention = try decoder.gemma4Attention(layer, shape.attention, bias: bias)
      attention.rotation = shape.attention.window == nil ? global : local
      var block = try decoder.sandwich(layer, attention, inner: shape.attention.inner)
      if case .dense(var mlp) = block.mlp {
        mlp.threshold = shape.threshold
        block.mlp = .dense(mlp)
      }
      block.augmented = try decoder.augmented(layer)
      block.alternating = try decoder.alternating(layer, streams.count)
      block.perLayer = try decoder.perLayerUse(layer, width: perLayer.width)
      return block
    }
    network.embedding.perLayer = perLayer
    network.embedding.streams = streams
    return network
  }
}

/// The shapes of Gemma 3n's layers.
private struct Gemma3nLayers {
  /// The shape of a layer.
  struct Layer {
    var attention: Gemma4Layers.Layer
    var threshold: GateThreshold?
  }

  let all: [Layer]

  /// Reads them.
  ///
  /// - Throws: `LoadError.badSetting` for widths or sharing that cannot be.
  init(_ settings: ModelSettings, headWidth: Int) throws {
    let windows = try AttentionWindows.alternating(settings, period: 5).byLayer
    // llama.cpp: layers from 20 on use keys and values of earlier ones.
    let usual = settings.isGGUF ? max(0, settings.layers - 20) : 0
    let shared = try settings.whole(gguf: "attention.shared_kv_layers", config: "num_kv_shared_layers") ?? usual
    let sources = try Gemma4Layers.sources(windows, shared: shared, settings)
    let inner = try Self.inner(settings)
    let thresholds = try Self.thresholds(settings)
    all = windows.indices.map { layer in
      Layer(
        attention: Gemma4Layers.Layer(
          window: windows[layer], headWidth: headWidth, kvHeads: settings.kvHeads, source: sources[layer],
          inner: inner[layer], keysAreValues: false),
        threshold: thresholds[layer])
    }
  }

  /// The widths of MLPs, given once or by layer.
  private static func inner(_ settings: ModelSettings) throws -> [Int] {
    let key = "intermediate_size"
    guard !settings.isGGUF, settings.files.configuration.isArray(key) else {
      return try settings.byLayer(gguf: "feed_forward_length", config: key)
    }
    let widths = try settings.integers(gguf: nil, config: key) ?? []
    guard widths.count == settings.layers, widths.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
      throw settings.refuse(
        gguf: nil, config: key, found: "\(widths)", expected: "\(settings.layers) positive numbers, or one")
    }
    return widths
  }

  /// How few gates stay open in each layer.
  private static func thresholds(_ settings: ModelSettings) throws -> [GateThreshold?] {
    let layers = settings.layers
    if settings.isGGUF {
      // The converter writes the quantile itself, minus infinity for a layer whose gates all stay open.
      guard let said = try settings.realsOrInfinite(gguf: "activation_sparsity_scale") else {
        return (0..<layers).map { $0 < 10 ? GateThreshold(deviations: 1.6448533535003662) : nil }
      }
      guard said.count == layers, said.allSatisfy({ $0 < .infinity }) else {
        throw settings.refuse(
          gguf: "activation_sparsity_scale", config: nil, found: "\(said)", expected: "\(layers) numbers")
      }
      return said.map { $0 == -.infinity ? nil : GateThreshold(deviations: $0) }
    }
    let key = "activation_sparsity_pattern"
    guard let said = try settings.reals(gguf: nil, config: key) else {
      let sparse = layers > 10 ? 10 : 0
      return (0..<layers).map { $0 < sparse ? GateThreshold(closed: 0.95) : nil }
    }
    guard said.count == layers, said.allSatisfy({ $0 < 1 }) else {
      throw settings.refuse(
        gguf: nil, config: key, found: "\(said)", expected: "\(layers) shares of closed gates, each below 1")
    }
    return said.map { $0 > 0 ? GateThreshold(closed: $0) : nil }
  }
}

extension DecoderLayers {
  /// The streams around the blocks.
  fileprivate func streams() throws -> AlternatingStreams {
    let count = try settings.count(gguf: "altup.num_inputs", config: "altup_num_inputs") ?? 4
    let active = try settings.whole(gguf: "altup.active_idx", config: "altup_active_idx") ?? 0
    guard (2...64).contains(count) else {
      throw settings.refuse(
        gguf: "altup.num_inputs", config: "altup_num_inputs", found: "\(count)", expected: "2 to 64 streams")
    }
    guard active < count else {
      throw settings.refuse(
        gguf: "altup.active_idx", config: "altup_active_idx", found: "\(active)",
        expected: "one of the \(count) streams, counted from 0")
    }
    settings.changesNothing(config: ["altup_coef_clip"], because: "coefficients are clipped in training only")
    let width = settings.width
    func projections(_ inGGUF: String, _ inFolder: String) throws -> [Projection] {
      if isGGUF {
        return try weights.stack(inGGUF + ".weight", count - 1, width, width).map { Projection(weights: $0) }
      }
      return try (0..<(count - 1)).map { try weights.projection(name("", "\(inFolder).\($0)"), width, width) }
    }
    return AlternatingStreams(
      active: active, entries: try projections("altup_proj", "altup_projections"),
      exits: try projections("altup_unembd_proj", "altup_unembed_projections"))
  }

  /// How a layer predicts and corrects the streams.
  fileprivate func alternating(_ layer: Int, _ count: Int) throws -> AlternatingUpdate {
    func own(_ inGGUF: String, _ inFolder: String) -> String {
      name(layer, "altup_\(inGGUF)", "altup.\(inFolder)")
    }
    var router = try weights.projection(own("router", "modality_router"), count, settings.width)
    router.scale /= Float(settings.width)
    let scale = isGGUF ? own("correct_scale", "") + ".weight" : own("", "correct_output_scale")
    let isScaled = try settings.flag(gguf: nil, config: "altup_correct_scale") ?? true
    // Files hold the scale even where it is not used.
    let values = try weights.vector(scale, settings.width)
    return AlternatingUpdate(
      norm: try norm(own("router_norm", "router_norm"), width: settings.width), router: router,
      prediction: try weights.projection(own("predict_coef", "prediction_coefs"), count * count, count),
      correction: try weights.projection(own("correct_coef", "correction_coefs"), count, count),
      outputScale: isScaled ? values : nil)
  }

  /// The way around a layer's attention.
  fileprivate func augmented(_ layer: Int) throws -> AugmentedResidual {
    let down = name(layer, "laurel_l", "laurel.linear_left")
    // A GGUF file states the rank by the shape alone.
    let rank =
      try settings.count(gguf: nil, config: "laurel_rank") ?? weights.files.tensors[down + ".weight"]?.shape.first ?? 64
    return AugmentedResidual(
      down: try weights.projection(down, rank, settings.width),
      up: try weights.projection(name(layer, "laurel_r", "laurel.linear_right"), settings.width, rank),
      norm: try norm(layer, "laurel_post_norm", "laurel.post_laurel_norm"))
  }
}
