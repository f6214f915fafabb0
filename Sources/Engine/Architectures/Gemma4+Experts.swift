// Experts of Gemma 4, side by side with the MLP. Follows transformers' modeling_gemma4.py; GGUF names as in llama.cpp.

extension Architecture {
  /// The experts; nil for a model without them.
  static func gemma4Experts(_ settings: ModelSettings) throws -> ExpertSettings? {
    if !settings.isGGUF {
      guard try settings.flag(gguf: nil, config: "enable_moe_block") ?? false else {
        settings.changesNothing(
          config: ["num_experts", "top_k_experts", "moe_intermediate_size", "expert_intermediate_size"],
          because: "enable_moe_block is false")
        return nil
      }
      settings.changesNothing(
        config: ["expert_intermediate_size"], because: "transformers reads 'moe_intermediate_size'")
    }
    let (names, chosen, inner) = (["num_experts"], ["top_k_experts"], "moe_intermediate_size")
    return settings.isGGUF
      ? try ExpertSettings(settings, names: names, chosen: chosen, inner: inner, isEverywhere: false)
      : try .required(settings, names: names, chosen: chosen, inner: inner, isEverywhere: false)
  }
}

extension DecoderLayers {
  /// Replaces the MLP of a block by the sum of it and of experts, each between norms of its own.
  func addExperts(_ settings: ExpertSettings, to block: inout Block, _ layer: Int) throws {
    let (count, inner, width) = (settings.count, settings.inner, self.settings.width)
    let gatesAndUps = name(layer, "ffn_gate_up_exps.weight", "experts.gate_up_proj")
    let downs = name(layer, "ffn_down_exps.weight", "experts.down_proj")
    let gates: [WeightMatrix]
    let ups: [WeightMatrix]
    if isGGUF, !weights.contains(gatesAndUps) {
      gates = try weights.stack("blk.\(layer).ffn_gate_exps.weight", count, inner, width)
      ups = try weights.stack("blk.\(layer).ffn_up_exps.weight", count, inner, width)
    } else {
      let pairs = try weights.stack(gatesAndUps, count, 2 * inner, width)
      (gates, ups) = (pairs.map { $0.slice(0..<inner) }, pairs.map { $0.slice(inner..<(2 * inner)) })
    }
    let routerScale = try weights.vector(name(layer, "ffn_gate_inp.scale", "router.scale"), width)
    var routerNorm = plainNorm(width: width)
    routerNorm.weight = routerScale.map { $0 / Float(width).squareRoot() }
    let expertScales = name(layer, "ffn_down_exps.scale", "router.per_expert_scale")
    let router = Router(
      projection: try weights.projection(name(layer, "ffn_gate_inp", "router.proj"), count, width),
      norm: routerNorm, chosen: settings.chosen, normalisation: .sum(plus: 0),
      expertScales: isGGUF ? try weights.optionalVector(expertScales, count) : try weights.vector(expertScales, count))
    let all = zip(zip(gates, ups), try weights.stack(downs, count, width, inner)).map { pair, down in
      MLP(
        gate: Projection(weights: pair.0), up: Projection(weights: pair.1), down: Projection(weights: down),
        activation: activation)
    }
    let mixture = Experts(
      router: router, norm: try norm(layer, "pre_ffw_norm_2", "pre_feedforward_layernorm_2"), all: all)
    guard let mlp = block.mlp else { return }
    block.mlp = .sum([
      Summand(
        norm: block.mlpNorm, part: mlp,
        postNorm: try norm(layer, "post_ffw_norm_1", "post_feedforward_layernorm_1")),
      Summand(
        part: .experts(mixture), postNorm: try norm(layer, "post_ffw_norm_2", "post_feedforward_layernorm_2")),
    ])
    block.mlpNorm = nil
  }
}
