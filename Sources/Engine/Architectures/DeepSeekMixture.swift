/// DeepSeek's blocks: some are dense, usually the first ones; the others have experts and an expert that every token uses.
struct DeepSeekMixture {
  /// Nil when no block has any.
  let experts: ExpertSettings?
  /// [L] which blocks have experts.
  let hasExperts: [Bool]
  /// Width of the expert that every token uses; 0 for none.
  let shared: Int
  /// Of dense blocks and of the expert that every token uses.
  let mlpBias: WeightLoader.Bias
  /// The names of the experts' tensors.
  var names = ExpertNames()
  /// The name of the gate in dense blocks and in the expert that every token uses.
  var gate = "gate_proj"

  /// Settings of experts and of their router, which change nothing in a model whose blocks are all dense.
  private static let ofExperts = [
    "n_routed_experts", "num_local_experts", "num_experts", "num_experts_per_tok", "moe_intermediate_size",
    "n_shared_experts", "num_shared_experts", "n_group", "topk_group", "norm_topk_prob", "routed_scaling_factor",
    "scoring_func", "topk_method",
  ]

  /// Reads the experts and their router, by default DeepSeek V3's.
  ///
  /// `hasExperts` says which blocks have experts, by default those from `first_k_dense_replace` on.
  init(
    _ settings: ModelSettings, hasExperts: [Bool]? = nil, mlpBias: WeightLoader.Bias = .absent,
    router: ((inout ExpertSettings) throws -> Void)? = nil
  ) throws {
    let hasExperts = try hasExperts ?? settings.blocksBehindDenseOnes()
    self.hasExperts = hasExperts
    self.mlpBias = mlpBias
    guard hasExperts.contains(true) else {
      settings.changesNothing(
        gguf: ["expert_count", "expert_used_count", "expert_feed_forward_length", "expert_shared_count"],
        config: Self.ofExperts, because: "no block has experts")
      (experts, shared) = (nil, 0)
      return
    }
    let isEverywhere = !hasExperts.contains(false)
    var found = try ExpertSettings.required(
      settings, names: ["n_routed_experts", "num_local_experts", "num_experts"], inner: "moe_intermediate_size",
      isEverywhere: isEverywhere)
    if let router { try router(&found) } else { try found.followDeepSeek(settings) }
    experts = found
    shared = found.inner * (try settings.sharedExperts())
    let width = "expert_shared_feed_forward_length"
    if let said = try settings.whole(gguf: width, config: nil), said != shared {
      throw settings.refuse(
        gguf: width, config: nil, found: "\(said)", expected: "\(shared), as wide as its number of experts")
    }
    if isEverywhere {
      settings.changesNothing(config: ["intermediate_size"], because: "no block is without experts")
    }
  }

  /// The MLP of a block.
  func mlp(_ layer: Int, _ decoder: DecoderLayers) throws -> FeedForward {
    guard hasExperts[layer], let experts else {
      return try decoder.gatedMLP(layer, bias: mlpBias, names: ("mlp.\(gate)", "mlp.up_proj", "mlp.down_proj"))
    }
    let mixture = try decoder.experts(layer, experts, names: names)
    guard shared > 0 else { return mixture }
    return .sum([
      Summand(part: mixture),
      try decoder.sharedExpert(layer, "mlp.shared_experts", inner: shared, bias: mlpBias, ownGate: gate),
    ])
  }
}

extension ModelSettings {
  /// [L] which blocks have experts: those from `first_k_dense_replace` on.
  func blocksBehindDenseOnes() throws -> [Bool] {
    if let step = try integer(config: "moe_layer_freq"), step != 1 {
      throw refuse(
        gguf: nil, config: "moe_layer_freq", found: "\(step)",
        expected: "1: transformers passes it over, and DeepSeek's own code makes blocks between dense")
    }
    let names = ("leading_dense_block_count", "first_k_dense_replace")
    let dense = try whole(gguf: names.0, config: names.1) ?? 0
    guard dense <= layers else {
      throw refuse(gguf: names.0, config: names.1, found: "\(dense)", expected: "at most the \(layers) blocks")
    }
    return (0..<layers).map { $0 >= dense }
  }

  /// The number of experts that every token uses.
  fileprivate func sharedExperts() throws -> Int {
    let names = ["n_shared_experts", "num_shared_experts"]
    let said = names.first { contains(gguf: nil, config: $0) }
    // Without either, the one of which the family has a default.
    return try (said.map { [$0] } ?? names).compactMap { try whole(gguf: "expert_shared_count", config: $0) }.first ?? 0
  }
}
