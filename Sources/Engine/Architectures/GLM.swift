// GLM-4 (GLM Team 2024) as converted for transformers, and GLM-4-0414 (2025). Follows transformers' modeling_glm.py and modeling_glm4.py;
// GGUF names as in llama.cpp, which calls them `chatglm` and `glm4`.

extension Architecture {
  /// GLM: half of each head turned in neighbouring pairs, gate and up projection stored as one.
  public static let glm = Architecture(name: "GLM", ggufName: "chatglm", modelTypes: ["glm"]) { settings, weights in
    try glmNetwork(settings, weights) { decoder, layer, attention in
      Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.fusedGatedMLP(layer))
    }
  }

  /// GLM-4-0414: GLM with norms on both sides of attention and MLP.
  public static let glm4 = Architecture(name: "GLM-4", ggufName: "glm4", modelTypes: ["glm4"]) { settings, weights in
    try glmNetwork(settings, weights) { decoder, layer, attention in
      Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_self_attn_layernorm"),
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.fusedGatedMLP(layer),
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_mlp_layernorm"))
    }
  }

  private static func glmNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader,
    block: (DecoderLayers, Int, Attention) throws -> Block
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    // llama.cpp's converter reorders the rows of queries and keys of GLM-4V, which has sections.
    if let sections = try settings.integers(gguf: "rope.dimension_sections", config: nil) {
      throw settings.refuse(
        gguf: "rope.dimension_sections", config: nil, found: "\(sections)",
        expected: "none: a visual model's folder of safetensors is opened instead")
    }
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent, turnsPart: true
    ).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? true, in: weights.files.kind)
    return try decoder.network { [decoder] layer in
      // Files converted from the first releases keep their fused projection.
      let fused = "blk.\(layer).attn_qkv"
      let attention =
        decoder.isGGUF && weights.contains(fused + ".weight")
        ? try decoder.attention(
          layer,
          try decoder.split(
            try weights.projection(fused, decoder.queryWidth + 2 * decoder.keyWidth, settings.width, bias: bias)),
          rotation: rotation, outputBias: .absent)
        : try decoder.attention(layer, rotation: rotation, inputBias: bias)
      return try block(decoder, layer, attention)
    }
  }
}
