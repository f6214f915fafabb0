import Traces

/// A `config.json`; keys of nested objects and places in arrays are joined with dots:
/// `text_config.hidden_size`, `attention_types.0.1`.
public struct ConfigFile: ModelConfiguration {
  private let root: JSONValue
  private let file: JSONSettings
  private let hidden = KeySet()
  /// Strings that stand for those of the file, by key.
  private let replaced: [String: String]

  /// Reads a file.
  ///
  /// Throws `JSONError` when it cannot be read, is not a JSON object, or has a key twice.
  public init(path: String) throws(JSONError) { try self.init(path: path, replacing: [:]) }

  /// The same with some strings replaced, to find out what another config.json would give.
  init(path: String, replacing strings: [String: String]) throws(JSONError) {
    replaced = strings
    file = try JSONSettings(path: path, as: .config)
    root = file.root
    guard root.kind == .object else { throw root.wrongKind(expected: "an object") }
    try root.requireUniqueKeys()
  }

  /// The settings of the file, and which were looked up.
  public var settingsSource: any SettingsSource { file }

  /// Makes look-ups of a key find nothing from now on.
  public func hide(_ key: String) { hidden.insert(key) }

  /// Whether the key is present and not null.
  public func contains(_ key: String) -> Bool { value(key) != nil }

  /// Whether the key is present and null.
  public func holdsNull(_ key: String) -> Bool { found(key)?.isNull ?? false }

  /// Whether the key is present and an array.
  public func isArray(_ key: String) -> Bool { found(key)?.kind == .array }

  /// Whether the key is present and an empty array or object.
  public func isEmpty(_ key: String) -> Bool { found(key)?.count == 0 }

  /// A whole number, nil when absent.
  public func integer(_ key: String) throws -> Int? { try look(key, "a whole number", \.integer) }

  /// A number, nil when absent.
  public func real(_ key: String) throws -> Double? { try look(key, "a finite number", \.finite) }

  /// A number or infinity, which Python writes as a bare word, nil when absent.
  public func limit(_ key: String) throws -> Double? {
    try look(key, "a number or infinity") { value in value.real.flatMap { $0.isNaN ? nil : $0 } }
  }

  /// A string, nil when absent.
  public func string(_ key: String) throws -> String? {
    let own = replaced[key]
    if own == nil { return try look(key, "a string", \.string) }
    // The file's own counts as read.
    _ = found(key)
    return own
  }

  /// The strings of an array, or none; the setting does not count as read.
  func unmarkedStrings(_ key: String) -> [String] {
    let value = root.unmarkedMembers?.first { $0.key == key }?.value
    return value?.elements?.compactMap(\.string) ?? []
  }

  /// A truth value, nil when absent.
  public func flag(_ key: String) throws -> Bool? { try look(key, "true or false", \.bool) }

  /// The whole numbers (or truth values, as 0 and 1) of an array, nil when absent.
  public func integers(_ key: String) throws -> [Int]? {
    try array(key, "an array of whole numbers") { $0.integer ?? $0.bool.map { $0 ? 1 : 0 } }
  }

  /// The numbers of an array, nil when absent.
  public func reals(_ key: String) throws -> [Float]? {
    try array(key, "an array of finite numbers") { $0.finite.map { Float($0) } }
  }

  /// The strings of an array, nil when absent.
  public func strings(_ key: String) throws -> [String]? { try array(key, "an array of strings", \.string) }

  private func value(_ key: String) -> JSONValue? { found(key).flatMap { $0.isNull ? nil : $0 } }

  /// The same for readers: a key below a value without keys is an error, not absent.
  private func reached(_ key: String) throws(JSONError) -> JSONValue? {
    if let value = value(key) { return value }
    var parts = key.split(separator: ".", omittingEmptySubsequences: false)
    while parts.count > 1 {
      parts.removeLast()
      guard let outer = value(parts.joined(separator: ".")) else { continue }
      guard outer.kind == .object || outer.kind == .array else { throw outer.wrongKind(expected: "an object") }
      return nil
    }
    return nil
  }

  private func found(_ key: String) -> JSONValue? {
    guard !hidden.contains(key) else { return nil }
    var value: JSONValue? = root
    for part in key.split(separator: ".", omittingEmptySubsequences: false) {
      value = value?[String(part)] ?? UInt16(part).flatMap { element(value, Int($0)) }
    }
    return value
  }

  private func element(_ array: JSONValue?, _ place: Int) -> JSONValue? {
    array?.elements?.enumerated().first { $0.offset == place }?.element
  }

  private func look<T>(_ key: String, _ expected: String, _ read: (JSONValue) -> T?) throws(JSONError) -> T? {
    guard let value = try reached(key) else { return nil }
    guard let result = read(value) else { throw value.wrongKind(expected: expected) }
    return result
  }

  private func array<T>(_ key: String, _ expected: String, _ read: (JSONValue) -> T?) throws(JSONError) -> [T]? {
    guard let value = try reached(key) else { return nil }
    guard let elements = value.elements else { throw value.wrongKind(expected: expected) }
    var results: [T] = []
    for element in elements {
      guard let result = read(element) else { throw element.wrongKind(expected: "\(expected) throughout") }
      results.append(result)
    }
    return results
  }
}

extension JSONValue {
  /// A finite number; nil for Python's NaN and Infinity.
  fileprivate var finite: Double? { real.flatMap { $0.isFinite ? $0 : nil } }
}
