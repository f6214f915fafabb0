// Granite 3 (IBM Granite Team 2024), also with experts and with windows. Follows transformers' modeling_granite.py, modeling_granitemoe.py,
// modeling_granitemoeshared.py, modeling_granite_swa.py and modeling_granitemoe_swa.py; GGUF names, and the interleaved rows of queries and keys, as in llama.cpp's convert_hf_to_gguf.py.

extension Architecture {
  /// Granite: Llama with factors on embeddings, scores, residuals and logits.
  public static let granite = Architecture(
    name: "Granite", ggufName: "granite", modelTypes: ["granite", "granite_docling_text"]
  ) {
    settings, weights in
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: weights.files.kind)
    return try graniteNetwork(settings, weights) { decoder, layer in try decoder.gatedMLP(layer, bias: bias) }
  }

  /// Granite MoE: Granite with experts, and in some sizes an expert that every token uses.
  public static let graniteMoE = Architecture(
    name: "Granite MoE", ggufName: "granitemoe", modelTypes: ["granitemoe", "granitemoeshared"]
  ) { settings, weights in
    try graniteNetwork(settings, weights, mlp: graniteExperts(settings, weights))
  }

  /// Granite with windows: sinks, a window in most layers, a base of positions for each layer.
  public static let graniteSWA = Architecture(
    name: "Granite SWA", ggufName: nil, modelTypes: ["granite_swa", "granitemoe_swa"]
  ) { settings, weights in
    let isLocal = (0..<settings.layers).map { $0 % 4 != 0 }
    let windows = try AttentionWindows.listed(settings, or: isLocal)
    if settings.files.architecture == "granitemoe_swa" {
      return try graniteNetwork(settings, weights, windows: windows, mlp: graniteExperts(settings, weights))
    }
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: weights.files.kind)
    return try graniteNetwork(settings, weights, windows: windows) { decoder, layer in
      try decoder.gatedMLP(layer, bias: bias)
    }
  }

  /// The experts of a block, and the expert that every token uses where there is one.
  static func graniteExperts(
    _ settings: ModelSettings, _ weights: WeightLoader
  ) throws -> (DecoderLayers, Int) throws -> FeedForward {
    var experts = try ExpertSettings.required(settings, names: ["num_local_experts"], inner: "intermediate_size")
    experts.scores = .softmaxOfChosen
    experts.normalisation = nil
    let names = ExpertNames(
      folder: "block_sparse_moe", router: "router.layer", otherRouter: "router", gatesAndUps: "input_linear.weight",
      downs: "output_linear.weight")
    let hasShared = settings.isGGUF || settings.files.architecture != "granitemoe"
    let shared =
      try hasShared
      ? settings.whole(gguf: "expert_shared_feed_forward_length", config: "shared_intermediate_size") ?? 0 : 0
    return { [experts] decoder, layer in
      let mixture = try decoder.experts(layer, experts, names: names)
      guard shared > 0 else { return mixture }
      return .sum([Summand(part: mixture), try graniteShared(decoder, layer, inner: shared)])
    }
  }

  /// The MLP that every token uses, in a folder with gates and ups in one projection.
  static func graniteShared(_ decoder: DecoderLayers, _ layer: Int, inner: Int) throws -> Summand {
    guard !decoder.isGGUF else { return try decoder.sharedExpert(layer, "shared_mlp", inner: inner) }
    let width = decoder.settings.width
    let pair = try decoder.weights.projection(
      decoder.name(layer, "", "shared_mlp.input_linear"), 2 * inner, width)
    let down = try decoder.weights.projection(decoder.name(layer, "", "shared_mlp.output_linear"), width, inner)
    let mlp = MLP(
      gate: pair.slice(0..<inner), up: pair.slice(inner..<(2 * inner)), down: down, activation: decoder.activation)
    return Summand(part: .dense(mlp))
  }

  private static func graniteNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader, windows: AttentionWindows? = nil,
    mlp: (DecoderLayers, Int) throws -> FeedForward
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    if windows == nil { _ = try AttentionWindows.nowhere(settings) }
    let kind = weights.files.kind
    let rotations = try graniteRotations(decoder, byLayer: windows != nil)
    let bias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    func factor(_ gguf: String, _ config: String) throws -> Float {
      Float(try settings.real(gguf: gguf, config: config) ?? 1)
    }
    let scale = try factor("attention.scale", "attention_multiplier")
    settings.noteLogitFactor("logits_scaling")
    let residual = try factor("residual_scale", "residual_multiplier")
    return try decoder.network(
      embeddingScale: try factor("embedding_scale", "embedding_multiplier"),
      headScale: 1 / (try settings.divisor(gguf: "logit_scale", config: "logits_scaling"))
    ) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotations[layer], inputBias: bias, outputBias: bias)
      attention.interleavedRows = decoder.isGGUF
      attention.scale = scale
      if let windows {
        attention.window = windows.byLayer[layer]
        attention.sinks = try weights.vector(decoder.name(layer, "", "self_attn.sinks"), settings.heads)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mlp(decoder, layer), residualScale: residual)
    }
  }

  /// [L] positions; with `layer_rope_theta`, each layer has a base of its own, and none where that is zero.
  private static func graniteRotations(_ decoder: DecoderLayers, byLayer: Bool) throws -> [Rotation?] {
    let settings = decoder.settings
    var rotary = RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
    let key = "layer_rope_theta"
    guard byLayer, let bases = try settings.reals(gguf: nil, config: key) else {
      return [Rotation?](repeating: try rotary.rotation(), count: settings.layers)
    }
    guard bases.count == settings.layers, bases.allSatisfy({ $0 >= 0 }) else {
      throw settings.refuse(
        gguf: nil, config: key, found: "\(bases.count) numbers",
        expected: "a base for each of the \(settings.layers) layers, 0 for none")
    }
    settings.changesNothing(
      config: ["rope_theta", "rope_parameters.rope_theta", "rope_scaling.rope_theta"],
      because: "layer_rope_theta gives every layer its base")
    return try bases.map { base in
      guard base > 0 else { return nil }
      rotary.layerBase = Double(base)
      return try rotary.rotation()
    }
  }
}
