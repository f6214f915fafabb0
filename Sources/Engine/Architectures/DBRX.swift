// DBRX (Databricks 2024). Follows transformers' modeling_dbrx.py and configuration_dbrx.py.

extension Architecture {
  /// DBRX: experts whose matrices are stacked in one, fused and clipped queries, keys and values, layer norms without biases.
  public static let dbrx = Architecture(
    name: "DBRX", ggufName: nil, modelTypes: ["dbrx"],
    settings: SettingNames(
      layers: ["n_layers"], width: ["d_model"], heads: ["n_heads"], kvHeads: ["attn_config.kv_n_heads"],
      context: ["max_seq_len"])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "wte", blocks: "blocks", attentionOutput: "norm_attn_norm.attn.out_proj",
      finalNorm: "norm_f", headWidth: nil)
    var decoder = try DecoderLayers(settings, weights, norm: .layerOf(epsilon: 1e-5, bias: false), names: names)
    decoder.activation = try settings.activation(config: "ffn_config.ffn_act_fn.name", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    let rotation = try rotary.rotation()
    // The publisher's code takes the base from the section of attention.
    if let base = try settings.real(gguf: nil, config: "attn_config.rope_theta"), base != (try rotary.base()) {
      throw settings.refuse(
        gguf: nil, config: "attn_config.rope_theta", found: "\(base)",
        expected: "\(try rotary.base()), the base outside of 'attn_config', which is the one that transformers takes")
    }
    settings.changesNothing(
      config: ["ffn_config.hidden_size"], because: "transformers sets it to the width of the stream")
    settings.changesNothing(
      config: ["num_key_value_heads"], because: "the section of attention has the number of key heads")
    settings.changesNothing(
      config: ["ffn_config.moe_jitter_eps", "ffn_config.moe_loss_weight"], because: "they act in training only")
    let clip = try settings.real(gguf: nil, config: "attn_config.clip_qkv").map { Float($0) }
    let experts = try dbrxExperts(settings)
    return try decoder.network { [decoder] layer in
      let fused = try weights.projection(
        decoder.name(layer, "", "norm_attn_norm.attn.Wqkv"), decoder.queryWidth + 2 * decoder.keyWidth, settings.width)
      var attention = try decoder.attention(layer, try decoder.split(fused), rotation: rotation, outputBias: .absent)
      attention.clip = clip
      return Block(
        attentionNorm: try decoder.norm(layer, "", "norm_attn_norm.norm_1"), attention: attention,
        mlpNorm: try decoder.norm(layer, "", "norm_attn_norm.norm_2"),
        mlp: try decoder.stackedExperts(layer, experts, router: "ffn.router.layer", folder: "ffn.experts.mlp"))
    }
  }

  private static func dbrxExperts(_ settings: ModelSettings) throws -> ExpertSettings {
    var experts = try ExpertSettings.required(
      settings, names: ["ffn_config.moe_num_experts"], chosen: ["ffn_config.moe_top_k"],
      inner: "ffn_config.ffn_hidden_size")
    // The order of the norm by which weights are divided: 1 is their sum.
    let order = try settings.real(gguf: nil, config: "ffn_config.moe_normalize_expert_weights")
    guard order == nil || order == 1 else {
      throw settings.refuse(
        gguf: nil, config: "ffn_config.moe_normalize_expert_weights", found: "\(order ?? 0)", expected: "1 or null")
    }
    if order == nil { experts.normalisation = nil }
    return experts
  }
}

extension DecoderLayers {
  /// Experts whose gates, ups and downs are three matrices [experts * inner, D], the rows of one expert after those of the other.
  fileprivate func stackedExperts(
    _ layer: Int, _ settings: ExpertSettings, router: String, folder: String
  ) throws -> FeedForward {
    let width = self.settings.width
    func rows(_ part: String) throws -> [WeightMatrix] {
      let whole = try weights.matrix(name(layer, "", "\(folder).\(part)"), settings.count * settings.inner, width)
      return (0..<settings.count).map { whole.slice($0 * settings.inner..<($0 + 1) * settings.inner) }
    }
    let (gates, ups, downs) = (try rows("w1"), try rows("v1"), try rows("w2"))
    return .experts(
      Experts(
        router: Router(
          projection: try weights.projection(name(layer, "", router), settings.count, width), scores: settings.scores,
          chosen: settings.chosen, normalisation: settings.normalisation),
        all: (0..<settings.count).map { expert in
          MLP(
            gate: Projection(weights: gates[expert]), up: Projection(weights: ups[expert]),
            down: Projection(weights: downs[expert].flipped), activation: activation)
        }))
  }
}
