// Gemma 3 (Gemma Team 2025), the text model. Follows transformers' modeling_gemma3.py; GGUF names as in llama.cpp, whose
// converter has already added 1 to the norms and whose loader knows the local layers' rotary base by heart.

extension Architecture {
  /// Gemma 3: norms on both sides, norms of queries and keys, local and global layers, scaled embedding, tanh GELU.
  public static let gemma3 = Architecture(name: "Gemma 3", ggufName: "gemma3", modelTypes: ["gemma3_text"]) {
    settings, weights in
    try settings.require(activation: "gelu_pytorch_tanh", config: "hidden_activation")
    // Gemma 2's softcaps, which config.json can still ask for and no Gemma 3 does.
    for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
      guard let cap = try settings.real(gguf: nil, config: key) else { continue }
      throw settings.refuse(gguf: nil, config: key, found: "\(cap)", expected: "none")
    }
    let decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 256)
    let period =
      try settings.count(gguf: "attention.sliding_window_pattern", config: "sliding_window_pattern")
      ?? settings.count(gguf: nil, config: "_sliding_window_pattern") ?? 6
    let windows = try AttentionWindows.alternating(settings, period: period)
    let global = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, usualBase: 1_000_000, group: "full_attention"
    ).rotation()
    let localBase =
      try settings.real(gguf: "rope.freq_base_swa", config: "rope_local_base_freq")
      ?? settings.real(gguf: nil, config: "rope_parameters.sliding_attention.rope_theta") ?? 10_000
    let local = Rotation(width: decoder.headWidth, base: Float(localBase))
    // llama.cpp: only the 27B model, known by its 62 layers, scales by the width per head instead of the head's width.
    let scalar =
      try settings.real(gguf: nil, config: "query_pre_attn_scalar")
      ?? Double(decoder.isGGUF && settings.layers == 62 ? settings.width / settings.heads : decoder.headWidth)
    // Gemma's config.json leaves `tie_word_embeddings` out when it is true.
    return try decoder.network(embeddingScale: Float(settings.width).squareRoot(), tiedByDefault: true) { layer in
      let window = windows.byLayer[layer]
      var attention = try decoder.attention(layer, rotation: window == nil ? global : local)
      attention.window = window
      attention.scale = Float(1 / scalar.squareRoot())
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlpNorm: try decoder.norm(layer, "ffn_norm", "pre_feedforward_layernorm"),
        mlp: try decoder.gatedMLP(layer, activation: .geluTanh),
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
    }
  }
}
