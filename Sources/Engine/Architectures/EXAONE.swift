// EXAONE 4 (LG AI Research 2025). Follows transformers' modeling_exaone4.py; GGUF names as in llama.cpp, which hard-codes the windows of the
// 32B model.

extension Architecture {
  /// EXAONE 4: norms after attention and MLP, norms of single heads; in models with windows, the other layers have no positions.
  public static let exaone4 = Architecture(name: "EXAONE 4", ggufName: "exaone4", modelTypes: ["exaone4"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try exaoneWindows(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    return try decoder.network { [decoder] layer in
      let window = windows?.byLayer[layer]
      var attention = try decoder.attention(layer, rotation: windows == nil || window != nil ? rotation : nil)
      attention.window = window
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attention: attention,
        attentionPostNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try decoder.gatedMLP(layer),
        mlpPostNorm: try decoder.norm(layer, "post_ffw_norm", "post_feedforward_layernorm"))
    }
  }

  /// The layers with a window; nil for a model without windows.
  private static func exaoneWindows(_ settings: ModelSettings) throws -> AttentionWindows? {
    if settings.isGGUF {
      let windows = try AttentionWindows.alternating(settings, period: 4, usual: settings.layers == 64 ? 4096 : nil)
      return windows.byLayer.contains { $0 != nil } ? windows : nil
    }
    guard try settings.count(gguf: nil, config: "sliding_window") != nil else {
      settings.changesNothing(config: ["sliding_window_pattern"], because: "sliding_window is null")
      _ = try AttentionWindows.nowhere(settings)
      return nil
    }
    if settings.contains(gguf: nil, config: "layer_types") {
      settings.changesNothing(
        config: ["sliding_window_pattern"], because: "layer_types says which layers have a window")
      return try .alternating(settings, period: 4)
    }
    if let letters = try? settings.string(gguf: nil, config: "sliding_window_pattern") {
      throw settings.refuse(
        gguf: nil, config: "sliding_window_pattern", found: "'\(letters)'",
        expected: "a number, or 'layer_types' with a name for each layer: transformers reads no letters")
    }
    guard let period = try settings.count(gguf: nil, config: "sliding_window_pattern") else {
      throw settings.refuse(gguf: nil, config: "sliding_window_pattern", found: "null", expected: "a number")
    }
    return try .alternating(settings, period: period)
  }
}
