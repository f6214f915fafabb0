/// The settings of a model, looked up by their GGUF name (below the architecture's prefix) and their config.json name (below
/// that of the language part) together; nil stands for the name in a kind of file without such a setting.
///
/// A key that config.json omits has the default of transformers' configuration class; null is nil if that class allows it, and an error
/// where it takes a number.
struct ModelSettings: Sendable {
  let files: any ModelFiles
  /// L, number of blocks.
  let layers: Int
  /// D, width of the residual stream.
  let width: Int
  /// H, query heads.
  let heads: Int
  /// Key and value heads.
  let kvHeads: Int
  /// Longest text of the model, in tokens.
  let context: Int
  /// [L] whether a block has key heads, where a GGUF file states their number for each block and zero for some; nil elsewhere.
  let attends: [Bool]?

  let look: SettingLookup

  /// Reads the settings of every family.
  ///
  /// - Throws: `LoadError` when one is missing, of another type, or absurd, and when the model reads texts in both directions.
  init(_ files: any ModelFiles, names: SettingNames) throws {
    self.files = files
    look = SettingLookup(files: files)
    layers = try look.listedLayers(names) ?? look.structure("block_count", names.layers) - look.predictors()
    width = try look.structure("embedding_length", names.width)
    // A GGUF file of a family without attention states zero heads.
    heads = names.heads.isEmpty ? 1 : try look.structure("attention.head_count", names.heads)
    let counts = names.kvHeadsByLayer ? nil : try look.blockCounts("attention.head_count_kv", layers: layers)
    attends = counts?.map { $0 > 0 }
    let kvHeads =
      names.kvHeadsByLayer
      ? nil : try counts?.max() ?? look.count(gguf: "attention.head_count_kv", configs: names.kvHeads)
    self.kvHeads = kvHeads ?? heads
    let said = try look.count(gguf: "context_length", configs: names.context) ?? names.usualContext
    guard let said else { throw look.missing(gguf: "context_length", config: names.context.first ?? "") }
    context = said
    try requireWithinLimits(names)
    guard heads % self.kvHeads == 0 else {
      throw refuse(
        gguf: "attention.head_count_kv", config: names.kvHeads.first, found: "\(self.kvHeads)",
        expected: "a divisor of the \(heads) query heads")
    }
    if names.heads.isEmpty {
      changesNothing(
        gguf: ["attention.head_count", "feed_forward_length"], because: "no block has attention or an MLP")
    }
    if !names.isMasked { try requireCausal() }
  }

  /// Whether the names and layouts are those of GGUF.
  var isGGUF: Bool { files.kind == .gguf }

  /// A positive integer, nil when absent.
  func count(gguf: String?, config: String?) throws -> Int? {
    try look.count(gguf: gguf, configs: config.map { [$0] } ?? [])
  }

  /// A required positive integer.
  func requiredCount(gguf: String, config: String) throws -> Int {
    guard let value = try count(gguf: gguf, config: config) else { throw look.missing(gguf: gguf, config: config) }
    return value
  }

  /// A whole number, nil when absent.
  func integer(config: String) throws -> Int? {
    guard let key = look.key(gguf: nil, config: config) else { return nil }
    return try look.said(key, config, files.configuration.integer) { look.defaults.integer($0) }
  }

