import Traces

// adapter_config.json as peft 0.21 writes and reads it (tuners/lora/config.py).

/// The configuration of a LoRA adapter.
struct AdapterConfiguration: Sendable {
  let path: String
  /// The model that it was trained for.
  let baseModel: String?
  /// `r` and `lora_alpha`, unless a pattern overrides them.
  let rank: Int
  let alpha: Double
  let targets: AdapterTargets
  /// Whether biases of the model are part of the adapter.
  let hasBiases: Bool
  /// Whether the head stays tied to a changed embedding.
  let keepsTies: Bool
  /// Whether the change is divided by the root of the rank rather than by the rank.
  let usesRoot: Bool
  private let ranks: [(pattern: ModulePattern, value: Int)]
  private let alphas: [(pattern: ModulePattern, value: Double)]
  /// The settings, and which were looked up.
  let settings: any SettingsSource

  /// Higher ranks are a mistake.
  private static let ranksAllowed = 1...(1 << 16)

  /// Settings that change the computation in an unsupported way, unless they are off.
  private static let unsupported: [(key: String, why: String)] = [
    ("use_dora", "DoRA scales the changed weights by their lengths, which a product on the side cannot do"),
    ("use_qalora", "QALoRA sums inputs in groups before the product"),
    ("use_bdlora", "BD-LoRA has block-diagonal matrices of another shape"),
    ("arrow_config", "Arrow chooses between several adapters for each token"),
    ("kasa_config", "KaSA changes the model's own weights when it is attached"),
    ("monteclora_config", "MonteCLoRA draws random numbers"),
    ("alora_invocation_tokens", "an activated LoRA acts only after certain tokens"),
    ("layer_replication", "it repeats layers of the model"),
    ("megatron_config", "it is for the layers of Megatron"),
    ("trainable_token_indices", "single rows of the embedding are replaced"),
  ]

  /// Ways to begin training that leave the model's own weights as they are.
  private static let plainBeginnings = ["gaussian", "eva", "orthogonal", "mica"]

  /// Tasks of models that predict the next token, alone or behind an encoder.
  private static let tasks = ["CAUSAL_LM", "SEQ_2_SEQ_LM"]

  /// Reads a file.
  ///
  /// Throws `JSONError`, `AdapterError`.
  init(path: String) throws {
    let file = try JSONSettings(path: path, as: .adapterConfig)
    let root = file.root
    self.path = path
    settings = file
    try root.requireUniqueKeys()
    let kind = try root.optionalMember("peft_type")?.requireString() ?? ""
    guard kind == "LORA" else { throw AdapterError.otherKind(path: path, key: "peft_type", found: kind) }
    if let task = try root.optionalMember("task_type")?.requireString(), !Self.tasks.contains(task) {
      throw AdapterError.unsupported(
        path: path, key: "task_type", value: "'\(task)'", why: "it was trained for another task than the next token")
    }
    for (key, why) in Self.unsupported {
      guard let value = try root.optionalMember(key), !value.isOff else { continue }
      throw AdapterError.unsupported(path: path, key: key, value: value.summary, why: why)
    }
    try Self.requirePlainBeginning(root, path: path)
    baseModel = try root.optionalMember("base_model_name_or_path")?.requireString()
    rank = try Self.rank(root.optionalMember("r"), key: "r", path: path) ?? 8
    alpha = try root.optionalMember("lora_alpha")?.requireReal() ?? 8
    usesRoot = try root.optionalMember("use_rslora")?.requireBool() ?? false
    keepsTies = try root.optionalMember("ensure_weight_tying")?.requireBool() ?? false
    hasBiases = try Self.bias(root, path: path)
    // The presence of a bias tensor decides; the rest is checked with the tensors.
    _ = try root.optionalMember("lora_bias")?.requireBool()
    targets = try AdapterTargets(root, path: path)
    ranks = try Self.patterns(root, "rank_pattern", path) { value in
      try Self.rank(value, key: "rank_pattern", path: path) ?? 0
    }
    alphas = try Self.patterns(root, "alpha_pattern", path) { try $0.requireReal() }
  }

  /// The rank of a module's change.
  func rank(of module: String) throws(AdapterError) -> Int {
    for (pattern, value) in ranks where try pattern.matches(module) { return value }
    return rank
  }

