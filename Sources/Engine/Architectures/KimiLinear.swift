// Kimi Linear (Moonshot AI 2025). Follows transformers' modeling_kimi_linear.py; the names of a published file are those before its
// conversion_mapping.py. llama.cpp does not run it.

extension Architecture {
  /// Kimi Linear: a delta rule in which every value of a key decays by itself, in every fourth block latent attention without positions, and
  /// experts behind dense blocks.
  public static let kimiLinear = Architecture(
    name: "Kimi Linear", ggufName: nil, modelTypes: ["kimi_linear"],
    settings: SettingNames(context: ["model_max_length", "max_position_embeddings"])
  ) { settings, weights in
    let latent = try LatentSettings(settings)
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: latent.plain + latent.turned)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    settings.changesNothing(
      config: ["rope_theta", "rope_scaling", "rope_parameters"],
      because: "nothing turns in transformers' model of this family")
    try settings.require(true, config: "mla_use_nope")
    let attends = try settings.kimiBlocks()
    let delta = try KimiDelta(decoder)
    let mixture = try KimiMixture(settings)
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let scale = 1 / Float(latent.plain + latent.turned).squareRoot()
    return try decoder.network { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: attends[layer]
          ? try latent.attention(decoder, layer, rotation: nil, scale: scale, bias: bias) : nil,
        recurrent: attends[layer] ? nil : try delta.recurrent(layer), mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mixture.mlp(layer, decoder))
    }
  }
}

extension ModelSettings {
  /// [L] which blocks have attention: those of `layer_types`, or of the section of a published file, which counts from one; or every fourth
  /// from the fifth on.
  fileprivate func kimiBlocks() throws -> [Bool] {
    let section = "linear_attn_config"
    let full = try integers(gguf: nil, config: "\(section).full_attn_layers")
    let linear = try integers(gguf: nil, config: "\(section).kda_layers")
    if let listed = try layerKinds(["linear_attention": false, "full_attention": true]) {
      changesNothing(
        config: ["\(section).full_attn_layers", "\(section).kda_layers"], because: "layer_types is given")
      return listed
    }
    guard let full, let linear else { return (0..<layers).map { $0 > 0 && $0 % 4 == 0 } }
    guard (full + linear).sorted() == Array(1...layers) else {
      throw refuse(
        gguf: nil, config: "\(section).full_attn_layers", found: "\(full) beside \(linear)",
        expected: "every number from 1 to \(layers) in one of the two lists")
    }
    return (0..<layers).map { full.contains($0 + 1) }
  }
}

/// The delta rule of Kimi Linear.
private struct KimiDelta {
  let decoder: DecoderLayers
  let heads: Int
  let width: Int
  let kernel: Int

  init(_ decoder: DecoderLayers) throws {
    let settings = decoder.settings
    self.decoder = decoder
    // The section of a published file counts before the names of transformers.
    func count(_ inSection: String, _ own: String) throws -> Int {
      let key = "linear_attn_config.\(inSection)"
      let said = settings.contains(gguf: nil, config: key) ? try settings.count(gguf: nil, config: key) : nil
      if said != nil { settings.changesNothing(config: [own], because: "'linear_attn_config' has it") }
      return try said ?? settings.requiredCount(gguf: "", config: own)
    }
    heads = try count("num_heads", "linear_num_heads")
    width = try count("head_dim", "linear_head_dim")
    kernel = try count("short_conv_kernel_size", "linear_conv_kernel_dim")
  }

  func recurrent(_ layer: Int) throws -> Recurrent {
    let (weights, inner) = (decoder.weights, heads * width)
    func name(_ part: String) -> String { decoder.name(layer, "", "self_attn.\(part)") }
    func part(_ letter: String, _ out: Int) throws -> Projection {
      try weights.projection(name("\(letter)_proj"), out, decoder.settings.width)
    }
    // A vector of a head's width comes first.
    func low(_ letter: String) throws -> JoinedProjection {
      var projection = try weights.projection(name("\(letter)_b_proj"), inner, width)
      projection.first = try weights.matrix(name("\(letter)_a_proj") + ".weight", width, decoder.settings.width)
      return JoinedProjection(parts: [projection])
    }
    let rates = try decoder.decays(name("A_log"), shape: [1, 1, heads, 1])
    return Recurrent(
      channels: JoinedProjection(parts: try ["q", "k", "v"].map { try part($0, inner) }),
      convolution: try decoder.joinedConvolution(
        layer, "self_attn", parts: [inner, inner, inner], kernel: kernel, activation: decoder.activation),
      scan: .heads(
        HeadScan(
          heads: heads, keyHeads: heads, keyWidth: width, valueWidth: width, queryStart: 0, keyStart: inner,
          valueStart: 2 * inner, unitNorm: 1e-6, queryScale: 1 / Float(width).squareRoot(), steps: try low("f"),
          decaysByKey: true, stepBias: try weights.vector(name("dt_bias"), inner),
          decays: rates.flatMap { [Float](repeating: $0, count: width) },
          strengths: JoinedProjection(parts: [try part("b", heads)]), corrects: true)),
      gate: Gate(
        projection: try low("g"), activation: .sigmoid,
        norm: Norm(
          kind: .rootMeanSquare, weight: try weights.vector(name("o_norm.weight"), width), epsilon: decoder.epsilon),
        normsFirst: true),
      output: try weights.projection(name("o_proj"), decoder.settings.width, inner))
  }
}

