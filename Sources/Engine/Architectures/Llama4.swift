// Llama 4 (Meta 2025), the text model. Follows transformers' modeling_llama4.py; GGUF names and fixed numbers as in llama.cpp's llama4.cpp.

extension Architecture {
  /// Llama 4: chunks of attention, layers without rotation whose queries grow with their position, normed queries and keys after
  /// the rotation, experts whose input is weighed.
  public static let llama4 = Architecture(name: "Llama 4", ggufName: "llama4", modelTypes: ["llama4_text"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, headWidth: settings.isGGUF ? nil : 128)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent, usualBase: 500_000
    ).rotation()
    let layers = try Llama4Layers(settings)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    let inner = try settings.count(gguf: "feed_forward_length", config: "intermediate_size_mlp")
    return try decoder.network { [decoder] layer in
      let shape = layers.all[layer]
      var attention = try decoder.attention(
        layer, rotation: shape.turns ? rotation : nil, inputBias: bias, outputBias: bias)
      attention.chunk = shape.chunk
      attention.temperature = shape.turns ? nil : layers.temperature
      if shape.turns, layers.norms {
        attention.normsFollowRotation = true
        attention.queryNorm = decoder.plainNorm(width: decoder.headWidth)
        attention.keyNorm = attention.queryNorm
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.llama4MLP(layer, shape.hasExperts ? layers.experts : nil, inner: inner))
    }
  }
}

/// What differs between Llama 4's layers.
struct Llama4Layers {
  /// A layer.
  struct Layer {
    /// Whether queries and keys turn by position.
    var turns: Bool
    /// The length of the chunks that attention stays in; nil for none.
    var chunk: Int?
    var hasExperts: Bool
  }

  let all: [Layer]
  /// Whether queries and keys of layers that turn are normed.
  let norms: Bool
  /// How queries of the other layers grow with their position.
  let temperature: AttentionTemperature?
  let experts: ExpertSettings?

  /// Reads them.
  init(_ settings: ModelSettings) throws {
    let turns = try Self.turns(settings)
    let chunks = try Self.chunks(settings, turns)
    let hasExperts = try Self.experts(settings)
    all = turns.indices.map { Layer(turns: turns[$0], chunk: chunks[$0], hasExperts: hasExperts[$0]) }
    var experts: ExpertSettings?
    if hasExperts.contains(true) {
      experts = try ExpertSettings(
        settings, names: ["num_local_experts"], inner: "intermediate_size",
        isEverywhere: !hasExperts.contains(false))
      experts?.scores = .each(.sigmoid)
      experts?.normalisation = nil
      experts?.weighsInput = true
    }
    self.experts = experts
    // llama.cpp knows the largest model, which has no norms, by its experts.
    norms =
      settings.isGGUF ? experts?.count != 128 : try settings.flag(gguf: nil, config: "use_qk_norm") ?? true
    temperature = try Self.temperature(settings)
  }

