import Foundation

/// A Hugging Face folder: `config.json`, weights (safetensors or `pytorch_model.bin`, one file or several), tokenizer files.
///
/// Opening reads the headers, which are checked in full, and no tensor data.
public final class SafetensorsFiles: ModelFiles {
  /// The folder.
  public let path: String
  /// `model_type` of the config.json.
  public let architecture: String
  /// Every tensor of floating-point numbers, by name.
  public let tensors: [String: StoredTensor]
  /// Names of the other tensors (masks and the like), with their types.
  public let otherTensors: [String: String]
  /// The config.json.
  public let configuration: any ModelConfiguration
  /// Weights, index, config.json and tokenizer files.
  public let contentPaths: [String]
  /// What becomes of each setting.
  public let ledger = SettingsLedger()
  /// What a person should know of how the model was opened.
  public let notes = ModelNotes()
  /// Tensors that an index lists and that no file holds.
  public let unfoundTensors: [String: String]
  private let owners: [any AnyObject & Sendable]

  /// `.safetensors`.
  public var kind: ModelFileKind { .safetensors }

  /// Files besides the weights that decide what comes out, as far as they are there.
  private static let companions = [
    "added_tokens.json", "config.json", "merges.txt", "special_tokens_map.json", "tokenizer.json",
    "tokenizer_config.json", "vocab.json",
  ]

  /// Opens a folder.
  ///
  /// Throws `FileError`, `ModelFolderError`, `SafetensorsError`, `TorchError`, `JSONError` or `ConfigurationError`.
  public init(folder: String) throws {
    let names = try FolderListing.names(in: folder)
    guard let weightNames = try WeightFileNames.choose(names, folder: folder) else {
      throw ModelFolderError.noWeights(path: folder, found: names)
    }
    guard names.contains("config.json") else {
      throw ModelFolderError.missingConfig(path: folder)
    }
    // A file that is passed over because its link is broken would give other numbers without a word.
    let companions = SafetensorsFiles.companions.filter(names.contains)
    for name in companions {
      if let error = FileError.brokenLink(at: "\(folder)/\(name)") { throw error }
    }
    let config = try ConfigFile(path: "\(folder)/config.json")
    guard let architecture = try config.string("model_type") else {
      throw ConfigurationError.missing(path: "\(folder)/config.json", key: "model_type")
    }
    let weights = try FolderTensors(weightNames, in: folder, present: names, notes: notes)
    path = folder
    self.architecture = architecture
    tensors = weights.tensors
    otherTensors = weights.otherTensors
    unfoundTensors = weights.unfound
    owners = weights.owners
    configuration = config
    ledger.add(config.settingsSource)
    contentPaths = (weights.files + companions).sorted().map { "\(folder)/\($0)" }
  }
}
