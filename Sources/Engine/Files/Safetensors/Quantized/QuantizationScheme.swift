/// How a folder's weights are quantised, as its config.json says, and how they become tensors the engine decodes.
struct QuantizationScheme: Sendable {
  /// `quant_method` in the config.json.
  let method: String
  /// Reads the settings below the key; returns what puts the tensors together, and what a person should know.
  let read: @Sendable (_ settings: QuantizationSettings) throws -> any QuantizedWeights

  /// Every method this engine reads.
  static let all: [QuantizationScheme] = [.fp8, .compressedTensors, .mxfp4]

  /// Where config.json files keep the settings; the last is an older name (compressed-tensors before 0.6).
  private static let keys = ["quantization_config", "text_config.quantization_config", "compression_config"]

  /// What a folder says; nil when its weights are not quantised.
  ///
  /// Throws `QuantizationError` for a method that is not read or a setting that cannot be followed.
  static func of(_ configuration: any ModelConfiguration, path: String) throws -> (any QuantizedWeights)? {
    guard let key = keys.first(where: configuration.contains) else { return nil }
    let settings = QuantizationSettings(configuration: configuration, key: key, path: path)
    // As in transformers, whose older folders of bitsandbytes have only these.
    let isBitsAndBytes = try settings.flag("load_in_4bit") == true || settings.flag("load_in_8bit") == true
    guard let method = isBitsAndBytes ? "bitsandbytes" : try settings.string("quant_method") else {
      throw QuantizationError.missingMethod(key: key, path: path)
    }
    guard let scheme = all.first(where: { $0.method == method }) else {
      throw QuantizationError.unsupportedMethod(method: method, bits: try settings.bits, path: path)
    }
    return try scheme.read(settings)
  }
}

/// The weights of a quantised folder, whose settings were read.
protocol QuantizedWeights: Sendable {
  /// Puts values and scales together.
  ///
  /// Throws `QuantizationError` where they do not fit.
  func rebuild(_ tensors: inout QuantizedTensors) throws
  /// Says what a person should know.
  func note(in notes: ModelNotes, at place: String)
}

/// The settings below `quantization_config`; what is looked up counts as read.
struct QuantizationSettings: Sendable {
  let configuration: any ModelConfiguration
  let key: String
  let path: String

  /// The whole key.
  func full(_ name: String) -> String { "\(key).\(name)" }

  /// Whether a setting is there and not null.
  func contains(_ name: String) -> Bool { configuration.contains(full(name)) }

  /// Whether a setting is there and null.
  func isNull(_ name: String) -> Bool {
    configuration.settingsSource.storedSettings.contains { $0.key == full(name) && $0.value == "null" }
  }

  /// A string, nil when absent.
  func string(_ name: String) throws -> String? { try configuration.string(full(name)) }

  /// A truth value, nil when absent.
  func flag(_ name: String) throws -> Bool? { try configuration.flag(full(name)) }

  /// Whole numbers, nil when absent.
  func integers(_ name: String) throws -> [Int]? { try configuration.integers(full(name)) }

  /// Strings, nil when absent.
  func strings(_ name: String) throws -> [String]? { try configuration.strings(full(name)) }

  /// Looks up settings that change no weight, so that they count as read.
  func touch(_ names: [String]) { for name in names { _ = contains(name) } }

  /// The bits of a weight under the names that methods use, nil when not said.
  var bits: Int? {
    get throws {
      if try flag("load_in_4bit") == true { return 4 }
      if try flag("load_in_8bit") == true { return 8 }
      for name in ["bits", "w_bit", "nbits"] {
        if let found = try configuration.integer(full(name)) { return found }
      }
      return nil
    }
  }

  /// Refuses a string that is there and not among the expected ones.
  func require(_ name: String, among expected: [String]) throws {
    guard let found = try string(name), !expected.contains(found.lowercased()) else { return }
    throw refuse(name, found: "'\(found)'", expected: expected.map { "'\($0)'" }.joined(separator: " or "))
  }

  /// The error for a value that cannot be followed.
  func refuse(_ name: String, found: String, expected: String) -> QuantizationError {
    .badSetting(key: full(name), path: path, found: found, expected: expected)
  }
}
