// gpt-oss (OpenAI 2025). Follows transformers' modeling_gpt_oss.py; GGUF names as in llama.cpp.

extension Architecture {
  /// gpt-oss: attention with sinks and a window in every other layer, experts with biases and a bounded gate.
  public static let gptOSS = Architecture(name: "gpt-oss", ggufName: "gpt-oss", modelTypes: ["gpt_oss"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    // x * sigmoid(1.702 x), whatever hidden_act says.
    decoder.activation = .quickGELU
    settings.changesNothing(config: ["hidden_act"], because: "experts of gpt-oss have a form of their own")
    try settings.requireSame("experts_per_token", as: "num_experts_per_tok", usual: 4)
    settings.changesNothing(
      config: ["initial_context_length"], because: "transformers reads original_max_position_embeddings")
    let windows = try AttentionWindows.alternating(settings, period: 2)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? true, in: settings.files.kind)
    let rotation = try gptOSSRotation(decoder)
    let experts = try gptOSSExperts(settings)
    let names = ExpertNames(router: "router", layout: .inOut, hasInterleavedGates: true, hasBiases: true)
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      attention.sinks = try weights.vector(
        decoder.name(layer, "attn_sinks.weight", "self_attn.sinks"), settings.heads)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlpNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try decoder.experts(layer, experts, names: names))
    }
  }

  private static func gptOSSRotation(_ decoder: DecoderLayers) throws -> Rotation {
    let settings = decoder.settings
    guard
      settings.isGGUF
        || ["rope_scaling", "rope_parameters"].contains(where: { settings.contains(gguf: nil, config: $0) })
    else {
      throw LoadError.missingSetting(key: "rope_scaling", path: settings.files.path)
    }
    var rotary = RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
    // A GGUF file does not state it; the model was trained with bounds as they are.
    rotary.roundsBoundsInGGUF = false
    return try rotary.rotation()
  }

  private static func gptOSSExperts(_ settings: ModelSettings) throws -> ExpertSettings {
    var experts = try ExpertSettings.required(
      settings, names: ["num_local_experts", "num_experts"], inner: "intermediate_size")
    experts.scores = .softmaxOfChosen
    experts.normalisation = nil
    experts.routerBias = .required
    experts.upOffset = 1
    experts.limit = Float(try settings.real(gguf: nil, config: "swiglu_limit") ?? 7)
    let slope = try settings.real(gguf: nil, config: "swiglu_alpha") ?? 1.702
    guard slope == 1.702 else {
      throw settings.refuse(gguf: nil, config: "swiglu_alpha", found: "\(slope)", expected: "1.702")
    }
    return experts
  }
}
