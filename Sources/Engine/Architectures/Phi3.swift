// Phi-3 and Phi-4-mini (Abdin et al. 2024), and Phi-4-multimodal (2025) for text. Follows transformers' modeling_phi3.py and
// modeling_phi4_multimodal.py; GGUF names as in llama.cpp.

extension Architecture {
  /// Phi-3: fused projections, LongRoPE, part of a head turned in later models.
  public static let phi3 = Architecture(name: "Phi-3", ggufName: "phi3", modelTypes: ["phi3"], network: phi3Network)

  /// Phi-4-multimodal: Phi-3, whose embeddings of images and sounds a text does not need.
  public static let phi4Multimodal = Architecture(
    name: "Phi-4-multimodal", ggufName: nil, modelTypes: ["phi4_multimodal"]
  ) { settings, weights in
    settings.changesNothing(config: ["audio_config", "vision_config"], because: "only the language part is run")
    weights.passOver(prefix: "model.embed_tokens_extend.", what: "what reads images and sounds")
    return try phi3Network(settings, weights)
  }

  @Sendable private static func phi3Network(_ settings: ModelSettings, _ weights: WeightLoader) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    // The first releases call LongRoPE "su", some call it "yarn".
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true,
      kinds: decoder.isGGUF ? [:] : ["su": "longrope", "yarn": "longrope"]
    ).rotation()
    let windows = try AttentionWindows.everywhere(settings)
    return try decoder.network { [decoder] layer in
      let fused = try weights.projection(
        decoder.name(layer, "attn_qkv", "self_attn.qkv_proj"), decoder.queryWidth + 2 * decoder.keyWidth,
        settings.width)
      var attention = try decoder.attention(
        layer, try decoder.split(fused), rotation: rotation, outputBias: .absent)
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: attention,
        mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.fusedGatedMLP(layer))
    }
  }
}