/// The experts of Kimi Linear: DeepSeek V3's router under names of its own.
struct KimiMixture {
  private let experts: ExpertSettings?
  private let isSparse: [Bool]
  private let shared: Int
  private let names: ExpertNames?

  /// Reads them; `names` are those of the tensors, by default those of Kimi Linear's released files.
  init(_ settings: ModelSettings, names: ExpertNames? = nil) throws {
    self.names = names
    func count(_ names: String...) throws -> Int? { try settings.look.count(gguf: nil, configs: names) }
    isSparse = try settings.sparseOrBehindDense(usual: 1)
    if let step = try settings.count(gguf: nil, config: "moe_layer_freq"), step != 1 {
      throw settings.refuse(gguf: nil, config: "moe_layer_freq", found: "\(step)", expected: "1")
    }
    try settings.requireWord("moe_router_activation_func", ["sigmoid"])
    settings.changesNothing(config: ["use_grouped_topk"], because: "the number of groups says it")
    guard let all = try count("num_experts", "num_local_experts"),
      let chosen = try count("num_experts_per_token", "num_experts_per_tok")
    else { throw LoadError.missingSetting(key: "num_experts", path: settings.files.path) }
    var found = try ExpertSettings(
      settings, count: all, key: "num_experts", chosen: chosen,
      inner: settings.requiredCount(gguf: "", config: "moe_intermediate_size"))
    let isNormalised = try settings.flag(anyOf: ["moe_renormalize", "norm_topk_prob"]) ?? true
    found.scores = .each(.sigmoid)
    found.correction = .required
    found.normalisation = isNormalised ? .sum(plus: 1e-20) : nil
    found.scale = Float(try settings.real(gguf: nil, config: "routed_scaling_factor") ?? 1)
    let groups = try count("num_expert_group", "n_group") ?? 1
    let kept = try count("topk_group") ?? groups
    guard chosen <= all, all % groups == 0, all / groups >= 2, kept <= groups, kept * (all / groups) >= chosen else {
      throw settings.refuse(
        gguf: nil, config: "num_expert_group", found: "\(groups), of which \(kept) are kept",
        expected: "groups of at least two of the \(all) experts, with \(chosen) experts in those that are kept")
    }
    if groups > 1 { found.groups = Router.Groups(count: groups, kept: kept, rank: .sumOfTwoLargest) }
    experts = isSparse.contains(true) ? found : nil
    shared = found.inner * (try count("num_shared_experts", "n_shared_experts") ?? 1)
  }

  /// The MLP of a block.
  func mlp(_ layer: Int, _ decoder: DecoderLayers) throws -> FeedForward {
    if let names {
      guard isSparse[layer], let experts else { return try decoder.gatedMLP(layer) }
      return .sum([
        Summand(part: try decoder.experts(layer, experts, names: names)),
        try decoder.sharedExpert(layer, "\(names.folder).shared_experts", inner: shared),
      ])
    }
    // transformers saves dense MLPs under the name of experts, too.
    let renamed = decoder.name(layer, "", "block_sparse_moe.")
    let isRenamed = decoder.weights.files.tensors.keys.contains { $0.hasPrefix(renamed) }
    guard isSparse[layer], let experts else {
      let folder = isRenamed ? "block_sparse_moe" : "mlp"
      return try decoder.gatedMLP(
        layer, names: ("\(folder).gate_proj", "\(folder).up_proj", "\(folder).down_proj"))
    }
    let names = ExpertNames(folder: "block_sparse_moe", gate: "w1", up: "w3", down: "w2")
    return .sum([
      Summand(part: try decoder.experts(layer, experts, names: names)),
      try decoder.sharedExpert(layer, "block_sparse_moe.shared_experts", inner: shared),
    ])
  }
}
