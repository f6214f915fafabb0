// Decoders with experts that differ in few things: dots.llm1 (rednote-hilab 2025), MiniMax-M2 (2025), Mellum 2 (JetBrains), Flint and
// HunYuan 3 (Tencent). Follows transformers' modeling_dots1.py, modeling_minimax_m2.py, modeling_mellum.py, modeling_flint.py and
// modeling_hy_v3.py; GGUF names as in llama.cpp.

extension Architecture {
  /// dots.llm1: experts with DeepSeek V3's router behind dense blocks, norms of queries and keys.
  public static let dots1 = Architecture(name: "dots.llm1", ggufName: "dots1", modelTypes: ["dots1"]) {
    settings, weights in
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let mixture = try DeepSeekMixture(settings)
    return try MixtureDecoder(
      settings, weights, windows: .fromLayerIfGiven(settings), headNorms: .eachHead, inputBias: bias, outputBias: bias
    ).network { decoder, layer in try mixture.mlp(layer, decoder) }
  }

  /// MiniMax-M2: corrected sigmoids, norms over all queries and all keys, part of a head turned.
  public static let miniMaxM2 = Architecture(
    name: "MiniMax-M2", ggufName: "minimax-m2", modelTypes: ["minimax_m2"]
  ) { settings, weights in
    var experts = try ExpertSettings.required(
      settings, names: ["num_local_experts", "num_experts"], inner: "intermediate_size")
    experts.scores = .each(.sigmoid)
    experts.correction = .required
    // transformers passes both over, and always has what they ask for.
    try settings.require(true, config: "use_qk_norm")
    try settings.require(true, config: "use_routing_bias")
    if let types = try settings.integers(gguf: nil, config: "attn_type_list"),
      types != [Int](repeating: 1, count: settings.layers)
    {
      throw settings.refuse(
        gguf: nil, config: "attn_type_list", found: "\(types)", expected: "1, the softmax, for every layer")
    }
    let names = ExpertNames(
      folder: "block_sparse_moe", correction: "e_score_correction_bias", gate: "w1", up: "w3", down: "w2")
    let decoder = try MixtureDecoder(
      settings, weights, windows: .nowhere(settings), headNorms: .allHeads, partOfHead: "rotary_dim")
    return try decoder.network { [experts] decoder, layer in try decoder.experts(layer, experts, names: names) }
  }

  /// Mellum 2: Qwen3-MoE with windows and positions by the kind of layer.
  public static let mellum = Architecture(name: "Mellum 2", ggufName: nil, modelTypes: ["mellum"]) {
    settings, weights in
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    let isNormalised = try settings.flag(gguf: nil, config: "norm_topk_prob") ?? true
    if !isNormalised { experts.normalisation = nil }
    let isSparse = try sparseBlocks(settings)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let types = ["mtp_layer_types", "mtp_mlp_layer_types"]
    settings.changesNothing(config: types, because: "blocks that predict further tokens are not run")
    let decoder = try MixtureDecoder(
      settings, weights, windows: .listedOrNowhere(settings), headNorms: .eachHead, inputBias: bias, outputBias: bias,
      byKindOfLayer: true)
    try decoder.decoder.passOverPredictors(configs: ["num_nextn_predict_layers", "num_mtp_layers"])
    return try decoder.network { [experts] decoder, layer in
      try isSparse[layer] ? decoder.experts(layer, experts, names: ExpertNames()) : decoder.gatedMLP(layer)
    }
  }

  /// [L] which blocks have experts, by `mlp_layer_types`; without it, the usual ones.
  ///
  /// `width` is the key for the width of the others.
  static func sparseBlocks(
    _ settings: ModelSettings, usual: [Bool]? = nil, width: String = "intermediate_size"
  ) throws -> [Bool] {
    guard let types = try settings.strings(gguf: nil, config: "mlp_layer_types") else {
      if let usual { return usual }
      settings.changesNothing(config: [width], because: "no block is without experts")
      return [Bool](repeating: true, count: settings.layers)
    }
    guard types.count == settings.layers, types.allSatisfy({ $0 == "sparse" || $0 == "dense" }) else {
      throw settings.refuse(
        gguf: nil, config: "mlp_layer_types", found: "\(types)",
        expected: "\(settings.layers) of 'sparse' and 'dense'")
    }
    if !types.contains("dense") {
      settings.changesNothing(config: [width], because: "no block is without experts")
    }
    return types.map { $0 == "sparse" }
  }
}

extension Architecture {
  /// Flint: experts chosen by sigmoids, sinks, positions in layers with a window only.
  public static let flint = Architecture(name: "Flint", ggufName: nil, modelTypes: ["flint"]) { settings, weights in
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    experts.scores = .each(.sigmoid)
    let isNormalised = try settings.flag(gguf: nil, config: "norm_topk_prob") ?? true
    if !isNormalised { experts.normalisation = nil }
    let shared = try settings.requiredCount(gguf: "", config: "shared_expert_intermediate_size")
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    // Without layer_types: full attention in the first two layers, in every fourth and in the last one.
    let last = settings.layers - 1
    let isLocal = (0...last).map { $0 >= 2 && $0 % 4 != 1 && $0 != last }
    let isDense = try denseBlocks(settings, usual: [0, 1])
    var decoder = try MixtureDecoder(
      settings, weights, windows: .listed(settings, or: isLocal), headNorms: .eachHead, inputBias: bias,
      outputBias: bias)
    decoder.turnsFullLayers = false
    decoder.sinks = "softmax_offset"
    return try decoder.network { [experts] decoder, layer in
      guard !isDense[layer] else { return try decoder.gatedMLP(layer) }
      return .sum([
        Summand(part: try decoder.experts(layer, experts, names: ExpertNames())),
        try decoder.sharedExpert(layer, "mlp.shared_expert", inner: shared),
      ])
    }
  }

