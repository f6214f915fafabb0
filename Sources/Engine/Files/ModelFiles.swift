/// A tensor in a memory-mapped file.
public struct StoredTensor: @unchecked Sendable {
  /// The name in the file.
  public let name: String
  /// Row-major shape, outermost dimension first ([out, in] for a linear layer), also for GGUF, which stores it reversed.
  public let shape: [Int]
  /// How its numbers are stored.
  public let format: NumberFormat
  /// Its bytes in the map; valid as long as the `ModelFiles` it came from.
  public let bytes: UnsafeRawBufferPointer
  /// Path of the file that holds it.
  public let path: String

  /// Describes a tensor inside a map.
  public init(name: String, shape: [Int], format: NumberFormat, bytes: UnsafeRawBufferPointer, path: String) {
    self.name = name
    self.shape = shape
    self.format = format
    self.bytes = bytes
    self.path = path
  }

  /// Number of values.
  public var elements: Int { shape.reduce(1, *) }

  /// All values, decoded.
  var values: [Float] {
    let count = elements
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      format.decode(bytes.baseAddress, buffer.baseAddress, count)
      initialized = count
    }
  }
}

/// The kind of a model's files, which determines names and layouts of its tensors.
public enum ModelFileKind: String, Sendable {
  /// One GGUF file, weights, configuration and vocabulary together (ggml's format, versions 2 and 3).
  case gguf
  /// A Hugging Face folder: `*.safetensors` or `pytorch_model.bin`, `config.json` and tokenizer files.
  case safetensors
}

/// An opened model: maps, tensors by name, and configuration.
///
/// Opening reads no weights, except those whose scales a folder stores separately.
public protocol ModelFiles: AnyObject, Sendable {
  /// GGUF or safetensors.
  var kind: ModelFileKind { get }
  /// The `.gguf` file or the folder.
  var path: String { get }
  /// `general.architecture` of a GGUF, `model_type` of a config.json.
  var architecture: String { get }
  /// Every tensor of a format the engine decodes, by name.
  var tensors: [String: StoredTensor] { get }
  /// Tensors without weights (truth values, whole numbers), such as masks: name to type.
  var otherTensors: [String: String] { get }
  /// GGUF metadata, or config.json (nested keys joined with dots).
  var configuration: any ModelConfiguration { get }
  /// Every file that determines the model's numbers (weights, then config and tokenizer files), sorted; hashed for provenance.
  var contentPaths: [String] { get }
  /// How each setting is used.
  var ledger: SettingsLedger { get }
  /// What the user should know about how the model was opened.
  var notes: ModelNotes { get }
  /// Tensors that an index lists but no file holds: name to the reason for a message.
  var unfoundTensors: [String: String] { get }
  /// The prefix of the language model's own settings: "text_config." in the config.json of a multimodal model.
  var settingsPrefix: String { get }
  /// The multimodal model that contains the language model; nil for a plain language model.
  var wrapper: Wrapper? { get }
  /// Whether only the output of the model is opened, its last norm and its head, so that tensors of blocks may be missing.
  var isOutputAlone: Bool { get }
}

extension ModelFiles {
  /// False: a model is opened with its blocks.
  public var isOutputAlone: Bool { false }
}

/// A model's files that are those of another value but for what the type itself declares.
protocol WrappedModelFiles: ModelFiles {
  /// The files that are asked for everything else.
  var base: any ModelFiles { get }
}

extension WrappedModelFiles {
  var kind: ModelFileKind { base.kind }
  var path: String { base.path }
  var architecture: String { base.architecture }
  var tensors: [String: StoredTensor] { base.tensors }
  var otherTensors: [String: String] { base.otherTensors }
  var configuration: any ModelConfiguration { base.configuration }
  var contentPaths: [String] { base.contentPaths }
  var ledger: SettingsLedger { base.ledger }
  var notes: ModelNotes { base.notes }
  var unfoundTensors: [String: String] { base.unfoundTensors }
  var settingsPrefix: String { base.settingsPrefix }
  var wrapper: Wrapper? { base.wrapper }
  var isOutputAlone: Bool { base.isOutputAlone }
}

/// The key-value configuration of a model, with typed, located look-ups; a looked-up key counts as read.
public protocol ModelConfiguration: Sendable {
  /// The settings of the file, and which were looked up.
  var settingsSource: any SettingsSource { get }
  /// Makes look-ups of a key find nothing from now on: the setting was refused, and the user accepts that.
  func hide(_ key: String)
  /// Whether the key is present (and not JSON null).
  func contains(_ key: String) -> Bool
  /// Whether the key is present and JSON null.
  func holdsNull(_ key: String) -> Bool
  /// Whether the key is present and an array.
  func isArray(_ key: String) -> Bool
  /// Whether the key is present and an empty array or object.
  func isEmpty(_ key: String) -> Bool
  /// An integer, nil when absent. Throws when the value is of another type.
  func integer(_ key: String) throws -> Int?
  /// A real number (an integer is accepted), nil when absent.
  func real(_ key: String) throws -> Double?
  /// A string, nil when absent.
  func string(_ key: String) throws -> String?
  /// A truth value, nil when absent.
  func flag(_ key: String) throws -> Bool?
  /// Integers, nil when absent (also from arrays of truth values: 0 and 1).
  func integers(_ key: String) throws -> [Int]?
  /// Real numbers, nil when absent.
  func reals(_ key: String) throws -> [Float]?
  /// A number or infinity, nil when absent.
  func limit(_ key: String) throws -> Double?
  /// Strings, nil when absent.
  func strings(_ key: String) throws -> [String]?
}

extension ModelConfiguration {
  /// False by default: a format without null.
  public func holdsNull(_ key: String) -> Bool { false }
  /// The same as a number, in a format without infinity.
  public func limit(_ key: String) throws -> Double? { try real(key) }
  /// Never, where there are no arrays.
  public func isArray(_ key: String) -> Bool { false }
  /// Never, where there are no arrays.
  public func isEmpty(_ key: String) -> Bool { false }
}
