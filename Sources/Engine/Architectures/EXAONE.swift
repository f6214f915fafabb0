// EXAONE 3 and 3.5 (LG AI Research 2024), whose transformers model is Llama's under other names, and EXAONE 4 (2025). Follows transformers'
// configuration_exaone.py, conversion_mapping.py and modeling_exaone4.py; GGUF names as in llama.cpp, which hard-codes the windows of the
// 32B model.

extension Architecture {
  /// EXAONE 3: Llama with names of its own for tensors and settings.
  public static let exaone = Architecture(
    name: "EXAONE", ggufName: "exaone", modelTypes: ["exaone"],
    settings: SettingNames(layers: ["num_hidden_layers", "num_layers"])
  ) { settings, weights in
    let kind = weights.files.kind
    // transformers saves the names of Llama, and those of the hub only on request.
    let isOriginal = weights.files.tensors.keys.contains { $0.hasPrefix("transformer.") }
    let names =
      isOriginal
      ? DecoderLayers.Names(
        base: "transformer", tokens: "wte", blocks: "h", attention: "attn.attention",
        attentionOutput: "attn.attention.out_proj", finalNorm: "ln_f") : DecoderLayers.Names()
    func named(_ own: String, _ usual: String) -> String {
      settings.contains(gguf: nil, config: own) ? own : usual
    }
    let epsilon = named("layer_norm_epsilon", "rms_norm_eps")
    if epsilon == "layer_norm_epsilon" { try settings.requireSame("rms_norm_eps", as: epsilon, usual: 1e-5) }
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareNamed(epsilon: epsilon), names: names)
    decoder.activation = try settings.activation(config: named("activation_function", "hidden_act"), usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    return try decoder.network { [decoder] layer in
      Block(
        attentionNorm: try decoder.norm(layer, "attn_norm", isOriginal ? "ln_1" : "input_layernorm"),
        attention: try decoder.attention(
          layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias),
        mlpNorm: try decoder.norm(layer, "ffn_norm", isOriginal ? "ln_2" : "post_attention_layernorm"),
        mlp: isOriginal
          ? try decoder.gatedMLP(layer, bias: mlpBias, names: ("mlp.c_fc_0", "mlp.c_fc_1", "mlp.c_proj"))
          : try decoder.gatedMLP(layer, bias: mlpBias))
    }
  }

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
  static func exaoneWindows(_ settings: ModelSettings) throws -> AttentionWindows? {
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
