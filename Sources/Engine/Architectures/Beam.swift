// Beam (2026). Follows transformers' modeling_beam.py and configuration_beam.py.

extension Architecture {
  /// Beam: gated attention, queries that grow in layers without positions, norms on both sides, a stream that shrinks by depth.
  public static let beam = Architecture(name: "Beam", ggufName: nil, modelTypes: ["beam"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let last = settings.layers - 1
    let windows = try AttentionWindows.listed(settings, or: (0...last).map { ($0 + 1) % 6 != 0 && $0 != last })
    let rotations = try beamRotations(decoder, windows)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let hasExperts = try sparseBlocks(settings, usual: (0...last).map { $0 >= 3 })
    let mixture = try DeepSeekMixture(settings, hasExperts: hasExperts)
    return try decoder.network(headSoftcap: settings.softcap("final_logit_softcapping", usual: 30)) { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotations[layer], inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.headWidth)
      if rotations[layer] == nil {
        attention.temperature = AttentionTemperature(isPower: true, strength: 0.1, span: 2048, offset: 1)
      }
      var gate = try weights.projection(
        decoder.name(layer, "", "self_attn.gate_proj"), decoder.queryWidth, settings.width)
      gate.bias = try weights.vector(decoder.name(layer, "", "self_attn.gate_bias"), settings.heads)
        .flatMap { [Float](repeating: $0, count: decoder.headWidth) }
      attention.gate = gate
      var block = Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: try decoder.norm(layer, "", "post_attention_layernorm"),
        mlpNorm: try decoder.norm(layer, "", "pre_feedforward_layernorm"), mlp: try mixture.mlp(layer, decoder),
        mlpPostNorm: try decoder.norm(layer, "", "post_feedforward_layernorm"))
      // The n-th sum has the n-th part of the change's square, and the stream the rest.
      let first = Double(2 * (layer + 1))
      block.attentionPostNorm?.multiply(by: 1 / first.squareRoot())
      block.mlpPostNorm?.multiply(by: 1 / (first + 1).squareRoot())
      func keep(_ n: Double) -> [Float] {
        [Float](repeating: Float(((n - 1) / n).squareRoot()), count: settings.width)
      }
      block.keeps = StreamFactors(mixer: keep(first), mlp: keep(first + 1))
      return block
    }
  }

  /// [L] positions: a section for each kind of layer, or null for none.
  private static func beamRotations(_ decoder: DecoderLayers, _ windows: AttentionWindows) throws -> [Rotation?] {
    let settings = decoder.settings
    try settings.refuseOneScaling()
    let isListed = settings.contains(gguf: nil, config: "rope_parameters")
    func rotation(_ layers: RotarySettings.Layers, _ kind: String, usual: [String: any Sendable]?) throws -> Rotation? {
      if isListed, !settings.contains(gguf: nil, config: "rope_parameters.\(kind)") { return nil }
      guard isListed || usual != nil else { return nil }
      var rotary = RotarySettings(
        settings: settings, weights: decoder.weights, headWidth: decoder.headWidth, layers: layers, baseName: nil,
        partName: nil)
      rotary.usualSection = usual ?? [:]
      return try rotary.rotation()
    }
    let full = try rotation(.full, "full_attention", usual: nil)
    let local = try rotation(
      .sliding, "sliding_attention", usual: ["rope_type": "default", "rope_theta": 10_000.0])
    return windows.byLayer.map { $0 == nil ? full : local }
  }
}

extension Norm {
  /// Multiplies the output by a factor.
  fileprivate mutating func multiply(by factor: Double) {
    weight = weight.map { Float(Double($0) * factor) }
    bias = bias?.map { Float(Double($0) * factor) }
  }
}
