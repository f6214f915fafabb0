import Foundation

/// What a family's configuration class of transformers takes for keys that config.json leaves out: `config-defaults.json`, which
/// `Tools/make_config_defaults.py` writes.
///
/// Folders are often written as the difference from these values, the language part of multimodal ones always.
struct ConfigDefaults: Sendable {
  /// A value as JSON has it.
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
  /// Keys that can be null, which then is not their default.
  private let nullable: Set<String>

  private static let all: [String: [String: Value]] = {
    let data = Data(PackageResources.config_defaults_json)
    // The file is part of the program; a test reads it.
    return (try? JSONDecoder().decode([String: [String: Value]].self, from: data)) ?? [:]
  }()

  /// Every `model_type` that is listed.
  static var modelTypes: Set<String> { Set(all.keys) }

  /// The defaults of a `model_type`; none for a GGUF file and for types that are not listed.
  init(_ files: any ModelFiles) {
    let listed = files.kind == .gguf ? [:] : ConfigDefaults.all[files.architecture] ?? [:]
    // The file marks keys that can be null with "?".
    let marked = listed.keys.filter { $0.hasSuffix("?") }
    nullable = Set(marked.map { String($0.dropLast()) })
    values = Dictionary(
      uniqueKeysWithValues: listed.map { key, value in (key.hasSuffix("?") ? String(key.dropLast()) : key, value) })
  }

  /// Whether null under a key is a value of its own; elsewhere it says nothing, and the default holds.
  func canBeNull(_ key: String) -> Bool { nullable.contains(key) }

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
