// Granite 4 (IBM Granite Team 2025). Follows transformers' modeling_granitemoehybrid.py; GGUF names, and the interleaved rows of queries and keys, as
// in llama.cpp's conversion/granite.py, which states zero key heads for blocks with a Mamba 2 mixer.

extension Architecture {
  /// Granite 4: a Mamba 2 mixer or attention in each block, Granite's factors, a shared MLP, in some sizes beside experts.
  public static let graniteHybrid = Architecture(
    name: "Granite 4", ggufName: "granitehybrid", modelTypes: ["granitemoehybrid"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let family = try GraniteHybrid(decoder)
    return try family.network()
  }
}

/// The parts of a Granite 4 network.
private struct GraniteHybrid {
  let settings: ModelSettings
  let decoder: DecoderLayers
  let mixer: Mamba2Mixer?
  /// [L] whether a block has attention.
  let attends: [Bool]
  let rotation: Rotation?
  let bias: WeightLoader.Bias
  /// The experts of a block beside the shared MLP; nil for the shared MLP alone.
  let experts: ((DecoderLayers, Int) throws -> FeedForward)?
  /// Width of the shared MLP's hidden layer in a model without experts.
  let inner: Int

  init(_ decoder: DecoderLayers) throws {
    let settings = decoder.settings
    self.settings = settings
    self.decoder = decoder
    let kinds: KeyValuePairs = [
      "mamba": false, "linear_attention": false, "attention": true, "full_attention": true,
    ]
    attends =
      try settings.layerKinds(kinds) ?? settings.attends
      ?? [Bool](repeating: settings.isGGUF, count: settings.layers)
    mixer = attends.contains(false) ? try GraniteHybrid.mixer(decoder) : nil
    rotation = try GraniteHybrid.rotation(decoder)
    bias = .said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    guard try !settings.hasExperts(config: "num_local_experts") else {
      experts = try Architecture.graniteExperts(settings, decoder.weights)
      inner = 0
      return
    }
    experts = nil
    settings.changesNothing(
      gguf: ["expert_count", "expert_used_count"], config: ["intermediate_size", "num_experts_per_tok"],
      because: "there are no experts beside the shared MLP")
    inner = try settings.requiredCount(gguf: "feed_forward_length", config: "shared_intermediate_size")
  }

  private static func mixer(_ decoder: DecoderLayers) throws -> Mamba2Mixer {
    let settings = decoder.settings
    let expand = try settings.count(gguf: nil, config: "mamba_expand") ?? 2
    var mixer = try Mamba2Mixer(
      decoder, folder: "mamba", heads: "mamba_n_heads", headWidth: "mamba_d_head", groups: "mamba_n_groups",
      states: "mamba_d_state", kernel: "mamba_d_conv", inner: expand * settings.width)
    let kind = settings.files.kind
    mixer.inputBias = .said(try settings.flag(gguf: nil, config: "mamba_proj_bias") ?? false, in: kind)
    mixer.outputBias = mixer.inputBias
    mixer.convolutionBias = .said(try settings.flag(gguf: nil, config: "mamba_conv_bias") ?? true, in: kind)
    return mixer
  }

  /// Positions turn only where `position_embedding_type` says so; in GGUF where `rope.scaling.finetuned` does.
  private static func rotation(_ decoder: DecoderLayers) throws -> Rotation? {
    let settings = decoder.settings
    let kind = try settings.string(gguf: nil, config: "position_embedding_type")
    if let kind, !["rope", "nope"].contains(kind) {
      throw settings.refuse(
        gguf: nil, config: "position_embedding_type", found: "'\(kind)'", expected: "'rope' or 'nope'")
    }
    let turns =
      settings.isGGUF ? try settings.flag(gguf: "rope.scaling.finetuned", config: nil) ?? false : kind == "rope"
    let rotation = try RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
      .rotation()
    if !turns {
      settings.changesNothing(
        gguf: ["rope.dimension_count", "rope.freq_base"], config: ["rope_theta", "rope_parameters", "rope_scaling"],
        because: "positions do not turn")
    }
    return turns ? rotation : nil
  }

  func network() throws -> Network {
    func factor(_ gguf: String, _ config: String) throws -> Float {
      Float(try settings.real(gguf: gguf, config: config) ?? 1)
    }
    let scale = try factor("attention.scale", "attention_multiplier")
    let residual = try factor("residual_scale", "residual_multiplier")
    return try decoder.network(
      embeddingScale: try factor("embedding_scale", "embedding_multiplier"),
      headScale: 1 / (try settings.divisor(gguf: "logit_scale", config: "logits_scaling"))
    ) { layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attends[layer] ? try attention(layer, scale) : nil,
        recurrent: attends[layer] ? nil : try mixer?.recurrent(layer), mlpNorm: try decoder.mlpNorm(layer),
        mlp: try experts.map { try $0(decoder, layer) } ?? sharedMLP(layer), residualScale: residual)
    }
  }

  private func attention(_ layer: Int, _ scale: Float) throws -> Attention {
    var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
    attention.interleavedRows = decoder.isGGUF
    attention.scale = scale
    return attention
  }

  /// The MLP that every token uses: gate and up are one projection in a folder, gate first.
  private func sharedMLP(_ layer: Int) throws -> FeedForward {
    let (weights, width) = (decoder.weights, settings.width)
    func name(_ inGGUF: String, _ part: String) -> String { decoder.name(layer, inGGUF, part) }
    let down = try weights.projection(name("ffn_down", "shared_mlp.output_linear"), width, inner)
    guard !decoder.isGGUF else {
      return .dense(
        MLP(
          gate: try weights.projection(name("ffn_gate", ""), inner, width),
          up: try weights.projection(name("ffn_up", ""), inner, width), down: down, activation: decoder.activation))
    }
    let both = try weights.projection(name("", "shared_mlp.input_linear"), 2 * inner, width)
    return .dense(
      MLP(
        gate: both.slice(0..<inner), up: both.slice(inner..<(2 * inner)), down: down, activation: decoder.activation))
  }
}