  /// HunYuan 3: corrected sigmoids behind dense blocks, norms of queries and keys.
  public static let hunYuan3 = Architecture(name: "HunYuan 3", ggufName: nil, modelTypes: ["hy_v3"]) {
    settings, weights in
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    experts.scores = .each(.sigmoid)
    experts.correction = .required
    experts.normalisation = .sum(plus: 1e-20)
    experts.scale = Float(try settings.real(gguf: nil, config: "router_scaling_factor") ?? 1)
    let shared = experts.inner * (try settings.whole(gguf: nil, config: "num_shared_experts") ?? 0)
    settings.changesNothing(config: ["enable_moe_fp32_combine"], because: "sums are in float32")
    func bias(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    let (attentionBias, mlpBias) = (try bias("attention_bias"), try bias("mlp_bias"))
    let isSparse = try sparseBlocks(settings, usual: (0..<settings.layers).map { $0 > 0 })
    let decoder = try MixtureDecoder(
      settings, weights, windows: .nowhere(settings), headNorms: .eachHead, inputBias: attentionBias,
      outputBias: attentionBias)
    try decoder.decoder.passOverPredictors(configs: ["num_nextn_predict_layers"])
    let names = ExpertNames(router: "router.gate", correction: "expert_bias")
    return try decoder.network { [experts] decoder, layer in
      guard isSparse[layer] else { return try decoder.gatedMLP(layer, bias: mlpBias) }
      let mixture = try decoder.experts(layer, experts, names: names)
      guard shared > 0 else { return mixture }
      return .sum([
        Summand(part: mixture),
        try decoder.sharedExpert(layer, "mlp.shared_mlp", inner: shared, bias: mlpBias),
      ])
    }
  }
}

/// A decoder with a norm before attention and one before the MLP; families state their particulars.
struct MixtureDecoder {
  /// Norms of queries and keys.
  enum HeadNorms { case none, eachHead, allHeads }

  var decoder: DecoderLayers
  private let weights: WeightLoader
  /// Whether layers with full attention have positions.
  var turnsFullLayers = true
  /// The name of attention's sinks in a folder, below `self_attn`; nil if it has none.
  var sinks: String?
  private let windows: AttentionWindows
  private let headNorms: HeadNorms
  private let inputBias: WeightLoader.Bias
  private let outputBias: WeightLoader.Bias
  /// Positions of layers with full attention, and of layers with a window.
  private let rotations: (full: Rotation, local: Rotation)

  /// Reads what every block shares.
  ///
  /// `partOfHead` is the name in config.json for how many values of a head turn; with `byKindOfLayer`, layers with a window have
  /// positions of their own.
  init(
    _ settings: ModelSettings, _ weights: WeightLoader, windows: AttentionWindows, headNorms: HeadNorms,
    inputBias: WeightLoader.Bias = .absent, outputBias: WeightLoader.Bias = .absent, partOfHead: String? = nil,
    byKindOfLayer: Bool = false
  ) throws {
    decoder = try DecoderLayers(settings, weights)
    self.weights = weights
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    self.windows = windows
    self.headNorms = headNorms
    self.inputBias = inputBias
    self.outputBias = outputBias
    var rotary = RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: partOfHead != nil)
    rotary.widthName = partOfHead
    guard byKindOfLayer else {
      let rotation = try rotary.rotation()
      rotations = (rotation, rotation)
      return
    }
    rotary.baseName = nil
    rotary.layers = .full
    let full = try rotary.rotation()
    rotary.layers = .sliding
    rotations = (full, try rotary.rotation())
  }

  /// The network; `mlp` gives the MLP of a block.
  func network(mlp: (DecoderLayers, Int) throws -> FeedForward) throws -> Network {
    try decoder.network { layer in
      let window = windows.byLayer[layer]
      let rotation = window == nil ? (turnsFullLayers ? rotations.full : nil) : rotations.local
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: inputBias, outputBias: outputBias)
      attention.window = window
      attention.sinks = try sinks.map { name in
        // In memory, they always have the same name.
        let names = [name, "sinks"].map { decoder.name(layer, "attn_sinks.weight", "self_attn.\($0)") }
        return try weights.vector(names.first(where: weights.contains) ?? names[0], decoder.settings.heads)
      }
      if headNorms != .none {
        let isEach = headNorms == .eachHead
        attention.queryNorm = try decoder.norm(
          layer, "attn_q_norm", "self_attn.q_norm", width: isEach ? decoder.headWidth : decoder.queryWidth)
        attention.keyNorm = try decoder.norm(
          layer, "attn_k_norm", "self_attn.k_norm", width: isEach ? decoder.headWidth : decoder.keyWidth)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mlp(decoder, layer))
    }
  }
}
