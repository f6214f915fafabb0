/// The number of experts of a mixture, how they are chosen and weighed, and the shape of their MLPs.
struct ExpertSettings {
  let count: Int
  /// Experts a token uses.
  let chosen: Int
  /// Width of an expert's hidden layer.
  let inner: Int
  var scores = Router.Scores.softmax
  /// The cap of the router's logits.
  var routerSoftcap: Float?
  var normalisation: Router.Normalisation? = .sum(plus: 0)
  /// The weights of experts are multiplied by this.
  var scale: Float = 1
  var groups: Router.Groups?
  /// Whether the router has a number for each expert that counts for the choice only.
  var correction = WeightLoader.Bias.absent
  /// Whether that number is added to logits instead of scores.
  var correctsLogits = false
  /// Whether the router has a bias.
  var routerBias = WeightLoader.Bias.absent
  /// The weight of an expert multiplies its input instead of its output.
  var weighsInput = false
  /// Gates are at most this large, ups lie between it and its negative.
  var limit: Float?
  /// Added to the ups.
  var upOffset: Float = 0
  /// The activation of experts; nil for that of every MLP.
  var activation: Activation?

  /// Experts whose counts the family reads by itself, with a softmax over all whose shares sum to one.
  ///
  /// - Parameter key: The name of the count in a configuration.
  /// - Throws: `LoadError` for more experts than the files can hold.
  init(_ settings: ModelSettings, count: Int, key: String, chosen: Int, inner: Int) throws {
    try settings.requireExperts(count, config: key)
    self.count = count
    self.chosen = chosen
    self.inner = inner
  }

  /// Reads the counts, under the newer or the older name; nil for a model without experts.
  ///
  /// `isEverywhere` says that no block is without experts.
  init?(
    _ settings: ModelSettings, names: [String], chosen chosenNames: [String] = ["num_experts_per_tok"],
    inner key: String, isEverywhere: Bool = true
  ) throws {
    if settings.isGGUF {
      // Older converters write a count of zero.
      let count =
        try settings.look.key(gguf: "expert_count", config: nil).flatMap(settings.files.configuration.integer) ?? 0
      guard count != 0 else {
        settings.changesNothing(gguf: ["expert_used_count"], because: "there are no experts")
        return nil
      }
    }
    guard let count = try settings.look.count(gguf: "expert_count", configs: names) else { return nil }
    try settings.requireExperts(count, config: names.first ?? "")
    self.count = count
    guard let chosen = try settings.look.count(gguf: "expert_used_count", configs: chosenNames) else {
      throw settings.look.missing(gguf: "expert_used_count", config: chosenNames.first ?? "")
    }
    self.chosen = chosen
    let own = try settings.count(gguf: "expert_feed_forward_length", config: key)
    if own != nil, isEverywhere {
      settings.changesNothing(gguf: ["feed_forward_length"], because: "no block is without experts")
    }
    inner = try own ?? settings.requiredCount(gguf: "feed_forward_length", config: key)
    guard chosen <= count else {
      throw settings.refuse(
        gguf: "expert_used_count", config: chosenNames.first, found: "\(chosen)",
        expected: "at most the \(count) experts")
    }
  }

  /// The same of a model that has experts.
  ///
  /// - Throws: `LoadError.missingSetting` when the files state no number of experts.
  static func required(
    _ settings: ModelSettings, names: [String], chosen chosenNames: [String] = ["num_experts_per_tok"],
    inner key: String, isEverywhere: Bool = true
  ) throws -> ExpertSettings {
    let found = try ExpertSettings(settings, names: names, chosen: chosenNames, inner: key, isEverywhere: isEverywhere)
    guard let found else { throw settings.look.missing(gguf: "expert_count", config: names.first ?? "") }
    return found
  }

  /// Refuses a GGUF file whose settings say another router than this one.
  func requireRouter(_ settings: ModelSettings) throws {
    guard settings.isGGUF else { return }
    if let function = try settings.count(gguf: "expert_gating_func", config: nil), !gating.contains(function) {
      throw settings.refuse(
        gguf: "expert_gating_func", config: nil, found: "\(function)",
        expected: gating.map { "\($0)" }.joined(separator: " or ") + ", the router of this family")
    }
    if let factor = try settings.real(gguf: "expert_weights_scale", config: nil), factor != 0, Float(factor) != scale {
      throw settings.refuse(
        gguf: "expert_weights_scale", config: nil, found: "\(factor)", expected: "\(scale.plainDescription)")
    }
    if case .sparseMixer = scores { return }
    let sumsToOne = normalisation != nil || scores == .softmaxOfChosen
    if let said = try settings.flag(gguf: "expert_weights_norm", config: nil), said != sumsToOne {
      throw settings.refuse(
        gguf: "expert_weights_norm", config: nil, found: "\(said)", expected: "\(sumsToOne), the router of this family")
    }
  }

