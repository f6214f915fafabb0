// GLM-4.5 (GLM-4.5 Team 2025) and Solar Open (Upstage 2025). Follows transformers' modeling_glm4_moe.py and modeling_solar_open.py; GGUF
// names as in llama.cpp.

extension Architecture {
  /// GLM-4.5: experts with DeepSeek V3's router behind dense blocks, part of a head turned, norms of queries and keys in some sizes.
  public static let glm4MoE = Architecture(
    name: "GLM-4.5", ggufName: "glm4moe", modelTypes: ["glm4_moe", "solar_open"]
  ) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let hasNorms = try settings.flag(gguf: nil, config: "use_qk_norm") ?? false
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    let mixture = try DeepSeekMixture(settings)
    try decoder.passOverPredictors(configs: ["num_nextn_predict_layers", "num_mtp_layers"])
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias)
      // A GGUF file does not state it.
      let queryNorm = decoder.name(layer, "attn_q_norm", "self_attn.q_norm")
      if decoder.isGGUF ? weights.contains(queryNorm + ".weight") : hasNorms {
        attention.queryNorm = try decoder.norm(queryNorm, width: decoder.headWidth)
        attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlpNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"),
        mlp: try mixture.mlp(layer, decoder))
    }
  }
}

/// DeepSeek's blocks: the first ones are dense, the others have experts and an expert that every token uses.
struct DeepSeekMixture {
  let experts: ExpertSettings
  /// Blocks without experts at the beginning.
  let dense: Int
  /// Width of the expert that every token uses; 0 for none.
  let shared: Int
  var names = ExpertNames()

  /// Reads the experts, their router, and which blocks have them.
  init(
    _ settings: ModelSettings, scores: Router.Scores = .each(.sigmoid),
    rank: Router.Groups.Rank = .sumOfTwoLargest, correction: WeightLoader.Bias = .required
  ) throws {
    let dense = try settings.whole(gguf: "leading_dense_block_count", config: "first_k_dense_replace") ?? 0
    guard
      var experts = try ExpertSettings(
        settings, names: ["n_routed_experts", "num_local_experts", "num_experts"], inner: "moe_intermediate_size",
        isEverywhere: dense == 0)
    else {
      throw LoadError.missingSetting(key: "n_routed_experts", path: settings.files.path)
    }
    try experts.followDeepSeek(settings, scores: scores, rank: rank, correction: correction)
    self.experts = experts
    self.dense = dense
    shared = experts.inner * (try settings.whole(gguf: "expert_shared_count", config: "n_shared_experts") ?? 0)
    if dense == 0 {
      settings.changesNothing(config: ["intermediate_size"], because: "no block is without experts")
    }
  }

  /// The MLP of a block.
  func mlp(_ layer: Int, _ decoder: DecoderLayers) throws -> FeedForward {
    guard layer >= dense else { return try decoder.gatedMLP(layer) }
    let mixture = try decoder.experts(layer, experts, names: names)
    guard shared > 0 else { return mixture }
    return .sum([
      Summand(part: mixture), try decoder.sharedExpert(layer, "\(names.folder).shared_experts", inner: shared),
    ])
  }
}