  private static func turns(_ settings: ModelSettings) throws -> [Bool] {
    let layers = 0..<settings.layers
    if settings.isGGUF {
      // A window of zero stands for rotation in every layer.
      let window = try settings.whole(gguf: "attention.sliding_window", config: "")
      return layers.map { window == 0 || ($0 + 1) % 4 != 0 }
    }
    let interval = try settings.count(gguf: nil, config: "no_rope_layer_interval") ?? 4
    guard let listed = try settings.integers(gguf: nil, config: "no_rope_layers"), !listed.isEmpty else {
      return layers.map { ($0 + 1) % interval != 0 }
    }
    settings.changesNothing(config: ["no_rope_layer_interval"], because: "no_rope_layers says it")
    guard listed.count == settings.layers, listed.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw settings.refuse(
        gguf: nil, config: "no_rope_layers", found: "\(listed)",
        expected: "\(settings.layers) of 1, for a layer that turns, and 0")
    }
    return listed.map { $0 == 1 }
  }

  private static func chunks(_ settings: ModelSettings, _ turns: [Bool]) throws -> [Int?] {
    if settings.isGGUF {
      let window = try settings.whole(gguf: "attention.sliding_window", config: "")
      return turns.map { $0 && window != 0 ? 8192 : nil }
    }
    let width = try settings.count(gguf: nil, config: "attention_chunk_size")
    guard let types = try settings.strings(gguf: nil, config: "layer_types") else {
      return turns.map { $0 ? width : nil }
    }
    guard types.count == turns.count, types.allSatisfy({ ["chunked_attention", "full_attention"].contains($0) }),
      width != nil || !types.contains("chunked_attention")
    else {
      throw settings.refuse(
        gguf: nil, config: "layer_types", found: "\(types)",
        expected: "\(turns.count) of 'full_attention' and, with attention_chunk_size, 'chunked_attention'")
    }
    return types.map { $0 == "chunked_attention" ? width : nil }
  }

  private static func experts(_ settings: ModelSettings) throws -> [Bool] {
    let layers = 0..<settings.layers
    if settings.isGGUF, try settings.whole(gguf: "expert_count", config: "") ?? 0 == 0 {
      settings.changesNothing(
        gguf: ["interleave_moe_layer_step", "expert_used_count", "expert_feed_forward_length"],
        because: "there are no experts")
      return layers.map { _ in false }
    }
    let step = try settings.whole(gguf: "interleave_moe_layer_step", config: "interleave_moe_layer_step") ?? 1
    if let listed = try settings.integers(gguf: nil, config: "moe_layers") {
      settings.changesNothing(config: ["interleave_moe_layer_step"], because: "moe_layers says it")
      return layers.map { listed.contains($0) }
    }
    return layers.map { step > 0 && ($0 + 1) % step == 0 }
  }

  private static func temperature(_ settings: ModelSettings) throws -> AttentionTemperature? {
    guard !settings.isGGUF else { return AttentionTemperature(strength: 0.1, span: 8192, offset: 1) }
    // The first files say 4, which transformers reads as true.
    let key = settings.look.key(gguf: nil, config: "attn_temperature_tuning") ?? ""
    let number = try? settings.files.configuration.integer(key)
    let isOn = try number.map { $0 != 0 } ?? settings.flag(gguf: nil, config: "attn_temperature_tuning") ?? true
    guard isOn else {
      settings.changesNothing(config: ["floor_scale", "attn_scale"], because: "attn_temperature_tuning is false")
      return nil
    }
    return AttentionTemperature(
      strength: Float(try settings.real(gguf: nil, config: "attn_scale") ?? 0.1),
      span: Float(try settings.count(gguf: nil, config: "floor_scale") ?? 8192), offset: 1)
  }
}

extension DecoderLayers {
  /// The MLP of a layer, or its experts beside the shared one.
  fileprivate func llama4MLP(_ layer: Int, _ experts: ExpertSettings?, inner: Int?) throws -> FeedForward {
    guard let experts else {
      guard let inner else {
        throw LoadError.missingSetting(
          key: settings.look.key(gguf: "feed_forward_length", config: "intermediate_size_mlp") ?? "",
          path: weights.files.path)
      }
      func part(_ which: String, _ out: Int, _ input: Int) throws -> Projection {
        try weights.projection(name(layer, "ffn_\(which)", "feed_forward.\(which)_proj"), out, input)
      }
      return .dense(
        MLP(
          gate: try part("gate", inner, settings.width), up: try part("up", inner, settings.width),
          down: try part("down", settings.width, inner), activation: activation))
    }
    let names = ExpertNames(folder: "feed_forward", router: "router", layout: .inOut)
    return .sum([
      try sharedExpert(layer, "feed_forward.shared_expert", inner: experts.inner),
      Summand(part: try self.experts(layer, experts, names: names)),
    ])
  }
}