  /// The factor of a module's change.
  func scale(of module: String) throws(AdapterError) -> Float {
    let rank = Double(try rank(of: module))
    var alpha = alpha
    for (pattern, value) in alphas where try pattern.matches(module) {
      alpha = value
      break
    }
    return Float(usesRoot ? alpha / rank.squareRoot() : alpha / rank)
  }

  private static func rank(_ value: JSONValue?, key: String, path: String) throws -> Int? {
    guard let rank = try value?.requireInteger() else { return nil }
    guard ranksAllowed.contains(rank) else {
      throw AdapterError.badSetting(
        path: path, key: key, found: "\(rank)", expected: "\(ranksAllowed.lowerBound) to \(ranksAllowed.upperBound)")
    }
    return rank
  }

  /// Refuses adapters that were trained on a modified base model.
  private static func requirePlainBeginning(_ root: JSONValue, path: String) throws {
    guard let value = try root.optionalMember("init_lora_weights"), value.kind != .bool else { return }
    let found = try value.requireString()
    guard plainBeginnings.contains(found.lowercased()) else {
      throw AdapterError.unsupported(
        path: path, key: "init_lora_weights", value: "'\(found)'",
        why: "it was trained on weights that were changed first; save it with path_initial_model_for_weight_conversion")
    }
  }

  private static func bias(_ root: JSONValue, path: String) throws -> Bool {
    guard let found = try root.optionalMember("bias")?.requireString() else { return false }
    guard ["none", "all", "lora_only"].contains(found) else {
      throw AdapterError.badSetting(
        path: path, key: "bias", found: "'\(found)'", expected: "'none', 'all' or 'lora_only'")
    }
    return found != "none"
  }

  /// A mapping of expressions to numbers, in the order of the file: the first match applies.
  private static func patterns<Value>(
    _ root: JSONValue, _ key: String, _ path: String, _ read: (JSONValue) throws -> Value
  ) throws -> [(pattern: ModulePattern, value: Value)] {
    guard let members = try root.optionalMember(key)?.requireMembers() else { return [] }
    return try members.map { member in
      (try ModulePattern("(.*\\.)?(\(member.key))$", .beginning, key: key, path: path), try read(member.value))
    }
  }
}

extension AdapterTargets {
  /// Reads a selection of modules.
  fileprivate init(_ root: JSONValue, path: String) throws {
    targets = try Self.choice(root, "target_modules", path)
    excluded = try Self.choice(root, "exclude_modules", path)
    parameters = try Self.strings(root, "target_parameters") ?? []
    saved = try Self.strings(root, "modules_to_save") ?? []
    savedPatterns = try saved.map {
      try ModulePattern("(^|.*\\.)\($0)($|\\..*)", .beginning, key: "modules_to_save", path: path)
    }
    if let value = try root.optionalMember("layers_to_transform") {
      let numbers = try value.integer.map { [$0] } ?? value.requireElements().map { try $0.requireInteger() }
      layers = numbers.isEmpty ? nil : numbers
    }
    let patterns = try Self.strings(root, "layers_pattern") ?? []
    layerPatterns = try (patterns.isEmpty ? [#".*?\.[^.]*"#] : patterns.map { #"(?:^|.*?\.)"# + $0 }).map {
      try ModulePattern($0 + #"\.(?P<idx>\d+)\."#, .beginning, key: "layers_pattern", path: path)
    }
  }

  private static func choice(_ root: JSONValue, _ key: String, _ path: String) throws -> Choice {
    guard let value = try root.optionalMember(key) else { return .none }
    if let text = value.string {
      if text.isEmpty { return .none }
      if key == "target_modules", text.lowercased() == "all-linear" { return .everyProjection }
      return .pattern(try ModulePattern(text, .whole, key: key, path: path))
    }
    return .names(try value.requireElements().map { try $0.requireString() })
  }

  /// The strings of a list, or a single string; nil when absent.
  private static func strings(_ root: JSONValue, _ key: String) throws -> [String]? {
    guard let value = try root.optionalMember(key) else { return nil }
    if let text = value.string { return text.isEmpty ? [] : [text] }
    return try value.requireElements().map { try $0.requireString() }
  }
}

extension JSONValue {
  /// Whether the value switches something off: null, false, or an empty text, array or object.
  fileprivate var isOff: Bool {
    switch kind {
    case .null: true
    case .bool: bool == false
    case .string: string?.isEmpty ?? true
    case .array, .object: count == 0
    case .integer, .real: false
    }
  }
}
