/// The numbers of a model's configuration, asked for by their GGUF name (below the architecture's prefix) and their
/// config.json name at once; nil where one kind of file has no such setting.
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
  /// Longest text the model takes, in tokens.
  let context: Int

  /// Reads what every family has.
  ///
  /// - Throws: `LoadError` when one is missing, of another type, or absurd.
  init(_ files: any ModelFiles, names: SettingNames) throws {
    self.files = files
    let look = SettingLookup(files: files)
    func count(_ gguf: String, _ names: [String]) throws -> Int? {
      for name in names {
        if let found = try look.count(gguf: gguf, config: name) { return found }
      }
      return nil
    }
    func required(_ gguf: String, _ names: [String]) throws -> Int {
      guard let found = try count(gguf, names) else { throw look.missing(gguf: gguf, config: names[0]) }
      return found
    }
    layers = try required("block_count", names.layers)
    width = try required("embedding_length", names.width)
    heads = try required("attention.head_count", names.heads)
    kvHeads = try count("attention.head_count_kv", names.kvHeads) ?? heads
    context =
      try count("context_length", names.context) ?? names.usualContext ?? required("context_length", names.context)
    try requireWithinLimits(names)
    guard heads % kvHeads == 0 else {
      throw refuse(
        gguf: "attention.head_count_kv", config: names.kvHeads.first, found: "\(kvHeads)",
        expected: "a divisor of the \(heads) query heads")
    }
  }

  private var look: SettingLookup { SettingLookup(files: files) }

  /// A positive integer, nil when absent.
  func count(gguf: String?, config: String?) throws -> Int? { try look.count(gguf: gguf, config: config) }

  /// A positive integer that must be there.
  func requiredCount(gguf: String, config: String) throws -> Int {
    try look.requiredCount(gguf: gguf, config: config)
  }

  /// Width of one head: said by the file, else `usual`; even, because rotary positions turn pairs.
  func headWidth(usual: Int) throws -> Int {
    let width = try count(gguf: "attention.key_length", config: "head_dim") ?? usual
    guard width > 0, width % 2 == 0 else {
      throw refuse(
        gguf: "attention.key_length", config: "head_dim", found: "\(width)", expected: "a positive even number")
    }
    return width
  }

  /// A real number, nil when absent.
  func real(gguf: String?, config: String?) throws -> Double? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try files.configuration.real(key)
  }

  /// A real number that must be there.
  func requiredReal(gguf: String, config: String) throws -> Double {
    guard let value = try real(gguf: gguf, config: config) else { throw look.missing(gguf: gguf, config: config) }
    return value
  }

  /// A string, nil when absent.
  func string(gguf: String?, config: String?) throws -> String? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try files.configuration.string(key)
  }

  /// A truth value, nil when absent.
  func flag(gguf: String?, config: String?) throws -> Bool? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try files.configuration.flag(key)
  }

  /// Strings, nil when absent.
  func strings(gguf: String?, config: String?) throws -> [String]? {
    guard let key = look.key(gguf: gguf, config: config) else { return nil }
    return try files.configuration.strings(key)
  }

  /// The error for a value that this family does not allow.
  func refuse(gguf: String?, config: String?, found: String, expected: String) -> LoadError {
    .badSetting(
      key: look.key(gguf: gguf, config: config) ?? gguf ?? config ?? "", path: files.path, found: found,
      expected: expected)
  }

  /// The activation that a config.json names; `usual` where it names none and in GGUF, which does not say.
  func activation(config key: String, usual: Activation) throws -> Activation {
    guard let found = try string(gguf: nil, config: key) else { return usual }
    switch found {
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    case "gelu": return .gelu
    case "relu": return .relu
    case "silu", "swish": return .silu
    default:
      throw refuse(
        gguf: nil, config: key, found: "'\(found)'",
        expected: "'gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu' or 'silu'")
    }
  }

  /// Refuses a setting that is not as it must be.
  func require(_ flag: Bool, config key: String) throws {
    guard let found = try self.flag(gguf: nil, config: key), found != flag else { return }
    throw refuse(gguf: nil, config: key, found: "\(found)", expected: "\(flag)")
  }

  /// Refuses a config.json that names another activation than the family's; GGUF files do not say.
  func require(activation known: String, config key: String) throws {
    guard let found = try string(gguf: nil, config: key), found != known else { return }
    throw refuse(gguf: nil, config: key, found: "'\(found)'", expected: "'\(known)'")
  }
}

/// Finds a setting by the name it has in this kind of file.
private struct SettingLookup {
  let files: any ModelFiles

  func key(gguf: String?, config: String?) -> String? {
    files.kind == .gguf ? gguf.map { "\(files.architecture).\($0)" } : config
  }

  func count(gguf: String?, config: String?) throws -> Int? {
    guard let key = key(gguf: gguf, config: config), let value = try files.configuration.integer(key) else {
      return nil
    }
    guard value > 0, value < 1 << 31 else {
      throw LoadError.badSetting(key: key, path: files.path, found: "\(value)", expected: "1 to \(Int32.max)")
    }
    return value
  }

  func requiredCount(gguf: String, config: String) throws -> Int {
    guard let value = try count(gguf: gguf, config: config) else { throw missing(gguf: gguf, config: config) }
    return value
  }

  func missing(gguf: String, config: String) -> LoadError {
    .missingSetting(key: key(gguf: gguf, config: config) ?? config, path: files.path)
  }
}