  /// A whole number from zero on, nil when absent.
  func whole(gguf: String?, config: String?) throws -> Int? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    let value = try look.said(key, config, files.configuration.integer) { look.defaults.integer($0) }
    guard let value, value < 0 || value >= 1 << 31 else { return value }
    throw refuse(gguf: gguf, config: config, found: "\(value)", expected: "0 to \(Int32.max)")
  }

  /// A real number, nil when absent.
  func real(gguf: String?, config: String?) throws -> Double? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    let value = try look.said(key, config, files.configuration.real) { look.defaults.real($0) }
    if let value { try require(value, gguf: gguf, config: config) }
    return value
  }

  /// A required real number.
  func requiredReal(gguf: String, config: String) throws -> Double {
    guard let value = try real(gguf: gguf, config: config) else { throw look.missing(gguf: gguf, config: config) }
    return value
  }

  /// A width times a factor that a setting of a configuration gives, cut to a whole number.
  func share(_ factor: Double, of width: Int, config: String) throws -> Int {
    let product = factor * Double(width)
    // Written so that NaN is refused.
    guard product >= 0, product < Double(Int32.max) else {
      throw refuse(
        gguf: nil, config: config, found: "\(factor)", expected: "a factor whose product with \(width) is a width")
    }
    return Int(product)
  }

  /// A string, nil when absent.
  func string(gguf: String?, config: String?) throws -> String? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try look.said(key, config, files.configuration.string) { look.defaults.string($0) }
  }

  /// A truth value, nil when absent.
  func flag(gguf: String?, config: String?) throws -> Bool? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try look.said(key, config, files.configuration.flag) { look.defaults.flag($0) }
  }

  /// A truth value under one of several names of config.json, which must agree; nil when absent.
  func flag(anyOf names: [String]) throws -> Bool? {
    var found: (name: String, value: Bool)?
    for name in names where contains(gguf: nil, config: name) {
      guard let value = try flag(gguf: nil, config: name) else { continue }
      if let found, found.value != value {
        throw refuse(gguf: nil, config: name, found: "\(value)", expected: "\(found.value), as '\(found.name)' says")
      }
      found = found ?? (name, value)
    }
    return try found?.value ?? names.first.flatMap { try flag(gguf: nil, config: $0) }
  }

  /// Strings, nil when absent.
  func strings(gguf: String?, config: String?) throws -> [String]? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try files.configuration.strings(key)
  }

  /// Whole numbers, or truth values as 0 and 1, nil when absent.
  func integers(gguf: String?, config: String?) throws -> [Int]? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try files.configuration.integers(key)
  }

  /// Real numbers of which some may be infinite, nil when absent.
  func realsOrInfinite(gguf: String) throws -> [Float]? {
    try look.key(gguf: gguf, config: nil).flatMap { try files.configuration.reals($0) }
  }

  /// Real numbers, nil when absent.
  func reals(gguf: String?, config: String?) throws -> [Float]? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    let values = try files.configuration.reals(key)
    for value in values ?? [] { try require(Double(value), gguf: gguf, config: config, inList: true) }
    return values
  }

  /// Refuses a number with which the formulas that read it have no value.
  private func require(_ value: Double, gguf: String?, config: String?, inList: Bool = false) throws(LoadError) {
    guard Float(value).isFinite else {
      throw refuse(gguf: gguf, config: config, found: "\(value)", expected: "a number within float32")
    }
    guard let range = NumberRange.of(gguf: gguf, config: config, isGGUF: isGGUF, inList: inList), !range.contains(value)
    else { return }
    throw refuse(gguf: gguf, config: config, found: "\(value)", expected: range.rawValue)
  }

  /// Whether the setting is present and not null; a default does not count.
  func contains(gguf: String?, config: String?) -> Bool {
    look.key(gguf: gguf, config: config).map { files.configuration.contains($0) } ?? false
  }

  /// The whole key of the setting that states the longest text; nil if the files have none.
  func contextSetting(_ names: SettingNames) -> String? {
    let keys =
      isGGUF
      ? [look.key(gguf: "context_length", config: nil)] : names.context.map { look.key(gguf: nil, config: $0) }
    return keys.compactMap(\.self).first { files.configuration.contains($0) }
  }

  /// The error for a value that this family does not allow.
  func refuse(gguf: String?, config: String?, found: String, expected: String) -> LoadError {
    .badSetting(
      key: look.key(gguf: gguf, config: config) ?? gguf ?? config ?? "", path: files.path, found: found,
      expected: expected)
  }

  /// Declares that settings have no effect in this model, because a condition does not hold.
  func changesNothing(gguf: [String] = [], config: [String] = [], because reason: String) {
    let keys =
      isGGUF
      ? gguf.compactMap { look.key(gguf: $0, config: nil) } : config.compactMap { look.key(gguf: nil, config: $0) }
    for key in keys { files.ledger.changesNothing(key, in: isGGUF ? .gguf : .config, because: reason) }
  }
}

/// Finds a setting by the name it has in this kind of file.
struct SettingLookup: Sendable {
  let files: any ModelFiles
  let defaults: ConfigDefaults

  init(files: any ModelFiles) {
    self.files = files
    defaults = ConfigDefaults(files)
  }

  /// The whole key in the file.
  func key(gguf: String?, config: String?) -> String? {
    files.kind == .gguf ? gguf.map { "\(files.architecture).\($0)" } : config.map { files.settingsPrefix + $0 }
  }

