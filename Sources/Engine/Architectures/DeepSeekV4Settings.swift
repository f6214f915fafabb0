/// What a config.json of DeepSeek V4 says, in the names of transformers and in those of published files.
struct DeepSeekV4Settings {
  /// The keys that a block's attention has beside those of its window.
  enum Kind: String {
    case sliding = "sliding_attention"
    /// One for every few tokens, of which an indexer chooses.
    case sparse = "compressed_sparse_attention"
    /// One for every many tokens, all of which are seen.
    case heavy = "heavily_compressed_attention"
  }

  /// [L] the kind of each block.
  let kinds: [Kind]
  /// [L] whether a token's id chooses the experts of a block.
  let isHashed: [Bool]
  let headWidth: Int
  let queryRank: Int
  let window: Int
  let groups: Int
  let groupRank: Int
  let sparseRate: Int
  let heavyRate: Int
  let indexHeads: Int
  let indexWidth: Int
  let chosenKeys: Int
  /// N, the number of streams.
  let streams: Int
  let streamEpsilon: Float
  /// Times that the rows and columns of a mixture are divided by their sums.
  let rounds: Int
  let experts: ExpertSettings
  let mlpBias: WeightLoader.Bias
  private let rotations: (plain: Rotation?, compressed: Rotation?)

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    func count(_ key: String) throws -> Int { try settings.requiredCount(gguf: "", config: key) }
    guard settings.kvHeads == 1 else {
      throw settings.refuse(
        gguf: nil, config: "num_key_value_heads", found: "\(settings.kvHeads)", expected: "1, a key for all heads")
    }
    kinds = try settings.compressionKinds()
    isHashed = try settings.hashedBlocks()
    headWidth = try count("head_dim")
    try settings.requireHeads(width: headWidth)
    (queryRank, window) = (try count("q_lora_rank"), try count("sliding_window"))
    (groups, groupRank) = (try count("o_groups"), try count("o_lora_rank"))
    guard settings.heads * headWidth % groups == 0 else {
      throw settings.refuse(
        gguf: nil, config: "o_groups", found: "\(groups)",
        expected: "a divisor of the width \(settings.heads * headWidth) of all heads")
    }
    sparseRate = try settings.compressionRate(.sparse, older: "compress_rate_csa", usual: 4, in: kinds)
    heavyRate = try settings.compressionRate(.heavy, older: "compress_rate_hca", usual: 128, in: kinds)
    (indexHeads, indexWidth) = (try count("index_n_heads"), try count("index_head_dim"))
    chosenKeys = try count("index_topk")
    if !kinds.contains(.sparse) {
      settings.changesNothing(
        config: ["index_n_heads", "index_head_dim", "index_topk"], because: "no block chooses among compressed keys")
    }
    streams = try settings.streamCount("hc_mult", most: 64)
    rounds = try settings.streamCount("hc_sinkhorn_iters", most: 10_000)
    streamEpsilon = Float(try settings.requiredReal(gguf: "", config: "hc_eps"))
    experts = try settings.deepSeekV4Experts()
    mlpBias = try settings.flag(gguf: nil, config: "mlp_bias") ?? false ? .required : .absent
    settings.changesNothing(
      config: ["num_nextn_predict_layers"], because: "blocks that predict further tokens are not run")
    settings.changesNothing(
      config: ["attention_bias"], because: "transformers' attention of this family has no biases")
    rotations = try DeepSeekV4Positions(settings, weights, headWidth: headWidth).rotations(kinds)
    if kinds.contains(.sparse), let turned = rotations.compressed.map({ 2 * $0.frequencies.count }), turned > indexWidth
    {
      throw settings.refuse(
        gguf: nil, config: "index_head_dim", found: "\(indexWidth)",
        expected: "at least the \(turned) values of a head that turn")
    }
  }

  /// The rotation of a block's queries and keys, compressed ones included.
  func rotation(_ layer: Int) -> Rotation? { kinds[layer] == .sliding ? rotations.plain : rotations.compressed }
}

extension ModelSettings {
  /// [L] the kind of each block's attention: by its name, by the tokens of a compressed key, or as transformers orders them otherwise.
  fileprivate func compressionKinds() throws -> [DeepSeekV4Settings.Kind] {
    if let said = try strings(gguf: nil, config: "layer_types") {
      changesNothing(config: ["compress_ratios"], because: "layer_types says the kinds of blocks")
      return try kinds(said, config: "layer_types") { DeepSeekV4Settings.Kind(rawValue: $0) }
    }
    if let said = try integers(gguf: nil, config: "compress_ratios") {
      return try kinds(said, config: "compress_ratios") { [0: .sliding, 4: .sparse, 128: .heavy][$0] }
    }
    return (0..<layers).map { $0 < 2 || $0 % 2 == 0 ? .heavy : .sparse }
  }

