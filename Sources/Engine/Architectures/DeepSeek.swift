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
    let mixture = try DeepSeekMixture(settings, mlpBias: mlpBias) { experts in
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
      // transformers has no default of them.
      for key in ["n_group", "topk_group"] { _ = try settings.requiredCount(gguf: "", config: key) }
      try experts.followGroups(settings, .largest)
    }
    return try deepSeek(settings, weights, pairs: .adjacent, mixture: mixture)
  }

  /// DeepSeek V3, and Kimi K2: sigmoid scores with a correction for the choice of experts.
  public static let deepSeekV3 = Architecture(
    name: "DeepSeek V3", ggufName: nil, modelTypes: ["deepseek_v3", "kimi_k2"]
  ) { settings, weights in
    try deepSeek(
      settings, weights, headWidth: \.turned, mixture: DeepSeekMixture(settings) { try $0.followV3(settings) })
  }

  /// Sarvam's models with latent attention: DeepSeek V3 under other names of settings.
  public static let sarvamMLA = Architecture(
    name: "Sarvam MLA", ggufName: nil, modelTypes: ["sarvam_mla"]
  ) { settings, weights in
    settings.changesNothing(config: ["q_head_dim"], because: "it follows from qk_nope_head_dim and qk_rope_head_dim")
    return try deepSeek(
      settings, weights, kinds: ["deepseek_yarn": "yarn"],
      mixture: DeepSeekMixture(settings) { try $0.followV3(settings) })
  }

  /// GLM-4.7 Flash: DeepSeek V3 with a list of dense blocks.
  public static let glm4MoELite = Architecture(
    name: "GLM-4.7 Flash", ggufName: nil, modelTypes: ["glm4_moe_lite"]
  ) { settings, weights in
    let hasExperts = try settings.sparseOrBehindFirst()
    return try deepSeek(
      settings, weights, headWidth: \.turned,
      mixture: DeepSeekMixture(settings, hasExperts: hasExperts) { try $0.followV3(settings) })
  }

  /// Youtu: DeepSeek V3 without experts.
  public static let youtu = Architecture(name: "Youtu", ggufName: nil, modelTypes: ["youtu"]) { settings, weights in
    settings.changesNothing(
      config: ["mlp_bias"], because: "transformers' MLPs of this family have no biases")
    if let padding = try settings.real(gguf: nil, config: "pad_token_id") {
      settings.files.notes.add(
        "'pad_token_id' is \(Int(exactly: padding).map(String.init) ?? "set"): the stored embedding of this token is used; transformers makes it zero whenever it loads the "
          + "model, and with it the token's logit where the unembedding is the embedding", at: settings.files.path)
    }
    let none = [Bool](repeating: false, count: settings.layers)
    return try deepSeek(
      settings, weights, headWidth: \.turned, tiedByDefault: true, mixture: DeepSeekMixture(settings, hasExperts: none))
  }

  /// Mistral 4: DeepSeek V3 with a softmax in the place of corrected sigmoids, and queries that grow with their position.
  public static let mistral4 = Architecture(name: "Mistral 4", ggufName: nil, modelTypes: ["mistral4"]) {
    settings, weights in
    let mixture = try DeepSeekMixture(settings) { experts in
      try experts.followDeepSeek(settings, scores: .softmax, correction: .absent)
    }
    return try deepSeek(
      settings, weights, headWidth: \.whole, hasTemperature: true, leastPredictors: 0, mixture: mixture)
  }

  /// Latent attention before MLPs or experts.
  ///
  /// `more` completes a block, and `norms` gives it its norms where they are not the usual ones. `headWidth` is the width that `head_dim`
  /// must have in families where transformers computes rotations from it.
  static func deepSeek(
    _ settings: ModelSettings, _ weights: WeightLoader, pairs: Rotation.Pairs? = nil, kinds: [String: String] = [:],
    headWidth: KeyPath<LatentSettings, Int>? = nil, tiedByDefault: Bool = false, hasTemperature: Bool = false,
    leastPredictors: Int = 1, mixture: DeepSeekMixture,
    latent own: LatentSettings? = nil, more: (DecoderLayers, Int, inout Block) throws -> Void = { _, _, _ in },
    norms: ((DecoderLayers, Int, inout Block) throws -> Void)? = nil
  ) throws -> Network {
    let latent = try own ?? LatentSettings(settings)
    if let headWidth { try latent.require("head_dim", latent[keyPath: headWidth]) }
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: latent.plain + latent.turned)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let isInterleaved = try pairs.map { $0 == .adjacent } ?? settings.flag(gguf: nil, config: "rope_interleave") ?? true
    var rotary = RotarySettings(
      settings: settings, weights: weights, headWidth: latent.turned, pairs: isInterleaved ? .adjacent : .halves)
    rotary.kinds = kinds
    if hasTemperature { rotary.followMistral4(latent) }
    let (rotation, scale) = try latent.positions(rotary)
    let temperature = hasTemperature ? try rotary.temperature() : nil
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    // transformers leaves out one such block whatever config.json says.
    try decoder.passOverPredictors(
      configs: ["num_nextn_predict_layers", "num_mtp_layers"], least: settings.isGGUF ? 0 : leastPredictors)
    return try decoder.network(tiedByDefault: tiedByDefault) { [decoder] layer in
      var attention = try latent.attention(decoder, layer, rotation: rotation, scale: scale, bias: bias)
      attention.temperature = temperature
      var block = Block(attention: attention, mlp: try mixture.mlp(layer, decoder))
      if let norms {
        try norms(decoder, layer, &block)
      } else {
        (block.attentionNorm, block.mlpNorm) = (try decoder.attentionNorm(layer), try decoder.mlpNorm(layer))
      }
      try more(decoder, layer, &block)
      return block
    }
  }
}

extension RotarySettings {
  /// What Mistral 4's configuration class of transformers adds: a part of the whole head, and a section where there is none.
  fileprivate mutating func followMistral4(_ latent: LatentSettings) {
    hasTemperature = true
    wholeWidth = latent.plain + latent.turned
    usualSection = [
      "rope_type": "yarn", "rope_theta": 10_000.0, "factor": 128.0, "original_max_position_embeddings": 8192.0,
      "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1,
    ]
    settings.changesNothing(
      config: places.map { "\($0).max_position_embeddings" },
      because: "max_position_embeddings outside of the section is read")
  }
}

extension ModelSettings {
  /// [L] which blocks have experts: by `mlp_layer_types`, or without it all behind the first one.
  func sparseOrBehindFirst() throws -> [Bool] {
    if contains(gguf: nil, config: "mlp_layer_types") {
      changesNothing(config: ["first_k_dense_replace"], because: "mlp_layer_types says it")
    } else if let first = try integer(config: "first_k_dense_replace"), first != 1 {
      throw refuse(
        gguf: nil, config: "first_k_dense_replace", found: "\(first)",
        expected: "1, or the kinds of blocks in 'mlp_layer_types', which is all that transformers reads")
    }
    return try Architecture.sparseBlocks(self, usual: (0..<layers).map { $0 > 0 })
  }

  /// A word of config.json that must be one of several.
  @discardableResult
  func requireWord(_ key: String, _ allowed: [String]) throws -> String? {
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
  mutating func followV3(_ settings: ModelSettings) throws {
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
