// Cohere 2 with experts, and the language part of Cohere's Compass (2026). Follows transformers' modeling_cohere2_moe.py,
// modeling_cohere_compass.py and their configurations.

extension Architecture {
  /// Cohere 2 with experts behind dense blocks, which have positions also without a window.
  public static let cohere2MoE = Architecture(name: "Cohere 2 MoE", ggufName: nil, modelTypes: ["cohere2_moe"]) {
    settings, weights in
    let isRootMeanSquare = try settings.real(gguf: nil, config: "rms_norm_eps") != nil
    if isRootMeanSquare { settings.changesNothing(config: ["layer_norm_eps"], because: "rms_norm_eps is given") }
    var decoder = try DecoderLayers(
      settings, weights, norm: isRootMeanSquare ? .rootMeanSquare : .layer(bias: false, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let layers = try CohereLayers(settings)
    let mixture = try CohereMixture(settings, isSparse: layers.isSparse)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent
    ).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    return try decoder.network(headScale: try logitScale(settings), tiedByDefault: true) { [decoder] layer in
      let window = layers.windows.byLayer[layer]
      var attention = try decoder.attention(
        layer, rotation: window != nil || layers.turnsDense && !layers.isSparse[layer] ? rotation : nil,
        inputBias: bias, outputBias: bias)
      attention.window = window
      return Block(
        order: .parallel, attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlp: try mixture.mlp(layer, decoder))
    }
  }

  /// Cohere Compass: Cohere 2 whose kinds of layers each have positions of their own, or none, turned in halves.
  public static let cohereCompass = Architecture(
    name: "Cohere Compass", ggufName: nil, modelTypes: ["cohere_compass_text"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: false, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try AttentionWindows.listed(settings, or: [Bool](repeating: false, count: settings.layers))
    settings.changesNothing(config: ["pooling"], because: "it is about a text's embedding")
    try settings.refuseOneScaling()
    func rotation(_ layers: RotarySettings.Layers, _ kind: String) throws -> Rotation? {
      guard settings.contains(gguf: nil, config: "rope_parameters.\(kind)") else {
        // Every kind is there, as a section or as null.
        let key = settings.look.key(gguf: nil, config: "rope_parameters.\(kind)") ?? ""
        guard settings.files.configuration.holdsNull(key) else {
          throw LoadError.missingSetting(key: key, path: settings.files.path)
        }
        return nil
      }
      return try RotarySettings(
        settings: settings, weights: weights, headWidth: decoder.headWidth, layers: layers, baseName: nil, partName: nil
      ).rotation()
    }
    let isUsed = (full: windows.byLayer.contains { $0 == nil }, local: windows.byLayer.contains { $0 != nil })
    settings.noteUnusedPositions(full: isUsed.full, local: isUsed.local)
    let full = isUsed.full ? try rotation(.full, "full_attention") : nil
    let local = isUsed.local ? try rotation(.sliding, "sliding_attention") : nil
    settings.changesNothing(
      config: ["rope_theta", "rope_parameters.rope_theta", "rope_parameters.rope_type"],
      because: "each kind of layer has a section of its own")
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    let scale = Float(try settings.real(gguf: nil, config: "logit_scale") ?? 1)
    return try decoder.network(headScale: scale, tiedByDefault: true) { [decoder] layer in
      let window = windows.byLayer[layer]
      return try decoder.cohereBlock(layer, window: window, rotation: window == nil ? full : local, bias: bias)
    }
  }
}

/// Which layers have a window, and which have experts.
private struct CohereLayers {
  let windows: AttentionWindows
  /// [L] whether a block has experts.
  let isSparse: [Bool]
  /// Whether dense blocks have positions even if they have no window.
  let turnsDense: Bool

  init(_ settings: ModelSettings) throws {
    let dense = try settings.whole(gguf: nil, config: "first_k_dense_replace") ?? 0
    guard dense <= settings.layers else {
      throw settings.refuse(
        gguf: nil, config: "first_k_dense_replace", found: "\(dense)", expected: "at most the \(settings.layers) blocks"
      )
    }
    let before = try settings.count(gguf: nil, config: "prefix_dense_sliding_window_pattern") ?? 1
    let period = try settings.count(gguf: nil, config: "sliding_window_pattern") ?? 4
    if settings.contains(gguf: nil, config: "layer_types") {
      settings.changesNothing(
        config: ["sliding_window_pattern"], because: "layer_types says which layers have a window")
    }
    windows = try .listed(
      settings,
      or: (0..<dense).map { ($0 + 1) % before != 0 } + (0..<settings.layers - dense).map { ($0 + 1) % period != 0 })
    isSparse = try Architecture.sparseBlocks(
      settings, usual: (0..<settings.layers).map { $0 >= dense }, width: "prefix_dense_intermediate_size")
    turnsDense = before == 1
  }
}

/// The experts, and the one that every token uses.
private struct CohereMixture {
  private let isSparse: [Bool]
  private let experts: ExpertSettings
  /// Width of the expert that every token uses; 0 for none.
  private let shared: Int
  /// Whether both are averaged instead of added.
  private let isAverage: Bool
  private let dense: Int

  init(_ settings: ModelSettings, isSparse: [Bool]) throws {
    self.isSparse = isSparse
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "intermediate_size")
    shared = experts.inner * (try settings.whole(gguf: nil, config: "num_shared_experts") ?? 0)
    let way = try settings.string(gguf: nil, config: "shared_expert_combination_strategy") ?? "average"
    guard ["average", "sum"].contains(way) else {
      throw settings.refuse(
        gguf: nil, config: "shared_expert_combination_strategy", found: "'\(way)'", expected: "'average' or 'sum'")
    }
    isAverage = shared > 0 && way == "average"
    if isAverage { experts.scale = 0.5 }
    switch try settings.string(gguf: nil, config: "expert_selection_fn") ?? "softmax" {
    case "softmax":
      experts.scores = .softmaxOfChosen
      experts.normalisation = nil
      settings.changesNothing(
        config: ["norm_topk_prob"], because: "shares of a softmax over the chosen experts sum to one")
    case "sigmoid":
      experts.scores = .each(.sigmoid)
      if !(try settings.flag(gguf: nil, config: "norm_topk_prob") ?? true) { experts.normalisation = nil }
    case let other:
      throw settings.refuse(
        gguf: nil, config: "expert_selection_fn", found: "'\(other)'", expected: "'softmax' or 'sigmoid'")
    }
    self.experts = experts
    dense = try settings.count(gguf: nil, config: "prefix_dense_intermediate_size") ?? experts.inner
  }

  func mlp(_ layer: Int, _ decoder: DecoderLayers) throws -> FeedForward {
    guard isSparse[layer] else { return try decoder.gatedMLP(layer, inner: dense) }
    let mixture = try decoder.experts(layer, experts, names: ExpertNames())
    guard shared > 0 else { return mixture }
    var other = try decoder.sharedExpert(layer, "mlp.shared_experts", inner: shared)
    if isAverage, case .dense(var mlp) = other.part {
      mlp.down = mlp.down.scaled(0.5)
      other.part = .dense(mlp)
    }
    return .sum([Summand(part: mixture), other])
  }
}
