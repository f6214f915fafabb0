// LFM2 (Liquid AI 2025). Follows transformers' modeling_lfm2.py; GGUF names as in llama.cpp's conversion/lfm2.py, which states zero key heads for
// blocks with a convolution.

extension Architecture {
  /// LFM2: gated short convolutions in most blocks, attention with norms of queries and keys in the others.
  public static let lfm2 = Architecture(name: "LFM2", ggufName: "lfm2", modelTypes: ["lfm2"]) { settings, weights in
    let family = try LFM2Layers(settings, weights)
    let inner = try family.innerWidth()
    return try family.network { layer in
      try family.decoder.gatedMLP(
        layer, inner: inner, names: ("feed_forward.w1", "feed_forward.w3", "feed_forward.w2"))
    }
  }
}

extension Architecture {
  /// LFM2-MoE: LFM2 with experts behind its first blocks, chosen by corrected sigmoids.
  public static let lfm2MoE = Architecture(name: "LFM2-MoE", ggufName: "lfm2moe", modelTypes: ["lfm2_moe"]) {
    settings, weights in
    guard settings.isGGUF || settings.contains(gguf: nil, config: "layer_types") else {
      throw LoadError.missingSetting(key: "\(settings.files.settingsPrefix)layer_types", path: settings.files.path)
    }
    let family = try LFM2Layers(settings, weights)
    let inner = try family.decoder.innerWidth()
    let dense = try settings.whole(gguf: "leading_dense_block_count", config: "num_dense_layers") ?? 2
    guard dense < settings.layers else {
      throw settings.refuse(
        gguf: "leading_dense_block_count", config: "num_dense_layers", found: "\(dense)",
        expected: "less than the \(settings.layers) blocks")
    }
    if dense == 0 {
      settings.changesNothing(
        gguf: ["feed_forward_length"], config: ["intermediate_size"], because: "no block is without experts")
    }
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size", isEverywhere: dense == 0)
    experts.scores = .each(.sigmoid)
    experts.correction = .said(
      try settings.flag(gguf: nil, config: "use_expert_bias") ?? true, in: settings.files.kind)
    let isNormalised = try settings.flag(gguf: nil, config: "norm_topk_prob") ?? true
    experts.normalisation = isNormalised ? .sum(plus: 1e-6) : nil
    experts.scale = Float(try settings.real(gguf: nil, config: "routed_scaling_factor") ?? 1)
    let names = ExpertNames(
      folder: "feed_forward", correction: "expert_bias", gate: "w1", up: "w3", down: "w2")
    return try family.network { [experts] layer in
      guard layer >= dense else {
        return try family.decoder.gatedMLP(
          layer, inner: inner, names: ("feed_forward.w1", "feed_forward.w3", "feed_forward.w2"))
      }
      return try family.decoder.experts(layer, experts, names: names)
    }
  }
}

/// What LFM2's networks share.
struct LFM2Layers {
  let settings: ModelSettings
  let decoder: DecoderLayers
  /// [L] whether a block has attention.
  private let attends: [Bool]
  private let kernel: Int

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    self.settings = settings
    decoder = try DecoderLayers(
      settings, weights, norm: .rootMeanSquareNamed(epsilon: "norm_eps"),
      names: .init(
        attentionOutput: "self_attn.out_proj", finalNorm: "embedding_norm", finalNormInGGUF: "token_embd_norm"))
    kernel = try settings.requiredCount(gguf: "shortconv.l_cache", config: "conv_L_cache")
    let listed = try settings.layerKinds(["conv": false, "full_attention": true])
    let indices = try settings.integers(gguf: nil, config: "full_attn_idxs")
    if listed != nil {
      settings.changesNothing(config: ["full_attn_idxs"], because: "layer_types says which blocks have attention")
    }
    attends =
      listed ?? settings.attends ?? (0..<settings.layers).map { layer in indices.map { $0.contains(layer) } ?? true }
  }

  /// Width of the MLP's hidden layer, which config.json may adjust.
  func innerWidth() throws -> Int {
    // The older name of the width counts where it is there.
    let older = try settings.count(gguf: nil, config: "block_ff_dim")
    if older != nil { settings.changesNothing(config: ["intermediate_size"], because: "block_ff_dim is given") }
    let width = try older ?? decoder.innerWidth()
    let names = ["block_ffn_dim_multiplier", "block_multiple_of"]
    guard !settings.isGGUF, try settings.flag(gguf: nil, config: "block_auto_adjust_ff_dim") ?? true else {
      settings.changesNothing(config: names, because: "block_auto_adjust_ff_dim is false")
      return width
    }
    let adjusted = Int(2 * Double(width) / 3)
    guard let factor = try settings.real(gguf: nil, config: names[0]) else {
      settings.changesNothing(config: [names[1]], because: "block_ffn_dim_multiplier is null")
      return adjusted
    }
    let multiple = try settings.count(gguf: nil, config: names[1]) ?? 256
    return (try settings.share(factor, of: adjusted, config: names[0]) + multiple - 1) / multiple * multiple
  }

  func network(mlp: (Int) throws -> FeedForward) throws -> Network {
    var rotary = RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
    rotary.usualBase = 1_000_000
    let rotation = try rotary.rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "conv_bias") ?? false, in: settings.files.kind)
    // An older name, which decides where it is there.
    try settings.require(true, config: "tie_embedding")
    return try decoder.network(tiedByDefault: true) { layer in
      Block(
        attentionNorm: try decoder.norm(layer, "attn_norm", "operator_norm"),
        attention: attends[layer] ? try attention(layer, rotation) : nil,
        recurrent: attends[layer] ? nil : try decoder.gatedConvolution(layer, kernel: kernel, bias),
        mlpNorm: try decoder.norm(layer, "ffn_norm", "ffn_norm"), mlp: try mlp(layer))
    }
  }

  private func attention(_ layer: Int, _ rotation: Rotation) throws -> Attention {
    var attention = try decoder.attention(layer, rotation: rotation)
    attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_layernorm", width: decoder.headWidth)
    attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_layernorm", width: decoder.headWidth)
    return attention
  }
}

extension DecoderLayers {
  /// One projection gives both gates and the channels: [gate before | gate after | channels].
  func gatedConvolution(_ layer: Int, kernel: Int, _ bias: WeightLoader.Bias) throws -> Recurrent {
    let width = settings.width
    let whole = try weights.projection(
      name(layer, "shortconv.in_proj", "conv.in_proj"), 3 * width, width, bias: bias)
    return Recurrent(
      channels: JoinedProjection(parts: [whole.slice(2 * width..<3 * width)]), inputGate: whole.slice(0..<width),
      convolution: try convolution(
        layer, "shortconv.conv", "conv.conv", channels: width, kernel: kernel, bias: bias, activation: .linear),
      gate: Gate(projection: JoinedProjection(parts: [whole.slice(width..<2 * width)]), activation: .linear),
      output: try weights.projection(
        name(layer, "shortconv.out_proj", "conv.out_proj"), width, width, bias: bias))
  }
}
