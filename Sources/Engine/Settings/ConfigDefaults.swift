import Foundation

/// The defaults of transformers' configuration classes for keys that config.json omits: `config-defaults.json`, written by
/// `Tools/make_config_defaults.py`.
///
/// Folders often store only the differences from these values; the language part of multimodal models always does.
struct ConfigDefaults: Sendable {
  /// A JSON value.
  enum Value: Sendable, Equatable, Decodable {
    case flag(Bool)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private let values: [String: Value]
  /// Keys for which null is a value and does not mean the default.
  private let nullable: Set<String>

  private static let all: [String: [String: Value]] = {
    let data = Data(PackageResources.config_defaults_json)
    // The file is built into the program; a test reads it.
    return (try? JSONDecoder().decode([String: [String: Value]].self, from: data)) ?? [:]
  }()

  /// Every `model_type` of a language model that is listed.
  static var modelTypes: Set<String> { Set(all.keys).subtracting(wrappers.map(\.modelType)) }

  /// The multimodal models of transformers that have a `text_config`, sorted by `model_type`.
  ///
  /// The file holds the type of their language part under "text_config", with "!" if config.json cannot choose another.
  static let wrappers: [Wrapper] = all.keys.sorted().compactMap { modelType in
    let values = all[modelType] ?? [:]
    for (key, isFixed) in [("text_config", false), ("text_config!", true)] {
      guard case .text(let language)? = values[key] else { continue }
      let isTied = values["tie_word_embeddings"] == .flag(true)
      return Wrapper(modelType: modelType, language: language, isFixed: isFixed, isTied: isTied)
    }
    return nil
  }

  /// The defaults of a `model_type`; empty for GGUF files and for unlisted types.
  init(_ files: any ModelFiles) {
    let listed = files.kind == .gguf ? [:] : ConfigDefaults.all[files.architecture] ?? [:]
    // The file marks keys that can be null with "?".
    let marked = listed.keys.filter { $0.hasSuffix("?") }
    nullable = Set(marked.map { String($0.dropLast()) })
    values = Dictionary(
      uniqueKeysWithValues: listed.map { key, value in (key.hasSuffix("?") ? String(key.dropLast()) : key, value) })
  }

  /// Whether null is a value of this key; otherwise null is refused (`refusesNull`) or means the default.
  func canBeNull(_ key: String) -> Bool { nullable.contains(key) }

  /// Whether the configuration class takes a number for this key and refuses null.
  ///
  /// What it moves into the section of rotary positions it does not look at.
  func refusesNull(_ key: String) -> Bool {
    guard case .number? = values[key] else { return false }
    return !nullable.contains(key) && !Self.ofRotaryPositions.contains(key) && !key.contains(".")
  }

  private static let ofRotaryPositions: Set = [
    "rope_theta", "rope_local_base_freq", "partial_rotary_factor", "rotary_pct", "rotary_emb_base",
  ]

  /// A whole number.
  func integer(_ key: String) -> Int? { real(key).flatMap { Int(exactly: $0) } }

  /// A number.
  func real(_ key: String) -> Double? {
    if case .number(let number)? = values[key] { number } else { nil }
  }

  /// A text.
  func string(_ key: String) -> String? {
    if case .text(let text)? = values[key] { text } else { nil }
  }

  /// A truth value.
  func flag(_ key: String) -> Bool? {
    if case .flag(let flag)? = values[key] { flag } else { nil }
  }
}