  /// The kinds of a list that has at least as many entries as there are blocks; more belong to blocks that predict further tokens.
  private func kinds<Entry, Kind>(_ entries: [Entry], config: String, _ kind: (Entry) -> Kind?) throws -> [Kind] {
    guard entries.count >= layers else {
      throw refuse(
        gguf: nil, config: config, found: "a list of \(entries.count)",
        expected: "an entry for each of \(layers) blocks")
    }
    return try entries.prefix(layers).map { entry in
      guard let kind = kind(entry) else {
        throw refuse(gguf: nil, config: config, found: "with '\(entry)'", expected: "kinds of blocks of this family")
      }
      return kind
    }
  }

  /// [L] whether the token's id chooses a block's experts: in the first three blocks where nothing says it.
  fileprivate func hashedBlocks() throws -> [Bool] {
    if let said = try strings(gguf: nil, config: "mlp_layer_types") {
      changesNothing(config: ["num_hash_layers"], because: "mlp_layer_types says the kinds of blocks")
      return try kinds(said, config: "mlp_layer_types") { ["hash_moe": true, "moe": false][$0] }
    }
    let first = try whole(gguf: nil, config: "num_hash_layers") ?? 3
    return (0..<layers).map { $0 < first }
  }

  /// The tokens for which a compressed key stands.
  fileprivate func compressionRate(
    _ kind: DeepSeekV4Settings.Kind, older: String, usual: Int, in kinds: [DeepSeekV4Settings.Kind]
  ) throws -> Int {
    let key = "compress_rates.\(kind.rawValue)"
    let (said, old) = (try count(gguf: nil, config: key), try count(gguf: nil, config: older))
    if old != nil { changesNothing(config: [key], because: "transformers takes '\(older)' where it is there") }
    guard kinds.contains(kind) else {
      changesNothing(config: [key, older], because: "no block has keys of this kind")
      return usual
    }
    if old == nil, said == nil, contains(gguf: nil, config: "compress_rates") {
      throw LoadError.missingSetting(key: look.key(gguf: nil, config: key) ?? key, path: files.path)
    }
    let rate = old ?? said ?? usual
    // A bias is stored for each of them.
    guard rate <= SettingLimits(files).dimension else {
      throw refuse(
        gguf: nil, config: old == nil ? key : older, found: "\(rate)",
        expected: "at most \(SettingLimits(files).dimension), the largest dimension of a tensor")
    }
    return rate
  }

  /// The experts and their router.
  fileprivate func deepSeekV4Experts() throws -> ExpertSettings {
    try requireSame("intermediate_size", as: "moe_intermediate_size", usual: 2048)
    if let shared = try whole(gguf: nil, config: "n_shared_experts"), shared != 1 {
      throw refuse(
        gguf: nil, config: "n_shared_experts", found: "\(shared)",
        expected: "1, as many as every block has in this family")
    }
    try requireWord("topk_method", ["noaux_tc"])
    try require(true, config: "norm_topk_prob")
    var experts = try ExpertSettings.required(
      self, names: ["n_routed_experts", "num_local_experts"], inner: "moe_intermediate_size")
    experts.scores = .each(try activation(config: "scoring_func", usual: .rootSoftplus))
    experts.normalisation = .sum(plus: 1e-20)
    experts.scale = Float(try requiredReal(gguf: "", config: "routed_scaling_factor"))
    experts.limit = Float(try requiredReal(gguf: "", config: "swiglu_limit"))
    return experts
  }
}

/// The positions of blocks with a window alone, and of those with compressed keys.
private struct DeepSeekV4Positions {
  let settings: ModelSettings
  let weights: WeightLoader
  let headWidth: Int

  init(_ settings: ModelSettings, _ weights: WeightLoader, headWidth: Int) {
    (self.settings, self.weights, self.headWidth) = (settings, weights, headWidth)
  }

