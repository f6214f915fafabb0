// Muse Glimmer (Meta 2026), as the language part of its multimodal model. Follows transformers' modeling_muse_glimmer.py.

extension Architecture {
  /// Muse Glimmer: normed embeddings, gated attention with norms without weights, norms on both sides, no positions in layers without a
  /// window.
  public static let museGlimmer = Architecture(
    name: "Muse Glimmer", ggufName: nil, modelTypes: ["muse_glimmer_text"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 128)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .silu)
    let last = settings.layers - 1
    let windows = try AttentionWindows.listed(settings, or: (0...last).map { (last - $0) % 4 != 0 })
    let rotations = try settings.museRotations(decoder)
    func number(_ key: String, _ usual: Double) throws -> Float {
      Float(try settings.real(gguf: nil, config: key) ?? usual)
    }
    let factor = try number("qk_scale_factor", 3.87)
    let postEpsilon = try number("post_norm_eps", 1e-8)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    var network = try decoder.network(
      headScale: try number("output_multiplier", 0.19611613513818404),
      headSoftcap: try settings.softcap("final_logit_softcapping", usual: 20)
    ) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotations[layer], inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      attention.queryNorm = decoder.plainNorm(width: decoder.headWidth)
      attention.keyNorm = decoder.plainNorm(width: decoder.headWidth)
      attention.scale *= factor
      attention.gate = try weights.projection(
        decoder.name(layer, "", "self_attn.gate_proj"), decoder.queryWidth, settings.width)
      var block = try decoder.sandwich(layer, attention)
      block.attentionPostNorm?.epsilon = postEpsilon
      block.mlpPostNorm?.epsilon = postEpsilon
      return block
    }
    network.embedding.norm = decoder.plainNorm(width: settings.width)
    // Unlike the blocks' norms, the weight of the last one is stored whole.
    network.output.norm = Norm(
      kind: .rootMeanSquare, weight: try weights.vector(decoder.name("", "norm") + ".weight", settings.width),
      epsilon: decoder.epsilon)
    return network
  }
}

extension ModelSettings {
  /// [L] the positions of each layer; none where `layer_rope_theta` is zero, by default in every fourth layer from the last one on.
  fileprivate func museRotations(_ decoder: DecoderLayers) throws -> [Rotation?] {
    let rotary = RotarySettings(settings: self, weights: decoder.weights, headWidth: decoder.headWidth)
    let (rotation, base) = (try rotary.rotation(), try rotary.base())
    let key = "layer_rope_theta"
    guard let bases = try reals(gguf: nil, config: key) else {
      return (0..<layers).map { (layers - 1 - $0) % 4 == 0 ? nil : rotation }
    }
    guard bases.count == layers, bases.allSatisfy({ $0 == 0 || $0 == Float(base) }) else {
      throw refuse(
        gguf: nil, config: key, found: "\(bases)",
        expected: "\(layers) times 0 or \(base): transformers turns every layer by 'rope_theta', or not at all")
    }
    return bases.map { $0 == 0 ? nil : rotation }
  }
}
