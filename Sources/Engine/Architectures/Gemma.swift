// Gemma 1 and 2 (Gemma Team 2024). Follows transformers' modeling_gemma.py and modeling_gemma2.py; GGUF names as in llama.cpp, whose
// converter has already added 1 to the norms.

extension Architecture {
  /// Gemma: scaled embedding, norms around one, tanh GELU.
  public static let gemma = Architecture(name: "Gemma", ggufName: "gemma", modelTypes: ["gemma"]) { settings, weights in
    // The first releases say "gelu" and mean its tanh approximation.
    if try settings.string(gguf: nil, config: "hidden_act") != "gelu" {
      try settings.require(activation: "gelu_pytorch_tanh", config: "hidden_act")
    }
    let decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 256)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    return try decoder.network(embeddingScale: Float(settings.width).squareRoot(), tiedByDefault: true) { layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(layer, rotation: rotation), mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer, activation: .geluTanh))
    }
  }

  /// Gemma 2: norms on both sides, every other layer local, softcaps of scores and logits.
  public static let gemma2 = Architecture(name: "Gemma 2", ggufName: "gemma2", modelTypes: ["gemma2"]) {
    settings, weights in
    try settings.require(activation: "gelu_pytorch_tanh", config: "hidden_activation")
    let decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 256)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let windows = try AttentionWindows.alternating(settings, period: 2)
    let scoreCap = try softcap(settings, "attn_logit_softcapping")
    let logitCap = try softcap(settings, "final_logit_softcapping")
    // llama.cpp: only the 27B model, known by its 46 layers, scales by the width per head instead of the head's width.
    let scalar =
      try settings.real(gguf: nil, config: "query_pre_attn_scalar")
      ?? Double(decoder.isGGUF && settings.layers == 46 ? settings.width / settings.heads : decoder.headWidth)
    return try decoder.network(
      embeddingScale: Float(settings.width).squareRoot(), headSoftcap: logitCap, tiedByDefault: true
    ) { layer in
      var attention = try decoder.attention(layer, rotation: rotation)
      attention.window = windows.byLayer[layer]
      attention.softcap = scoreCap
      attention.scale = Float(1 / scalar.squareRoot())
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlpNorm: try decoder.norm(layer, "ffn_norm", "pre_feedforward_layernorm"),
        mlp: try decoder.gatedMLP(layer, activation: .geluTanh),
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
    }
  }

  private static func softcap(_ settings: ModelSettings, _ key: String) throws -> Float? {
    try settings.real(gguf: key, config: key).map { Float($0) }
  }
}
