// Tencent's HunYuan (2025), with and without experts, also as the language part of HunYuan-VL. Follows transformers'
// modeling_hunyuan_v1_dense.py, modeling_hunyuan_v1_moe.py and configuration_hunyuan_vl.py; GGUF names as in llama.cpp,
// whose converter has already stretched the base of positions.

extension Architecture {
  /// HunYuan: Llama with norms of single heads after the rotation.
  public static let hunYuan = Architecture(
    name: "HunYuan", ggufName: "hunyuan-dense", modelTypes: ["hunyuan_v1_dense", "hunyuan_vl_text"]
  ) { settings, weights in
    try hunYuanNetwork(settings, weights) { decoder, layer in try decoder.gatedMLP(layer) }
  }

  /// HunYuan with experts beside an MLP that every token uses.
  public static let hunYuanMoE = Architecture(
    name: "HunYuan MoE", ggufName: "hunyuan-moe", modelTypes: ["hunyuan_v1_moe"]
  ) { settings, weights in
    let experts = try hunYuanExperts(settings)
    let shared = try settings.requiredCount(
      gguf: "expert_shared_feed_forward_length", config: "intermediate_size")
    return try hunYuanNetwork(settings, weights) { decoder, layer in
      .sum([
        Summand(part: try decoder.experts(layer, experts, names: ExpertNames(router: "gate.wg"))),
        try decoder.sharedExpert(layer, "mlp.shared_mlp", inner: shared),
      ])
    }
  }

  /// Experts whose numbers are the same in every block, as lists of the publisher's configuration say it.
  private static func hunYuanExperts(_ settings: ModelSettings) throws -> ExpertSettings {
    let chosen = try settings.sameInEveryBlock("moe_topk", gguf: "expert_used_count")
    let count = try settings.sameInEveryBlock("num_experts", gguf: "expert_count")
    guard let count, let chosen else { throw settings.look.missing(gguf: "expert_count", config: "num_experts") }
    guard chosen <= count else {
      throw settings.refuse(
        gguf: "expert_used_count", config: "moe_topk", found: "\(chosen)", expected: "at most the \(count) experts")
    }
    let inner = try settings.requiredCount(gguf: "expert_feed_forward_length", config: "intermediate_size")
    settings.changesNothing(gguf: ["feed_forward_length"], because: "no block is without experts")
    // transformers' model has one form, whatever released files say.
    for (key, value) in [("moe_intermediate_size", inner), ("num_shared_expert", 1)] {
      guard let said = try settings.sameInEveryBlock(key, gguf: nil), said != value else { continue }
      throw settings.refuse(gguf: nil, config: key, found: "\(said)", expected: "\(value), as in transformers' model")
    }
    if let count = try settings.count(gguf: "expert_shared_count", config: nil), count != 1 {
      throw settings.refuse(gguf: "expert_shared_count", config: nil, found: "\(count)", expected: "1")
    }
    for key in ["norm_topk_prob", "use_mixed_mlp_moe"] { try settings.require(true, config: key) }
    for key in ["group_limited_greedy", "use_mla"] { try settings.require(false, config: key) }
    for (key, value) in [("moe_layer_num_skipped", 0.0), ("routed_scaling_factor", 1)] {
      guard let said = try settings.real(gguf: nil, config: key), said != value else { continue }
      throw settings.refuse(gguf: nil, config: key, found: "\(said)", expected: "\(value), as in transformers' model")
    }
    settings.changesNothing(
      config: ["n_group", "topk_group"], because: "group_limited_greedy is not true, so that experts have no groups")
    settings.changesNothing(
      config: ["q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"],
      because: "use_mla is not true, so that attention is not latent")
    return try ExpertSettings(settings, count: count, key: "num_experts", chosen: chosen, inner: inner)
  }

  /// HunYuan's attention before the given MLPs.
  private static func hunYuanNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader, mlp: (DecoderLayers, Int) throws -> FeedForward
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    // Released files state these; transformers' model has one form, whatever they say.
    try settings.require(true, config: "use_qk_norm")
    try settings.require(true, config: "use_rotary_pos_emb")
    try settings.require(false, config: "use_cla")
    try settings.requireSame("attention_head_dim", as: "head_dim", usual: Double(decoder.headWidth))
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.canHaveAlpha = true
    rotary.kinds = ["xdrope": "dynamic"]
    let rotation = try rotary.rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.queryNorm = try decoder.norm(
        layer, "attn_q_norm", "self_attn.query_layernorm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.key_layernorm", width: decoder.headWidth)
      attention.normsFollowRotation = true
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mlp(decoder, layer))
    }
  }
}

extension ModelSettings {
  /// A positive number, or a list that repeats one for each block; nil when absent.
  fileprivate func sameInEveryBlock(_ config: String, gguf: String?) throws -> Int? {
    guard let key = look.key(gguf: gguf, config: config), files.configuration.isArray(key) else {
      return try count(gguf: gguf, config: config)
    }
    let values = try files.configuration.integers(key) ?? []
    guard values.count >= layers, let first = values.first, first > 0, values.allSatisfy({ $0 == first }) else {
      throw refuse(
        gguf: gguf, config: config, found: "\(values)", expected: "\(layers) times the same number, at least 1")
    }
    return first
  }
}
