// Persimmon (Adept 2023), also as the language part of Fuyu. Follows transformers' modeling_persimmon.py; llama.cpp does not run it.

extension Architecture {
  /// Persimmon: layer norms, also of single heads, part of a head turned, an MLP without a gate whose activation is a squared ReLU.
  public static let persimmon = Architecture(
    name: "Persimmon", ggufName: nil, modelTypes: ["persimmon"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      attentionOutput: "self_attn.dense", finalNorm: "final_layernorm", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"), names: names)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    let hasHeadNorms = try settings.flag(gguf: nil, config: "qk_layernorm") ?? true
    let inner = try decoder.innerWidth()
    return try decoder.network { [decoder] layer in
      var attention = try decoder.groupedAttention(
        layer, "self_attn.query_key_value", rotation: rotation, bias: .required)
      if hasHeadNorms {
        attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_layernorm", width: decoder.headWidth)
        attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_layernorm", width: decoder.headWidth)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h", inner: inner, bias: .required))
    }
  }
}
