// OLMo Hybrid (OLMo Team 2026). Follows transformers' modeling_olmo_hybrid.py; the names of a published file are those before its
// conversion_mapping.py. llama.cpp does not run it.

extension Architecture {
  /// OLMo Hybrid: gated delta rule in most blocks, in the others attention with norms behind its parts.
  public static let olmoHybrid = Architecture(name: "OLMo Hybrid", ggufName: nil, modelTypes: ["olmo_hybrid"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let attends = try settings.olmoHybridBlocks()
    let rotation =
      try settings.turnsOLMoHybrid
      ? RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation() : nil
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    settings.changesNothing(
      config: ["linear_a_log_min", "linear_a_log_max", "linear_dt_min", "linear_dt_max", "linear_dt_init_floor"],
      because: "how weights were initialised before training")
    let delta = try OLMoDelta(decoder)
    let isPublished = weights.files.tensors.keys.contains { $0.hasSuffix(".attention_layer_norm.weight") }
    return try decoder.network { [decoder] layer in
      guard attends[layer] else {
        return Block(
          attentionNorm: try decoder.norm(layer, "", isPublished ? "attention_layer_norm" : "input_layernorm"),
          recurrent: try delta.recurrent(layer),
          mlpNorm: try decoder.norm(layer, "", isPublished ? "feedforward_layer_norm" : "post_attention_layernorm"),
          mlp: try decoder.gatedMLP(layer))
      }
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_norm", width: decoder.queryWidth)
      attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_norm", width: decoder.keyWidth)
      // transformers saves this norm under the name that the other blocks' norm of the MLP has in a published file.
      let saved = decoder.name(layer, "", "feedforward_layer_norm.weight")
      let post = weights.contains(decoder.name(layer, "", "post_attention_layernorm.weight"))
      let isRenamed = weights.contains(saved) || isPublished && !post
      return Block(
        attention: attention,
        attentionPostNorm: try decoder.norm(
          layer, "", isRenamed ? "feedforward_layer_norm" : "post_attention_layernorm"),
        mlp: try decoder.gatedMLP(layer),
        mlpPostNorm: try decoder.norm(layer, "", "post_feedforward_layernorm"))
    }
  }
}

extension ModelSettings {
  /// [L] which blocks have attention: those of `layer_types`, or without it every fourth, and the last if there are fewer.
  fileprivate func olmoHybridBlocks() throws -> [Bool] {
    if let listed = try layerKinds(["linear_attention": false, "full_attention": true]) { return listed }
    return (0..<layers).map { $0 % 4 == 3 || layers < 4 && $0 == layers - 1 }
  }

  /// Whether queries and keys turn: not where the base of rotary positions is null.
  fileprivate var turnsOLMoHybrid: Bool {
    get throws {
      func isNull(_ key: String) -> Bool {
        look.key(gguf: nil, config: key).map(files.configuration.holdsNull) ?? false
      }
      let key = "rope_parameters.rope_theta"
      guard isNull(key) || isNull("rope_theta") && !contains(gguf: nil, config: key) else { return true }
      changesNothing(
        config: ["rope_theta", "rope_parameters.rope_type", "rope_parameters.partial_rotary_factor"],
        because: "the base of rotary positions is null, and nothing turns")
      return false
    }
  }
}

/// The gated delta rule with projections of its own for queries, keys, values, steps, strengths and the gate.
private struct OLMoDelta {
  let decoder: DecoderLayers
  let keyHeads: Int
  let heads: Int
  let keyWidth: Int
  let valueWidth: Int
  let kernel: Int
  /// Twice the sigmoid, if the state may change its sign.
  let strengthScale: Float

  init(_ decoder: DecoderLayers) throws {
    let settings = decoder.settings
    self.decoder = decoder
    func count(_ key: String) throws -> Int? { try settings.count(gguf: nil, config: key) }
    keyHeads = try count("linear_num_key_heads") ?? settings.heads
    heads = try count("linear_num_value_heads") ?? settings.heads
    keyWidth = try count("linear_key_head_dim") ?? Int(0.75 * Double(settings.width) / Double(keyHeads))
    valueWidth = try count("linear_value_head_dim") ?? 2 * keyWidth
    kernel = try count("linear_conv_kernel_dim") ?? 4
    let changesSign = try settings.flag(gguf: nil, config: "linear_allow_neg_eigval") ?? true
    strengthScale = changesSign ? 2 : 1
    try settings.requireSharedHeads(heads, keyHeads, gguf: "", config: "linear_num_key_heads")
  }

  /// Width of all keys, and of all values.
  private var keys: Int { keyHeads * keyWidth }
  private var values: Int { heads * valueWidth }

  func recurrent(_ layer: Int) throws -> Recurrent {
    let (weights, width) = (decoder.weights, decoder.settings.width)
    func name(_ part: String) -> String { decoder.name(layer, "", "linear_attn.\(part)") }
    func part(_ letter: String, _ out: Int) throws -> Projection {
      try weights.projection(name("\(letter)_proj"), out, width)
    }
    func alone(_ letter: String, _ out: Int) throws -> JoinedProjection {
      JoinedProjection(parts: [try part(letter, out)])
    }
    return Recurrent(
      channels: JoinedProjection(parts: [try part("q", keys), try part("k", keys), try part("v", values)]),
      convolution: try decoder.joinedConvolution(
        layer, "linear_attn", parts: [keys, keys, values], kernel: kernel, activation: decoder.activation),
      scan: .heads(
        HeadScan(
          heads: heads, keyHeads: keyHeads, keyWidth: keyWidth, valueWidth: valueWidth, queryStart: 0, keyStart: keys,
          valueStart: 2 * keys, unitNorm: 1e-6, queryScale: 1 / Float(keyWidth).squareRoot(),
          steps: try alone("a", heads), stepBias: try weights.vector(name("dt_bias"), heads),
          decays: try decoder.decays(name("A_log"), shape: [heads]), strengths: try alone("b", heads),
          strengthScale: strengthScale, corrects: true)),
      gate: Gate(
        projection: try alone("g", values), activation: .silu,
        norm: Norm(
          kind: .rootMeanSquare, weight: try weights.vector(name("o_norm.weight"), valueWidth), epsilon: 1e-5),
        normsFirst: true),
      output: try weights.projection(name("o_proj"), width, values))
  }
}
