// Cohere's Command R (2024). Follows transformers' modeling_cohere.py; GGUF names as in llama.cpp, which calls it `command-r`.

extension Architecture {
  /// Cohere: parallel blocks with one norm, neighbouring values turned in pairs, scaled logits.
  public static let cohere = Architecture(name: "Cohere", ggufName: "command-r", modelTypes: ["cohere"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: false, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, pairs: .adjacent
    ).rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    var scale = try settings.real(gguf: "logit_scale", config: "logit_scale")
    // llama.cpp reads zero as absent.
    if settings.isGGUF { scale = scale == 0 ? 1 : scale ?? 1 }
    guard let scale else {
      throw settings.refuse(gguf: nil, config: "logit_scale", found: "null", expected: "a number")
    }
    let hasHeadNorms =
      decoder.isGGUF
      ? weights.contains("blk.0.attn_q_norm.weight") : try settings.flag(gguf: nil, config: "use_qk_norm") ?? false
    return try decoder.network(headScale: Float(scale), tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      if hasHeadNorms {
        attention.queryNorm = try decoder.headNorms(layer, "attn_q_norm", "self_attn.q_norm", heads: settings.heads)
        attention.keyNorm = try decoder.headNorms(layer, "attn_k_norm", "self_attn.k_norm", heads: settings.kvHeads)
      }
      return Block(
        order: .parallel, attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlp: try decoder.gatedMLP(layer))
    }
  }
}
