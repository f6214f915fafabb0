// DeepSeek V3.2 (DeepSeek-AI 2025), GLM-5 (Zhipu 2026), A.X K1 and A.X K2 (SK Telecom 2026). Follows transformers' modeling_deepseek_v32.py,
// modeling_glm_moe_dsa.py, modeling_axk1.py, modeling_axk2.py and their configurations.

extension Architecture {
  /// DeepSeek V3.2: DeepSeek V3 whose queries look at chosen positions, in texts as long as all are chosen.
  public static let deepSeekV32 = Architecture(name: "DeepSeek V3.2", ggufName: nil, modelTypes: ["deepseek_v32"]) {
    settings, weights in
    try deepSeekSparse(settings, weights)
  }

  /// GLM-5: the same; layers share what they choose.
  public static let glmMoEDSA = Architecture(name: "GLM-5", ggufName: nil, modelTypes: ["glm_moe_dsa"]) {
    settings, weights in
    try deepSeekSparse(
      settings, weights,
      names: [
        "indexer_types", "index_topk_pattern", "index_topk_freq", "index_skip_topk_offset", "indexer_rope_interleave",
      ])
  }

  private static func deepSeekSparse(
    _ settings: ModelSettings, _ weights: WeightLoader, names: [String] = []
  ) throws -> Network {
    let sparse = try SparseAttention(
      settings, reach: "index_topk", names: ["index_head_dim", "index_n_heads"] + names)
    try settings.requireEveryLayer("indexed_attention")
    try settings.require(true, config: "rope_interleave")
    settings.changesNothing(config: ["mlp_bias"], because: "transformers' MLPs of this family have no biases")
    let hasExperts = try settings.sparseOrBehindDense(usual: 3)
    let network = try deepSeek(
      settings, weights, pairs: .adjacent,
      mixture: DeepSeekMixture(settings, hasExperts: hasExperts) { try $0.followV3(settings) }
    ) { decoder, layer, _ in sparse.passOver(decoder, layer, "self_attn.indexer") }
    return sparse.bound(network, settings)
  }

  /// A.X K1: DeepSeek V3 with a norm after the experts.
  public static let axK1 = Architecture(name: "A.X K1", ggufName: nil, modelTypes: ["axk1"]) { settings, weights in
    let step = try settings.count(gguf: nil, config: "moe_layer_freq") ?? 1
    let hasExperts = try settings.sparseOrBehindDense(usual: 1).enumerated().map { $1 && $0 % step == 0 }
    let mixture = try DeepSeekMixture(settings, hasExperts: hasExperts) { experts in
      try experts.followV3(settings)
      experts.correction = .optional
    }
    return try deepSeek(settings, weights, headWidth: \.turned, leastPredictors: 0, mixture: mixture) {
      decoder, layer, block in
      // Released files have a norm of dense blocks, too, which nothing uses.
      let name = decoder.name(layer, "", "post_mlp_layernorm")
      if hasExperts[layer] {
        block.mlpPostNorm = try decoder.norm(name, width: settings.width)
      } else {
        weights.ignore(name + ".weight")
      }
    }
  }

  /// A.X K2: DeepSeek V3.2 with gates of low rank behind norms, and gates of heads that come with queries.
  public static let axK2 = Architecture(name: "A.X K2", ggufName: nil, modelTypes: ["axk2"]) { settings, weights in
    let sparse = try SparseAttention(settings, reach: "index_topk", names: ["index_head_dim", "index_n_heads"])
    try settings.requireEveryLayer("indexed_attention")
    var latent = try LatentSettings(settings)
    guard latent.queryRank != nil else {
      throw settings.refuse(
        gguf: nil, config: "q_lora_rank", found: "null",
        expected: "a rank: gates of heads are projected from the queries' vector of low rank")
    }
    latent.hasGates = true
    // Experts of other groups keep the score 0 instead of none, and come before negative scores: 3 to 17 of 112 tokens of random models had
    // a choice among equal ones, for which torch.topk states no order.
    if let groups = try settings.count(gguf: nil, config: "n_group"), groups > 1 {
      throw settings.refuse(
        gguf: nil, config: "n_group", found: "\(groups)",
        expected: "1: experts of other groups have equal scores, among which transformers chooses in no stated order"
      )
    }
    let rank = try settings.requiredCount(gguf: "", config: "gated_norm_rank")
    let step = try settings.count(gguf: nil, config: "moe_layer_freq") ?? 1
    let hasExperts = try settings.sparseOrBehindDense(usual: 1).enumerated().map { $1 && $0 % step == 0 }
    let mixture = try DeepSeekMixture(settings, hasExperts: hasExperts) { try $0.followV3(settings) }
    let network = try deepSeek(
      settings, weights, pairs: .adjacent, leastPredictors: 0, mixture: mixture, latent: latent,
      more: { decoder, layer, _ in sparse.passOver(decoder, layer, "self_attn.indexer") },
      norms: { decoder, layer, block in
        (block.attentionNorm, block.attentionNormGate) = try gatedNorm(decoder, layer, "input_layernorm", rank: rank)
        guard hasExperts[layer] else {
          block.mlpNorm = try decoder.mlpNorm(layer)
          return
        }
        (block.mlpNorm, block.mlpNormGate) = try gatedNorm(decoder, layer, "post_attention_layernorm", rank: rank)
      })
    return sparse.bound(network, settings)
  }

  /// A norm and its gate, under the names of released files or those of the memory of transformers.
  private static func gatedNorm(
    _ decoder: DecoderLayers, _ layer: Int, _ name: String, rank: Int
  ) throws -> (Norm, NormGate) {
    let weights = decoder.weights
    func part(_ released: String, _ own: String, _ out: Int, _ input: Int) throws -> Projection {
      let isOwn = weights.usesName(with: "layernorm.mlp.fc")
      return try weights.projection(decoder.name(layer, "", "\(name).\(isOwn ? own : released)"), out, input)
    }
    let width = decoder.settings.width
    return (
      try decoder.norm(layer, "", "\(name).norm"),
      NormGate(down: try part("W_down", "mlp.fc1", rank, width), up: try part("W_up", "mlp.fc2", width, rank))
    )
  }
}

extension ModelSettings {
  /// [L] which blocks have experts: by `mlp_layer_types`, or without it those behind the first dense ones, of which there are `usual`
  /// where config.json does not say it.
  func sparseOrBehindDense(usual: Int) throws -> [Bool] {
    guard !contains(gguf: nil, config: "mlp_layer_types") else {
      changesNothing(config: ["first_k_dense_replace", "moe_layer_freq"], because: "mlp_layer_types says it")
      return try Architecture.sparseBlocks(self)
    }
    let dense = try whole(gguf: nil, config: "first_k_dense_replace") ?? usual
    return (0..<layers).map { $0 >= dense }
  }

  /// Refuses a list of kinds of layers with any other than this one.
  func requireEveryLayer(_ kind: String) throws {
    guard let types = try strings(gguf: nil, config: "layer_types"),
      types.count != layers || types.contains(where: { $0 != kind })
    else { return }
    throw refuse(
      gguf: nil, config: "layer_types", found: "\(types)", expected: "'\(kind)' for each of the \(layers) layers")
  }
}
