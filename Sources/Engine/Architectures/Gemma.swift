// Gemma 1 and 2 (Gemma Team 2024), and VaultGemma (VaultGemma Team 2025), which llama.cpp does not run. Follows transformers'
// modeling_gemma.py, modeling_gemma2.py and modeling_vaultgemma.py; GGUF names as in llama.cpp, whose converter has already added 1 to the
// norms.

extension Architecture {
  /// Gemma: scaled embedding, norms around one, tanh GELU.
  public static let gemma = Architecture(name: "Gemma", ggufName: "gemma", modelTypes: ["gemma"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 256)
    // In the first releases "gelu" means its tanh approximation.
    let isFirst = try settings.string(gguf: nil, config: "hidden_act") == "gelu"
    decoder.activation = isFirst ? .geluTanh : try settings.activation(config: "hidden_act", usual: .geluTanh)
    settings.changesNothing(config: ["hidden_activation"], because: "transformers reads 'hidden_act' in this family")
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = try gemmaBias(settings)
    return try decoder.network(embeddingScale: Float(settings.width).squareRoot(), tiedByDefault: true) {
      [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias),
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer))
    }
  }

  /// Gemma 2: norms on both sides, every other layer local, softcaps of scores and logits.
  public static let gemma2 = Architecture(name: "Gemma 2", ggufName: "gemma2", modelTypes: ["gemma2"]) {
    settings, weights in
    try gemma2Network(settings, weights) { try $0.sandwich($1, $2) }
  }

  /// VaultGemma: Gemma 2 without the norms after attention and MLP.
  public static let vaultGemma = Architecture(name: "VaultGemma", ggufName: nil, modelTypes: ["vaultgemma"]) {
    settings, weights in
    try gemma2Network(settings, weights) { decoder, layer, attention in
      Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlpNorm: try decoder.norm(layer, "ffn_norm", "pre_feedforward_layernorm"), mlp: try decoder.gatedMLP(layer))
    }
  }

  private static func gemma2Network(
    _ settings: ModelSettings, _ weights: WeightLoader, block: (DecoderLayers, Int, Attention) throws -> Block
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 256)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .geluTanh)
    settings.changesNothing(config: ["hidden_act"], because: "transformers reads 'hidden_activation' in this family")
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let windows = try AttentionWindows.alternating(settings, period: 2, usual: 4096)
    // llama.cpp: only the 27B model, known by its 46 layers, scales by the width per head instead of the head's width.
    let scalar =
      try settings.real(gguf: nil, config: "query_pre_attn_scalar")
      ?? Double(decoder.isGGUF && settings.layers == 46 ? settings.width / settings.heads : decoder.headWidth)
    let scoreCap = try settings.softcap("attn_logit_softcapping", usual: 50)
    let bias = try gemmaBias(settings)
    return try decoder.network(
      embeddingScale: Float(settings.width).squareRoot(),
      headSoftcap: try settings.softcap("final_logit_softcapping", usual: 30), tiedByDefault: true
    ) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      attention.softcap = scoreCap
      attention.scale = Float(1 / scalar.squareRoot())
      return try block(decoder, layer, attention)
    }
  }

  /// Biases of attention, which config.json can enable although no Gemma has them.
  static func gemmaBias(_ settings: ModelSettings) throws -> WeightLoader.Bias {
    .said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
  }
}

extension ModelSettings {
  /// A softcap; `usual` if a GGUF file does not state it, none for null in config.json and for zero in GGUF.
  func softcap(_ key: String, usual: Float?) throws -> Float? {
    let said = try real(gguf: key, config: key).map { Float($0) }
    if isGGUF { return said == 0 ? nil : said ?? usual }
    guard said != 0 else { throw refuse(gguf: nil, config: key, found: "0", expected: "another number, or null") }
    return said
  }
}

extension DecoderLayers {
  /// A block with norms on both sides of attention and of the MLP (Gemma 2 to 4).
  func sandwich(_ layer: Int, _ attention: Attention, inner: Int? = nil) throws -> Block {
    Block(
      attentionNorm: try attentionNorm(layer), attention: attention,
      attentionPostNorm: try norm(layer, "post_attention_norm", "post_attention_layernorm"),
      mlpNorm: try norm(layer, "ffn_norm", "pre_feedforward_layernorm"), mlp: try gatedMLP(layer, inner: inner),
      mlpPostNorm: try norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
  }
}
