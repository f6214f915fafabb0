// Gemma 4 (Gemma Team 2026), the text model. Follows transformers' modeling_gemma4.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Gemma 4: wider heads in full layers, normed values, keys and values shared by the last layers, inputs of every layer from
  /// the token, a stored factor of each layer, experts beside the MLP.
  public static let gemma4 = Architecture(
    name: "Gemma 4", ggufName: "gemma4", modelTypes: ["gemma4_text", "gemma4_unified_text"],
    settings: SettingNames(kvHeadsByLayer: true)
  ) { settings, weights in
    let layers = try Gemma4Layers(settings)
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: layers.all[0].headWidth)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .geluTanh)
    let rotations = try gemma4Rotations(layers, settings, weights)
    let bias = try gemmaBias(settings)
    let headCap = try settings.softcap("final_logit_softcapping", usual: nil)
    let experts = try gemma4Experts(settings)
    let perLayer = try decoder.perLayerInputs(settings)
    var network = try decoder.network(
      embeddingScale: Float(settings.width).squareRoot(), headSoftcap: headCap, tiedByDefault: true
    ) { [decoder] layer in
      let shape = layers.all[layer]
      var own = decoder
      (own.headWidth, own.kvHeads) = (shape.headWidth, shape.kvHeads)
      var attention = try own.gemma4Attention(layer, shape, bias: bias)
      attention.rotation = shape.window == nil ? rotations.full : rotations.sliding
      var block = try own.sandwich(layer, attention, inner: shape.inner)
      if let experts { try own.addExperts(experts, to: &block, layer) }
      block.perLayer = try perLayer.map { try own.perLayerUse(layer, width: $0.width) }
      block.outputScale = try own.layerScale(layer)
      return block
    }
    if let perLayer, perLayer.tokens.rows < network.vocabulary {
      throw settings.refuse(
        gguf: nil, config: "vocab_size_per_layer_input", found: "\(perLayer.tokens.rows)",
        expected: "at least \(network.vocabulary), an input for every token")
    }
    network.embedding.perLayer = perLayer
    return network
  }

  /// The rotations of full and of sliding layers.
  private static func gemma4Rotations(
    _ layers: Gemma4Layers, _ settings: ModelSettings, _ weights: WeightLoader
  ) throws -> (full: Rotation?, sliding: Rotation?) {
    try settings.refuseOneScaling()
    let isSaid = settings.isGGUF || settings.contains(gguf: nil, config: "rope_parameters")
    func rotation(_ kind: RotarySettings.Layers, _ width: Int?, usualBase: Double) throws -> Rotation? {
      guard let width else { return nil }
      // Where config.json has no section, transformers' own has a quarter of full layers' heads turn.
      guard isSaid else {
        var rotation = Rotation(width: width, base: Float(usualBase))
        if kind == .full { for still in width / 8..<width / 2 { rotation.frequencies[still] = 0 } }
        return rotation
      }
      return try RotarySettings(
        settings: settings, weights: weights, headWidth: width, layers: kind, baseName: nil, usualBase: usualBase
      ).rotation()
    }
    return (
      try rotation(.full, layers.all.first { $0.window == nil }?.headWidth, usualBase: 1_000_000),
      try rotation(.sliding, layers.all.first { $0.window != nil }?.headWidth, usualBase: 10_000)
    )
  }
}

extension DecoderLayers {
  /// Attention of Gemma 3n and 4: normed queries, keys and values, scores as they are.
  func gemma4Attention(
    _ layer: Int, _ shape: Gemma4Layers.Layer, bias: WeightLoader.Bias
  ) throws -> Attention {
    func part(_ letter: String, _ out: Int) throws -> Projection {
      try weights.projection(name(layer, "attn_\(letter)", "self_attn.\(letter)_proj"), out, settings.width, bias: bias)
    }
    let query = try part("q", queryWidth)
    let inputs: Attention.Inputs
    if let source = shape.source {
      inputs = .shared(query: query, block: source)
      for (gguf, folder) in [("attn_k", "k_proj"), ("attn_v", "v_proj"), ("attn_k_norm", "k_norm")] {
        // Files may hold them; transformers ignores them, too.
        weights.ignore(name(layer, gguf, "self_attn.\(folder)") + ".weight")
      }
    } else if shape.keysAreValues {
      inputs = .keysAsValues(query: query, key: try part("k", keyWidth))
    } else {
      inputs = .separate(query: query, key: try part("k", keyWidth), value: try part("v", keyWidth))
    }
    var attention = try attention(layer, inputs, rotation: nil, outputBias: bias)
    attention.window = shape.window
    attention.scale = 1
    attention.queryNorm = try norm(layer, "attn_q_norm", "self_attn.q_norm", width: headWidth)
    guard shape.source == nil else { return attention }
    attention.keyNorm = try norm(layer, "attn_k_norm", "self_attn.k_norm", width: headWidth)
    attention.valueNorm = plainNorm(width: headWidth)
    return attention
  }

  /// The inputs of every layer; nil if the model has none.
  func perLayerInputs(_ settings: ModelSettings) throws -> PerLayerInputs? {
    let width =
      try settings.whole(gguf: "embedding_length_per_layer_input", config: "hidden_size_per_layer_input") ?? 0
    guard width > 0 else {
      settings.changesNothing(
        config: ["vocab_size_per_layer_input"], because: "hidden_size_per_layer_input is 0")
      return nil
    }
    let all = settings.layers * width
    let table = try weights.matrix(name("per_layer_token_embd", "embed_tokens_per_layer") + ".weight", columns: all)
    if let size = try settings.count(gguf: nil, config: "vocab_size_per_layer_input"), size != table.rows {
      throw settings.refuse(
        gguf: nil, config: "vocab_size_per_layer_input", found: "\(size)",
        expected: "\(table.rows), the rows of the table of inputs")
    }
    return PerLayerInputs(
      tokens: table, tokenScale: Float(width).squareRoot(),
      projection: try weights.projection(
        name("per_layer_model_proj", "per_layer_model_projection"), all, settings.width),
      projectionScale: 1 / Float(settings.width).squareRoot(),
      norm: try norm(name("per_layer_proj_norm", "per_layer_projection_norm"), width: width),
      scale: Float(0.5).squareRoot(), width: width)
  }

  /// How a layer uses its input.
  func perLayerUse(_ layer: Int, width: Int) throws -> PerLayerUse {
    PerLayerUse(
      gate: try weights.projection(name(layer, "inp_gate", "per_layer_input_gate"), width, settings.width),
      activation: activation,
      projection: try weights.projection(name(layer, "proj", "per_layer_projection"), settings.width, width),
      norm: try norm(layer, "post_norm", "post_per_layer_input_norm"))
  }

  /// The factor of a layer's output, which GGUF files may leave out.
  fileprivate func layerScale(_ layer: Int) throws -> Float {
    let stored = isGGUF ? name(layer, "layer_output_scale", "") + ".weight" : name(layer, "", "layer_scalar")
    return isGGUF
      ? try weights.optionalVector(stored, 1)?.first ?? 1 : try weights.vector(stored, 1).first ?? 1
  }
}