  /// Both rotations, nil for one that no block has.
  func rotations(_ kinds: [DeepSeekV4Settings.Kind]) throws -> (plain: Rotation?, compressed: Rotation?) {
    let hasPlain = kinds.contains(.sliding)
    let hasCompressed = kinds.contains { $0 != .sliding }
    let section = isSaid("rope_scaling") ? "rope_scaling" : "rope_parameters"
    if section == "rope_scaling" {
      settings.changesNothing(
        config: ["rope_parameters"], because: "transformers takes 'rope_scaling' where it is there")
    }
    let parts = (plain: "\(section).main", compressed: "\(section).compress")
    guard isSaid(parts.plain), isSaid(parts.compressed) else {
      if hasCompressed == false {
        settings.changesNothing(config: [section, "compress_rope_theta"], because: "no block has compressed keys")
      }
      let plain = try flatPlain()
      if !hasPlain { settings.changesNothing(config: ["rope_theta"], because: "every block has compressed keys") }
      return (hasPlain ? plain : nil, hasCompressed ? try flatCompressed(section) : nil)
    }
    settings.changesNothing(
      config: ["compress_rope_theta", "qk_rope_head_dim"],
      because: "'\(section)' says the positions of each kind of block")
    for (part, isUsed) in [(parts.plain, hasPlain), (parts.compressed, hasCompressed)] where !isUsed {
      settings.changesNothing(config: [part], because: "no block is of that kind")
    }
    return (hasPlain ? try nested(parts.plain) : nil, hasCompressed ? try nested(parts.compressed) : nil)
  }

  private func isSaid(_ key: String) -> Bool {
    guard let key = settings.look.key(gguf: nil, config: key) else { return false }
    return settings.files.configuration.contains(key) && !settings.files.configuration.isEmpty(key)
  }

  /// Settings of positions in a section; `usualPart` is the part of a head that turns where neither it nor what stands beside it says so.
  private func rotary(_ section: String, usualPart: Double) -> RotarySettings {
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: headWidth, pairs: .adjacent)
    rotary.ownPlaces = [section]
    rotary.turnsPart = true
    rotary.usualPart = usualPart
    return rotary
  }

  private func nested(_ section: String) throws -> Rotation {
    try refuseOthers(section)
    return try rotary(section, usualPart: 1).rotation()
  }

  /// Refuses kinds of positions that were not compared, and what transformers passes over.
  private func refuseOthers(_ section: String) throws {
    for name in ["rope_type", "type"] {
      guard let kind = try settings.string(gguf: nil, config: "\(section).\(name)") else { continue }
      guard ["default", "yarn"].contains(kind) else {
        throw settings.refuse(
          gguf: nil, config: "\(section).\(name)", found: "'\(kind)'", expected: "'default' or 'yarn' in this family")
      }
    }
    guard try settings.flag(gguf: nil, config: "\(section).truncate") ?? true else {
      throw settings.refuse(
        gguf: nil, config: "\(section).truncate", found: "false",
        expected: "true, which transformers takes whatever it is")
    }
  }

  /// The part of a head that turns where positions are not said for each kind of block.
  private func part() throws -> Double {
    let said = try settings.real(gguf: nil, config: "partial_rotary_factor")
    let older = try settings.count(gguf: nil, config: "qk_rope_head_dim")
    if said != nil {
      settings.changesNothing(config: ["qk_rope_head_dim"], because: "partial_rotary_factor says which part turns")
    }
    let part = said ?? older.map { Double($0) / Double(headWidth) } ?? 64.0 / 512
    guard part > 0, part <= 1, Int(Double(headWidth) * part) >= 2, Int(Double(headWidth) * part) % 2 == 0 else {
      throw settings.refuse(
        gguf: nil, config: said == nil ? "qk_rope_head_dim" : "partial_rotary_factor", found: "\(part) of a head",
        expected: "a part up to 1 that makes an even number of \(headWidth) values")
    }
    return part
  }

  private func flatPlain() throws -> Rotation {
    let base = try settings.requiredReal(gguf: "", config: "rope_theta")
    return Rotation(width: Int(Double(headWidth) * (try part())), base: Float(base), pairs: .adjacent)
  }

  /// The section beside `rope_theta` is about compressed keys alone, and their base stands outside of it.
  private func flatCompressed(_ section: String) throws -> Rotation {
    try refuseOthers(section)
    let part = try part()
    if let own = try settings.real(gguf: nil, config: "\(section).partial_rotary_factor"), own != part {
      throw settings.refuse(
        gguf: nil, config: "\(section).partial_rotary_factor", found: "\(own)",
        expected: "\(part), which transformers takes from outside of the section")
    }
    settings.changesNothing(
      config: ["\(section).rope_theta"], because: "transformers takes compress_rope_theta in its place")
    var rotary = rotary(section, usualPart: part)
    rotary.partName = nil
    rotary.layerBase = try settings.requiredReal(gguf: "", config: "compress_rope_theta")
    var rotation = try rotary.rotation()
    guard try rotary.isStretched(), !settings.contains(gguf: nil, config: "\(section).attention_factor") else {
      return rotation
    }
    // DeepSeek's own code does not scale cosines and sines.
    settings.changesNothing(
      config: ["\(section).mscale", "\(section).mscale_all_dim"], because: "this family takes an attention_factor of 1")
    rotation.scale = 1
    return rotation
  }
}
