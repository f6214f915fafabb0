// OLMo (Groeneveld et al. 2024), OLMo 2 (OLMo Team 2024) and OLMo 3 (2025). Follows transformers' modeling_olmo.py, modeling_olmo2.py and
// modeling_olmo3.py; GGUF names, and OLMo's interleaved rows of queries and keys, as in llama.cpp's convert_hf_to_gguf.py.

extension Architecture {
  /// OLMo: layer norm without weights, queries, keys and values clipped.
  public static let olmo = Architecture(name: "OLMo", ggufName: "olmo", modelTypes: ["olmo"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .plainLayer)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    if let epsilon = try settings.real(gguf: "attention.layer_norm_epsilon", config: nil), Float(epsilon) != 1e-5 {
      throw settings.refuse(
        gguf: "attention.layer_norm_epsilon", config: nil, found: "\(epsilon)", expected: "1e-05")
    }
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let bias = try settings.flag(gguf: nil, config: "attention_bias") ?? false
    let clip = try settings.real(gguf: "attention.clamp_kqv", config: "clip_qkv")
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: .said(bias, in: weights.files.kind),
        outputBias: .said(bias, in: weights.files.kind))
      attention.interleavedRows = decoder.isGGUF
      // llama.cpp reads zero as none.
      attention.clip = clip.flatMap { decoder.isGGUF && $0 == 0 ? nil : Float($0) }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.gatedMLP(layer))
    }
  }

  /// OLMo 2: norms after attention and MLP instead of before, norms over all queries and all keys.
  ///
  /// In GGUF also OLMo 3, which llama.cpp recognises by its window.
  public static let olmo2 = Architecture(name: "OLMo 2", ggufName: "olmo2", modelTypes: ["olmo2"]) {
    settings, weights in
    guard settings.isGGUF else { return try olmo2Network(settings, weights, .nowhere(settings)) }
    return try olmo2Network(settings, weights, .alternating(settings, period: 4))
  }

  /// OLMo 3: OLMo 2 with a window in most layers; only positions of the other layers are stretched for longer texts.
  public static let olmo3 = Architecture(name: "OLMo 3", ggufName: nil, modelTypes: ["olmo3"]) { settings, weights in
    try olmo2Network(settings, weights, .alternating(settings, period: 4))
  }

  private static func olmo2Network(
    _ settings: ModelSettings, _ weights: WeightLoader, _ windows: AttentionWindows
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let rotations = try olmoRotations(decoder, hasWindows: windows.byLayer.contains { $0 != nil })
    let bias = try settings.flag(gguf: nil, config: "attention_bias") ?? false
    return try decoder.network { [decoder] layer in
      let window = windows.byLayer[layer]
      var attention = try decoder.attention(
        layer, rotation: window == nil ? rotations.full : rotations.local,
        inputBias: .said(bias, in: weights.files.kind), outputBias: .said(bias, in: weights.files.kind))
      attention.window = window
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.queryWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.keyWidth)
      return Block(
        attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try decoder.gatedMLP(layer),
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
    }
  }

  /// The positions of layers with full attention, and of layers with a window.
  private static func olmoRotations(
    _ decoder: DecoderLayers, hasWindows: Bool
  ) throws -> (full: Rotation, local: Rotation) {
    let settings = decoder.settings
    var rotary = RotarySettings(settings: settings, weights: decoder.weights, headWidth: decoder.headWidth)
    rotary.isWholeFactor = true
    guard hasWindows || settings.files.architecture == "olmo3" else {
      let all = try rotary.rotation()
      return (all, all)
    }
    rotary.layers = .full
    let full = try rotary.rotation()
    rotary.layers = .sliding
    // With an older config.json, transformers applies `rope_theta` to the full layers alone; llama.cpp has one base for both.
    rotary.baseName = nil
    rotary.usualBase =
      settings.isGGUF ? try settings.real(gguf: "rope.freq_base", config: nil) ?? 10_000 : 500_000
    return (full, try rotary.rotation())
  }
}