  /// The values of `expert_gating_func` that mean this router; shares that sum to one are the softmax over the chosen experts.
  private var gating: [Int] {
    switch scores {
    case .softmax: normalisation == nil ? [1] : [1, 3]
    case .softmaxOfChosen: [1, 3]
    case .each(.sigmoid): [2]
    case .each(.rootSoftplus): [4]
    case .each: []
    // llama.cpp has no such mixer.
    case .sparseMixer: [1]
    }
  }

  /// DeepSeek's router, which several families have: scores of single logits with a correction, or a softmax; groups;
  /// normalisation; a factor.
  ///
  /// `scores` are those of config.json, and of a GGUF file that does not state them.
  mutating func followDeepSeek(
    _ settings: ModelSettings, scores usual: Router.Scores = .each(.sigmoid),
    rank: Router.Groups.Rank = .sumOfTwoLargest, correction rule: WeightLoader.Bias = .required
  ) throws {
    scores = usual
    correction = rule
    if let function = try settings.count(gguf: "expert_gating_func", config: nil) {
      guard let stated = [1: Router.Scores.softmax, 2: .each(.sigmoid)][function] else {
        throw settings.refuse(
          gguf: "expert_gating_func", config: nil, found: "\(function)", expected: "1, the softmax, or 2, the sigmoid")
      }
      scores = stated
    }
    try requireKnownNames(settings)
    let isNormalised = try settings.flag(gguf: "expert_weights_norm", config: "norm_topk_prob") ?? false
    normalisation = isNormalised ? .sum(plus: 1e-20) : nil
    let factor = try settings.real(gguf: "expert_weights_scale", config: "routed_scaling_factor") ?? 1
    // llama.cpp reads zero as none.
    scale = settings.isGGUF && factor == 0 ? 1 : Float(factor)
    try followGroups(settings, rank)
  }

  /// Refuses what the settings of DeepSeek's own code say about another router; transformers does not read them.
  private func requireKnownNames(_ settings: ModelSettings) throws {
    let known = scores == .softmax ? ["softmax"] : ["sigmoid", "noaux_tc"]
    if let function = try settings.string(gguf: nil, config: "scoring_func"), !known.contains(function) {
      throw settings.refuse(
        gguf: nil, config: "scoring_func", found: "'\(function)'",
        expected: known.map { "'\($0)'" }.joined(separator: " or "))
    }
    if let step = try settings.count(gguf: nil, config: "moe_layer_freq"), step != 1 {
      throw settings.refuse(gguf: nil, config: "moe_layer_freq", found: "\(step)", expected: "1")
    }
    guard scores != .softmax else { return }
    if let method = try settings.string(gguf: nil, config: "topk_method"), method != "noaux_tc" {
      throw settings.refuse(gguf: nil, config: "topk_method", found: "'\(method)'", expected: "'noaux_tc'")
    }
  }

  /// Reads the groups of experts; none, or one, narrows nothing down.
  mutating func followGroups(_ settings: ModelSettings, _ rank: Router.Groups.Rank) throws {
    let number = try settings.count(gguf: "expert_group_count", config: "n_group") ?? 1
    let kept = try settings.count(gguf: "expert_group_used_count", config: "topk_group") ?? number
    let least = rank == .largest ? 1 : 2
    guard number == 1 || count % number == 0 && count / number >= least else {
      throw settings.refuse(
        gguf: "expert_group_count", config: "n_group", found: "\(number)",
        expected: "a divisor of the \(count) experts, with at least \(least) in a group")
    }
    guard kept <= number, kept * (count / number) >= chosen else {
      throw settings.refuse(
        gguf: "expert_group_used_count", config: "topk_group", found: "\(kept)",
        expected: "at most the \(number) groups, and enough for \(chosen) experts")
    }
    groups = number == 1 ? nil : Router.Groups(count: number, kept: kept, rank: rank)
  }
}

extension ModelSettings {
  /// Whether the files state a number of experts other than zero, which means none.
  func hasExperts(config: String) throws -> Bool {
    let key = look.key(gguf: "expert_count", config: config)
    let said = isGGUF ? try key.flatMap(files.configuration.integer) : try integer(config: config)
    return said ?? 0 != 0
  }
}
