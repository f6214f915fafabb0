// LFM3 (Liquid AI 2026). Follows transformers' modeling_lfm3.py, configuration_lfm3.py and conversion_mapping.py.

extension Architecture {
  /// LFM3: LFM2 with windows in some blocks, positions by kind of block, heads with a gate each, and norms behind both parts of a block.
  public static let lfm3 = Architecture(name: "LFM3", ggufName: nil, modelTypes: ["lfm3"]) { settings, weights in
    let decoder = try DecoderLayers(
      settings, weights, norm: .rootMeanSquareNamed(epsilon: "norm_eps"), names: .init(finalNorm: "embedding_norm"))
    let kinds = try LFM3Kind.byLayer(settings)
    let windows = AttentionWindows(byLayer: try LFM3Kind.windows(kinds, settings))
    let rotations = try LayerRotations(
      decoder, full: ["rope_type": "proportional", "rope_theta": 1_000_000.0, "partial_rotary_factor": 0.5],
      local: ["rope_type": "default", "rope_theta": 10_000.0], windows, attends: kinds.map { $0 != .convolution })
    func bias(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    let (convolutionBias, attentionBias) = (try bias("conv_bias"), try bias("attention_bias"))
    let hasGates = try settings.flag(gguf: nil, config: "use_attention_gate") ?? true
    let hasPostNorms = try settings.flag(gguf: nil, config: "use_sandwich_norm") ?? true
    let kernel = try settings.requiredCount(gguf: "", config: "conv_L_cache")
    return try decoder.network(tiedByDefault: true) { layer in
      var block = Block(
        attentionNorm: try decoder.norm(layer, "", "operator_norm"), mlpNorm: try decoder.norm(layer, "", "ffn_norm"),
        mlp: try decoder.gatedMLP(layer, names: ("feed_forward.w1", "feed_forward.w3", "feed_forward.w2")))
      if kinds[layer] == .convolution {
        block.recurrent = try decoder.gatedConvolution(layer, kernel: kernel, convolutionBias)
      } else {
        var attention = try decoder.attention(
          layer, rotation: rotations.byLayer[layer], inputBias: attentionBias, outputBias: attentionBias)
        attention.window = windows.byLayer[layer]
        attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
        attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
        if hasGates { attention.gate = try lfm3Gate(decoder, layer) }
        block.attention = attention
      }
      if hasPostNorms {
        block.attentionPostNorm = try decoder.norm(layer, "", "post_operator_norm")
        block.mlpPostNorm = try decoder.norm(layer, "", "post_ffn_norm")
      }
      return block
    }
  }

  /// The gate of heads, under its name in released files or in the memory of transformers.
  private static func lfm3Gate(_ decoder: DecoderLayers, _ layer: Int) throws -> Projection {
    let own = decoder.weights.usesName(with: ".self_attn.g_proj.") ? "g_proj" : "gate_proj"
    return try decoder.weights.projection(
      decoder.name(layer, "", "self_attn.\(own)"), decoder.heads, decoder.settings.width)
  }
}

/// What a block of LFM3 has before its MLP.
private enum LFM3Kind: Equatable {
  /// A gated short convolution.
  case convolution
  /// Attention to all positions.
  case full
  /// Attention with a window.
  case sliding

  /// [L] the kinds of `layer_types`, or those that transformers takes without it.
  static func byLayer(_ settings: ModelSettings) throws -> [LFM3Kind] {
    try settings.layerKinds(["conv": .convolution, "full_attention": .full, "sliding_attention": .sliding])
      ?? (0..<settings.layers).map { layer in
        layer % 4 == 2 ? .full : layer % 4 == 0 && layer > 0 ? .sliding : .convolution
      }
  }

  /// [L] the window of each block.
  static func windows(_ kinds: [LFM3Kind], _ settings: ModelSettings) throws -> [Int?] {
    guard kinds.contains(.sliding) else {
      settings.changesNothing(config: ["sliding_window"], because: "no block has a window")
      return kinds.map { _ in nil }
    }
    let width = try settings.requiredCount(gguf: "", config: "sliding_window")
    return kinds.map { $0 == .sliding ? width : nil }
  }
}
