// DeepSeek V2 and V3 (DeepSeek-AI 2024) and models of their design. Follows transformers' modeling_deepseek_v2.py, modeling_deepseek_v3.py,
// modeling_youtu.py, modeling_glm4_moe_lite.py and configuration_sarvam_mla.py; GGUF names as in llama.cpp, which calls all of them deepseek2.

extension Architecture {
  /// DeepSeek V2: latent attention, experts beside shared ones, weights of a softmax that are not normalised.
  ///
  /// In GGUF also DeepSeek V3, Kimi K2, Youtu and GLM-4.7 Flash, which the settings tell apart.
  public static let deepSeekV2 = Architecture(
    name: "DeepSeek V2", ggufName: "deepseek2", modelTypes: ["deepseek_v2"]
  ) { settings, weights in
    let mlpBias: WeightLoader.Bias =
      try settings.flag(gguf: nil, config: "mlp_bias") ?? false ? .required : .absent
    return try deepSeek(settings, weights, pairs: .adjacent, mlpBias: mlpBias, layers: deepSeekLayers) { experts in
      guard !settings.isGGUF else { return try experts.followDeepSeekInGGUF(settings) }
      try settings.requireWord("scoring_func", ["softmax"])
      // DeepSeek's own code does then what transformers never does.
      guard try settings.flag(gguf: nil, config: "norm_topk_prob") != true || experts.chosen == 1 else {
        throw settings.refuse(
          gguf: nil, config: "norm_topk_prob", found: "true",
          expected: "false: transformers passes it over, and DeepSeek's own code divides weights by their sum")
      }
      let method = try settings.requireWord("topk_method", ["greedy", "group_limited_greedy"])
      experts.normalisation = nil
      experts.scale = Float(try settings.real(gguf: nil, config: "routed_scaling_factor") ?? 1)
      guard method == "group_limited_greedy" else {
        settings.changesNothing(config: ["n_group", "topk_group"], because: "topk_method is 'greedy'")
        return
      }
      try experts.followGroups(settings, .largest)
    }
  }

  /// DeepSeek V3, and Kimi K2: sigmoid scores with a correction for the choice of experts.
  public static let deepSeekV3 = Architecture(
    name: "DeepSeek V3", ggufName: nil, modelTypes: ["deepseek_v3", "kimi_k2"]
  ) { settings, weights in
    try deepSeek(settings, weights, layers: deepSeekLayers) { try $0.followV3(settings) }
  }

  /// Sarvam's models with latent attention: DeepSeek V3 under other names of settings.
  public static let sarvamMLA = Architecture(
    name: "Sarvam MLA", ggufName: nil, modelTypes: ["sarvam_mla"]
  ) { settings, weights in
    settings.changesNothing(config: ["q_head_dim"], because: "it follows from qk_nope_head_dim and qk_rope_head_dim")
    return try deepSeek(settings, weights, kinds: ["deepseek_yarn": "yarn"], layers: deepSeekLayers) {
      try $0.followV3(settings)
    }
  }

  /// GLM-4.7 Flash: DeepSeek V3 with a list of dense blocks.
  public static let glm4MoELite = Architecture(
    name: "GLM-4.7 Flash", ggufName: nil, modelTypes: ["glm4_moe_lite"]
  ) { settings, weights in
    try deepSeek(settings, weights) { settings in
      let kinds = try settings.strings(gguf: nil, config: "mlp_layer_types")
      guard let kinds else {
        if let first = try settings.integer(config: "first_k_dense_replace"), first != 1 {
          throw settings.refuse(
            gguf: nil, config: "first_k_dense_replace", found: "\(first)",
            expected: "1, or the kinds of blocks in 'mlp_layer_types', which is all that transformers reads")
        }
        return (0..<settings.layers).map { $0 > 0 }
      }
      settings.changesNothing(config: ["first_k_dense_replace"], because: "mlp_layer_types says it")
      guard kinds.count == settings.layers, kinds.allSatisfy({ ["dense", "sparse"].contains($0) }) else {
        throw settings.refuse(
          gguf: nil, config: "mlp_layer_types", found: "\(kinds)",
          expected: "\(settings.layers) of 'dense' and 'sparse'")
      }
      return kinds.map { $0 == "sparse" }
    } router: {
      try $0.followV3(settings)
    }
  }

  /// Youtu: DeepSeek V3 without experts.
  public static let youtu = Architecture(name: "Youtu", ggufName: nil, modelTypes: ["youtu"]) { settings, weights in
    try deepSeek(settings, weights, tiedByDefault: true) { settings in
      settings.changesNothing(
        config: ["mlp_bias"], because: "transformers' MLPs of this family have no biases")
      return [Bool](repeating: false, count: settings.layers)
    } router: { _ in
    }
  }

  /// Which blocks have experts: those from `first_k_dense_replace` on.
  private static func deepSeekLayers(_ settings: ModelSettings) throws -> [Bool] {
    if let step = try settings.integer(config: "moe_layer_freq"), step != 1 {
      throw settings.refuse(
        gguf: nil, config: "moe_layer_freq", found: "\(step)",
        expected: "1: transformers passes it over, and DeepSeek's own code makes blocks between dense")
    }
    let dense = try settings.leadingDenseBlocks()
    return (0..<settings.layers).map { $0 >= dense }
  }

