// The language part of MiniMax-M3 (2026). Follows transformers' modeling_minimax_m3_vl.py and conversion_mapping.py.

extension Architecture {
  /// MiniMax-M3: MiniMax-M2 with gpt-oss's bounded gates and a shared expert; some layers look at chosen positions, in texts as long as
  /// all are chosen.
  public static let miniMaxM3 = Architecture(name: "MiniMax-M3", ggufName: nil, modelTypes: ["minimax_m3_vl_text"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne)
    // x * sigmoid(1.702 x), whatever hidden_act says.
    decoder.activation = .quickGELU
    settings.changesNothing(config: ["hidden_act"], because: "MLPs of MiniMax-M3 have a form of their own")
    let limit = Float(try settings.real(gguf: nil, config: "swiglu_limit") ?? 7)
    if let slope = try settings.real(gguf: nil, config: "swiglu_alpha"), slope != 1.702 {
      throw settings.refuse(gguf: nil, config: "swiglu_alpha", found: "\(slope)", expected: "1.702")
    }
    let choosing = try settings.layerKinds(["full_attention": false, "minimax_m3_sparse": true])
    let sparse = SparseAttention(
      settings,
      reach: try settings.requiredCount(gguf: "", config: "index_block_size")
        * min(try settings.requiredCount(gguf: "", config: "index_topk_blocks"), 1 << 20),
      names: ["index_head_dim", "index_n_heads", "index_local_blocks"])
    var rotary = RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, partName: nil, turnsPart: true)
    // transformers reads the part in the section alone.
    rotary.widthName = nil
    let rotation = try rotary.rotation()
    try settings.requireRotatedWidth(rotation.frequencies.count * 2)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    var experts = try ExpertSettings.required(
      settings, names: ["num_local_experts", "num_experts"], inner: "intermediate_size")
    experts.scores = .each(.sigmoid)
    experts.correction = .required
    experts.scale = Float(try settings.real(gguf: nil, config: "routed_scaling_factor") ?? 1)
    (experts.limit, experts.upOffset) = (limit, 1)
    let mlps = try MiniMaxMLPs(decoder, experts, limit: limit)
    let network = try decoder.network { [decoder] layer in
      if choosing?[layer] ?? false { sparse.passOver(decoder, layer, "self_attn.indexer") }
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mlps.mlp(layer))
    }
    return choosing?.contains(true) ?? false ? sparse.bound(network, settings) : network
  }
}

extension ModelSettings {
  /// Refuses `rotary_dim` where it is not the width that turns.
  fileprivate func requireRotatedWidth(_ width: Int) throws {
    guard let said = try count(gguf: nil, config: "rotary_dim"), contains(gguf: nil, config: "rotary_dim"),
      said != width
    else { return }
    throw refuse(
      gguf: nil, config: "rotary_dim", found: "\(said)",
      expected: "\(width), which 'partial_rotary_factor' in 'rope_parameters' says")
  }
}

/// The dense MLPs and experts of MiniMax-M3, under the names of a released file or those of transformers' memory.
private struct MiniMaxMLPs {
  let decoder: DecoderLayers
  let experts: ExpertSettings
  let limit: Float
  private let isSparse: [Bool]
  private let dense: Int
  private let shared: Int

  init(_ decoder: DecoderLayers, _ experts: ExpertSettings, limit: Float) throws {
    (self.decoder, self.experts, self.limit) = (decoder, experts, limit)
    let settings = decoder.settings
    isSparse = try Architecture.sparseBlocks(
      settings, usual: [Bool](repeating: true, count: settings.layers), width: "dense_intermediate_size")
    dense = try settings.requiredCount(gguf: "", config: "dense_intermediate_size")
    shared = try settings.requiredCount(gguf: "", config: "shared_intermediate_size")
  }

  func mlp(_ layer: Int) throws -> FeedForward {
    guard isSparse[layer] else { return .dense(try gated(layer, "mlp", inner: dense)) }
    let released = decoder.name(layer, "", "block_sparse_moe.")
    let isInMemory = !decoder.weights.files.tensors.keys.contains { $0.hasPrefix(released) }
    let folder = isInMemory ? "mlp" : "block_sparse_moe"
    let names = ExpertNames(
      folder: "block_sparse_moe",
      correction: isInMemory ? "gate.e_score_correction_bias" : "e_score_correction_bias", gate: "w1", up: "w3",
      down: "w2")
    return .sum([
      Summand(part: try decoder.experts(layer, experts, names: names)),
      Summand(part: .dense(try gated(layer, folder + ".shared_experts", inner: shared))),
    ])
  }

  /// A gated MLP whose gate and up are stored as one, or each by itself.
  private func gated(_ layer: Int, _ folder: String, inner: Int) throws -> MLP {
    let (weights, width) = (decoder.weights, decoder.settings.width)
    func part(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection(decoder.name(layer, "", "\(folder).\(name)"), out, input)
    }
    let isSeparate = ["gate_proj", "up_proj"].contains {
      weights.contains(decoder.name(layer, "", "\(folder).\($0).weight"))
    }
    let fused = !isSeparate ? try part("gate_up_proj", 2 * inner, width) : nil
    return MLP(
      gate: try fused?.slice(0..<inner) ?? part("gate_proj", inner, width),
      up: try fused?.slice(inner..<2 * inner) ?? part("up_proj", inner, width),
      down: try part("down_proj", width, inner), activation: decoder.activation, limit: limit, upOffset: 1)
  }
}
