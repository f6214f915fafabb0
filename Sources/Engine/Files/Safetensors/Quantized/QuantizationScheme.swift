/// A method of quantising a folder's weights, and how they become tensors that the engine decodes.
struct QuantizationScheme: Sendable {
  /// `quant_method` in the config.json.
  let method: String
  /// Reads the settings below the key; returns what joins the tensors.
  let read: @Sendable (_ settings: QuantizationSettings) throws -> any QuantizedWeights

  /// Every supported method.
  static let all: [QuantizationScheme] = [.fp8, .compressedTensors, .mxfp4]

  /// The keys of the settings in config.json; the last is an older name (compressed-tensors before 0.6).
  private static let keys = ["quantization_config", "text_config.quantization_config", "compression_config"]

  /// The method of a folder; nil when its weights are not quantised.
  ///
  /// Throws `QuantizationError` for an unsupported method or setting.
  static func of(_ configuration: any ModelConfiguration, path: String) throws -> (any QuantizedWeights)? {
    guard let key = keys.first(where: configuration.contains) else { return nil }
    let settings = QuantizationSettings(configuration: configuration, key: key, path: path)
    // As in transformers: older folders of bitsandbytes have only these.
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
  /// Joins values and scales.
  ///
  /// Throws `QuantizationError` when they do not match.
  func rebuild(_ tensors: inout QuantizedTensors) throws
  /// Adds notes for the user.
  func note(in notes: ModelNotes, at place: String)
}

/// The settings below `quantization_config`; a looked-up setting counts as read.
struct QuantizationSettings: Sendable {
  let configuration: any ModelConfiguration
  let key: String
  let path: String

  /// The whole key.
  func full(_ name: String) -> String { "\(key).\(name)" }

  /// Whether a setting is present and not null.
  func contains(_ name: String) -> Bool { configuration.contains(full(name)) }

  /// Whether a setting is present and null.
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

  /// Marks settings that change no weight as read.
  func touch(_ names: [String]) { for name in names { _ = contains(name) } }

  /// The bits of a weight under any method's name for them, nil when absent.
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

  /// Refuses a string that is not among the expected ones.
  func require(_ name: String, among expected: [String]) throws {
    guard let found = try string(name), !expected.contains(found.lowercased()) else { return }
    throw refuse(name, found: "'\(found)'", expected: expected.map { "'\($0)'" }.joined(separator: " or "))
  }

  /// The error for an unsupported value.
  func refuse(_ name: String, found: String, expected: String) -> QuantizationError {
    .badSetting(key: full(name), path: path, found: found, expected: expected)
  }
}
