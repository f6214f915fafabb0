// Gemma 3 (Gemma Team 2025), the text model. Follows transformers' modeling_gemma3.py; GGUF names as in llama.cpp, whose
// converter has already added 1 to the norms and whose loader hard-codes the local layers' rotary base.

extension Architecture {
  /// Gemma 3: norms on both sides, norms of queries and keys, local and global layers, scaled embedding, tanh GELU.
  public static let gemma3 = Architecture(name: "Gemma 3", ggufName: "gemma3", modelTypes: ["gemma3_text"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, headWidth: 256)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .geluTanh)
    settings.changesNothing(config: ["hidden_act"], because: "transformers reads 'hidden_activation' in this family")
    let period = try settings.count(gguf: nil, config: "sliding_window_pattern") ?? 6
    settings.changesNothing(
      config: ["_sliding_window_pattern"], because: "transformers reads 'layer_types' and 'sliding_window_pattern'")
    let windows = try AttentionWindows.alternating(settings, period: period)
    let global = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, layers: .full, usualBase: 1_000_000
    ).rotation()
    let local = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, layers: .sliding,
      baseName: "rope_local_base_freq"
    ).rotation()
    // llama.cpp: only the 27B model, known by its 62 layers, scales by the width per head instead of the head's width.
    let scalar =
      try settings.real(gguf: nil, config: "query_pre_attn_scalar")
      ?? Double(decoder.isGGUF && settings.layers == 62 ? settings.width / settings.heads : decoder.headWidth)
    settings.changesNothing(
      config: ["attn_logit_softcapping"], because: "transformers' Gemma 3 holds it and caps no score with it")
    let headCap = try settings.softcap("final_logit_softcapping", usual: nil)
    guard headCap == nil || settings.files.wrapper == nil else {
      throw settings.refuse(
        gguf: nil, config: "final_logit_softcapping", found: "\(headCap ?? 0)",
        expected: "null: transformers' multimodal Gemma 3 leaves it out, its language model does not")
    }
    let bias = try gemmaBias(settings)
    return try decoder.network(
      embeddingScale: Float(settings.width).squareRoot(), headSoftcap: headCap, tiedByDefault: true
    ) { [decoder] layer in
      let window = windows.byLayer[layer]
      var attention = try decoder.attention(
        layer, rotation: window == nil ? global : local, inputBias: bias, outputBias: bias)
      attention.window = window
      attention.scale = Float(1 / scalar.squareRoot())
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      return try decoder.sandwich(layer, attention)
    }
  }
}