  /// The value under a key; the default of the configuration class if the key is absent, or if it is null and null is not a
  /// value.
  ///
  /// - Throws: What `read` throws, and `LoadError` for null where the class takes a number.
  func said<Value>(
    _ key: String, _ config: String?, _ read: (String) throws -> Value?, usual: (String) -> Value?
  ) throws -> Value? {
    if let value = try read(key) { return value }
    guard files.kind != .gguf, let config else { return nil }
    if files.configuration.holdsNull(key) {
      guard !defaults.refusesNull(config) else {
        throw LoadError.badSetting(key: key, path: files.path, found: "null", expected: "a number, or no such key")
      }
      guard !defaults.canBeNull(config) else { return nil }
    }
    return usual(config)
  }

  /// A positive integer under one of several names, which must agree; a GGUF array must repeat one number.
  func count(gguf: String?, configs: [String], takesDefault: Bool = true) throws -> Int? {
    guard files.kind != .gguf else {
      return try gguf.flatMap { key(gguf: $0, config: nil) }.flatMap { try integer($0, $0) { _ in nil } }
    }
    var found: (key: String, value: Int)?
    for config in configs {
      guard let key = key(gguf: nil, config: config), let value = try files.configuration.integer(key) else { continue }
      try require(value, key)
      if let found, found.value != value {
        throw LoadError.badSetting(
          key: key, path: files.path, found: "\(value)", expected: "\(found.value), as '\(found.key)' says")
      }
      found = found ?? (key, value)
    }
    if let found { return found.value }
    guard takesDefault, let config = configs.first, let key = key(gguf: nil, config: config) else { return nil }
    return try integer(key, config) { defaults.integer($0) }
  }

  /// A count that determines which tensors exist; no default applies, except in the language part of a multimodal model.
  func structure(_ gguf: String, _ configs: [String]) throws -> Int {
    guard let found = try count(gguf: gguf, configs: configs, takesDefault: !files.settingsPrefix.isEmpty) else {
      throw missing(gguf: gguf, config: configs.first ?? "")
    }
    return found
  }

  /// The length of the lists with an entry for each layer, in a config.json that does not state their number; nil otherwise.
  func listedLayers(_ names: SettingNames) throws -> Int? {
    guard files.kind != .gguf, try count(gguf: nil, configs: names.layers, takesDefault: false) == nil else {
      return nil
    }
    return try names.layerLists.lazy.compactMap { name in
      try key(gguf: nil, config: name).flatMap(files.configuration.strings)?.count
    }.first { $0 > 0 }
  }

  /// One number for each block, where a GGUF file states zero for some and the same for all others; nil for any other form.
  func blockCounts(_ gguf: String, layers: Int) throws -> [Int]? {
    guard let key = key(gguf: gguf, config: nil), files.kind == .gguf, files.configuration.isArray(key),
      let values = try files.configuration.integers(key), values.contains(0), let most = values.max(), most > 0
    else { return nil }
    guard values.count == layers, values.allSatisfy({ $0 == 0 || $0 == most }) else {
      throw LoadError.badSetting(
        key: key, path: files.path, found: "\(values)", expected: "\(layers) numbers, each zero or the same")
    }
    try require(most, key)
    return values
  }

  /// The blocks behind the last one that predict further tokens, which llama.cpp counts among the blocks.
  func predictors() throws -> Int {
    guard files.kind == .gguf, let key = key(gguf: "nextn_predict_layers", config: nil),
      let count = try files.configuration.integer(key)
    else { return 0 }
    let blocks = try structure("block_count", [])
    guard count >= 0, count < blocks else {
      throw LoadError.badSetting(
        key: key, path: files.path, found: "\(count)", expected: "less than the \(blocks) blocks")
    }
    return count
  }

  func missing(gguf: String, config: String) -> LoadError {
    .missingSetting(key: key(gguf: gguf, config: config) ?? config, path: files.path)
  }

  private func integer(_ key: String, _ config: String, usual: (String) -> Int?) throws -> Int? {
    let value = try said(
      key, config, { try files.kind == .gguf ? repeated($0) : files.configuration.integer($0) }, usual: usual)
    if let value { try require(value, key) }
    return value
  }

  private func require(_ value: Int, _ key: String) throws(LoadError) {
    guard value > 0, value < 1 << 31 else {
      throw .badSetting(key: key, path: files.path, found: "\(value)", expected: "1 to \(Int32.max)")
    }
  }

  /// A number that a GGUF file gives once, or once for each block.
  private func repeated(_ key: String) throws -> Int? {
    guard files.configuration.isArray(key) else { return try files.configuration.integer(key) }
    let values = try files.configuration.integers(key) ?? []
    guard let first = values.first, values.allSatisfy({ $0 == first }) else {
      throw LoadError.badSetting(
        key: key, path: files.path, found: "\(values)", expected: "the same number for every block")
    }
    return first
  }
}