  /// Latent attention before MLPs or experts; `layers` says which blocks have experts, `router` how they are chosen.
  private static func deepSeek(
    _ settings: ModelSettings, _ weights: WeightLoader, pairs: Rotation.Pairs? = nil, kinds: [String: String] = [:],
    mlpBias: WeightLoader.Bias = .absent, tiedByDefault: Bool = false,
    layers: (ModelSettings) throws -> [Bool], router: (inout ExpertSettings) throws -> Void
  ) throws -> Network {
    let latent = try LatentSettings(settings)
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: latent.plain + latent.turned)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let isInterleaved = try pairs.map { $0 == .adjacent } ?? settings.flag(gguf: nil, config: "rope_interleave") ?? true
    let (rotation, scale) = try latent.positions(weights, pairs: isInterleaved ? .adjacent : .halves, kinds: kinds)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    let hasExperts = try layers(settings)
    var experts: ExpertSettings?
    var shared = 0
    if hasExperts.contains(true) {
      experts = try ExpertSettings(
        settings, names: ["n_routed_experts", "num_local_experts", "num_experts"], inner: "moe_intermediate_size",
        isEverywhere: !hasExperts.contains(false))
      guard var found = experts else { throw settings.look.missing(gguf: "expert_count", config: "n_routed_experts") }
      try router(&found)
      shared = found.inner * (try settings.sharedExperts())
      experts = found
      if !hasExperts.contains(false) {
        settings.changesNothing(config: ["intermediate_size"], because: "no block is without experts")
      }
    } else {
      settings.changesNothing(
        gguf: ["expert_count", "expert_used_count", "expert_feed_forward_length", "expert_shared_count"],
        because: "no block has experts")
    }
    try settings.passOverLaterPredictions(weights)
    return try decoder.network(tiedByDefault: tiedByDefault) { [decoder, experts, shared] layer in
      let mlp: FeedForward
      if hasExperts[layer], let experts {
        let mixture = Summand(part: try decoder.experts(layer, experts, names: ExpertNames()))
        mlp =
          shared == 0
          ? mixture.part
          : .sum([mixture, try decoder.sharedExpert(layer, "mlp.shared_experts", inner: shared, bias: mlpBias)])
      } else {
        mlp = try decoder.gatedMLP(layer, bias: mlpBias)
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try latent.attention(decoder, layer, rotation: rotation, scale: scale, bias: bias),
        mlpNorm: try decoder.mlpNorm(layer), mlp: mlp)
    }
  }
}

extension ModelSettings {
  /// Blocks at the beginning that have an MLP instead of experts.
  fileprivate func leadingDenseBlocks() throws -> Int {
    let names = ("leading_dense_block_count", "first_k_dense_replace")
    let count = try natural(gguf: names.0, config: names.1) ?? 0
    guard count <= layers else {
      throw refuse(gguf: names.0, config: names.1, found: "\(count)", expected: "at most the \(layers) blocks")
    }
    return count
  }

  /// Passes over blocks behind the last one, which predict tokens after the next.
  fileprivate func passOverLaterPredictions(_ weights: WeightLoader) throws {
    guard !isGGUF else { return }
    changesNothing(
      config: ["num_nextn_predict_layers", "num_mtp_layers"], because: "further blocks predict tokens after the next")
    let count = try integer(config: "num_nextn_predict_layers") ?? integer(config: "num_mtp_layers") ?? 1
    for block in layers..<layers + min(max(count, 1), 64) {
      for prefix in ["model.layers.", "layers."] {
        weights.passOver(
          prefix: "\(prefix)\(block).", what: "a block that predicts tokens after the next one")
      }
    }
  }

  /// The number of experts that every token uses.
  fileprivate func sharedExperts() throws -> Int {
    let keys = isGGUF ? ["expert_shared_count"] : ["n_shared_experts", "num_shared_experts"]
    for name in keys {
      guard let key = look.key(gguf: name, config: name) else { continue }
      if let value = try files.configuration.integer(key) {
        guard value >= 0, value < 1 << 16 else {
          throw refuse(gguf: name, config: name, found: "\(value)", expected: "0 to 65535")
        }
        return value
      }
    }
    return isGGUF ? 0 : try integer(config: "n_shared_experts") ?? 0
  }

  /// A word of config.json that must be one of several.
  @discardableResult
  fileprivate func requireWord(_ key: String, _ allowed: [String]) throws -> String? {
    guard let found = try string(gguf: nil, config: key) else { return nil }
    guard allowed.contains(found) else {
      throw refuse(
        gguf: nil, config: key, found: "'\(found)'",
        expected: allowed.map { "'\($0)'" }.joined(separator: " or ") + ", as in this family")
    }
    return found
  }
}

extension ExpertSettings {
  /// The router of DeepSeek V3 in config.json.
  fileprivate mutating func followV3(_ settings: ModelSettings) throws {
    try settings.requireWord("scoring_func", ["sigmoid"])
    try settings.requireWord("topk_method", ["noaux_tc"])
    try followDeepSeek(settings)
  }

  /// The routers that llama.cpp's deepseek2 has: a softmax, where groups are ranked by their best expert, or sigmoids.
  fileprivate mutating func followDeepSeekInGGUF(_ settings: ModelSettings) throws {
    // Files of GLM-4.7 Flash do not state the function; llama.cpp knows them by their size.
    let vocabulary = try settings.count(gguf: "vocab_size", config: nil)
    let isFlash = [47, 48].contains(settings.layers) && vocabulary == 154_880
    let function = try settings.count(gguf: "expert_gating_func", config: nil)
    let isSoftmax = function == 1 || function == nil && !isFlash
    try followDeepSeek(
      settings, scores: isSoftmax ? .softmax : .each(.sigmoid), rank: isSoftmax ? .largest : .sumOfTwoLargest,
      correction: .optional)
  }
}
