// ERNIE 4.5 with experts (Baidu ERNIE Team 2025). Follows transformers' modeling_ernie4_5_moe.py; GGUF names as in llama.cpp.

extension Architecture {
  /// ERNIE 4.5 MoE: neighbours of a head turn, experts in some of the blocks, chosen by corrected shares.
  public static let ernieMoE = Architecture(
    name: "ERNIE 4.5 MoE", ggufName: "ernie4_5-moe", modelTypes: ["ernie4_5_moe"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.pairs = .adjacent
    let rotation = try rotary.rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "use_bias") ?? false, in: settings.files.kind)
    let hasExperts = try ernieLayers(settings)
    let experts = try ernieExperts(settings, isEverywhere: !hasExperts.contains(false))
    let count = try settings.whole(gguf: "expert_shared_count", config: "moe_num_shared_experts") ?? 0
    let said = try settings.count(gguf: "expert_shared_feed_forward_length", config: nil)
    if said != nil {
      settings.changesNothing(
        gguf: ["expert_shared_count"], because: "expert_shared_feed_forward_length says how wide they are together")
    }
    let shared = said ?? count * experts.inner
    let names = ExpertNames(correction: "moe_statics.e_score_correction_bias")
    return try decoder.network(headBias: bias) { [decoder] layer in
      let attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      func mixture() throws -> FeedForward {
        let mixture = try decoder.experts(layer, experts, names: names)
        guard shared > 0 else { return mixture }
        return .sum([
          Summand(part: mixture),
          try decoder.sharedExpert(layer, "mlp.shared_experts", inner: shared, bias: bias),
        ])
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try hasExperts[layer] ? mixture() : decoder.gatedMLP(layer, bias: bias))
    }
  }

  /// [L] which blocks have experts.
  private static func ernieLayers(_ settings: ModelSettings) throws -> [Bool] {
    let first = try settings.whole(gguf: "leading_dense_block_count", config: "moe_layer_start_index") ?? 0
    let step = try settings.count(gguf: "interleave_moe_layer_step", config: "moe_layer_interval") ?? 1
    var last = settings.layers - 1
    if let said = try settings.integer(config: "moe_layer_end_index"), said != -1 { last = said }
    return (0..<settings.layers).map { $0 >= first && $0 <= last && ($0 + 1) % step == 0 }
  }

  private static func ernieExperts(_ settings: ModelSettings, isEverywhere: Bool) throws -> ExpertSettings {
    var experts = try ExpertSettings.required(
      settings, names: ["moe_num_experts", "num_experts"], chosen: ["moe_k", "num_experts_per_tok"],
      inner: "moe_intermediate_size", isEverywhere: isEverywhere)
    experts.correction = .required
    experts.normalisation = .sumAtLeast(Float(try settings.real(gguf: nil, config: "moe_norm_min") ?? 1e-12))
    return experts
  }
}
