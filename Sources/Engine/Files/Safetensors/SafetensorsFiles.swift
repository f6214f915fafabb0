import Foundation

/// A Hugging Face folder: `config.json`, weights in safetensors (one file, or several with an index), tokenizer files.
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
  private let maps: [MemoryMap]

  /// `.safetensors`.
  public var kind: ModelFileKind { .safetensors }

  /// Files besides the weights that decide what comes out, as far as they are there.
  private static let companions = [
    "added_tokens.json", "config.json", "merges.txt", "special_tokens_map.json", "tokenizer.json",
    "tokenizer_config.json", "vocab.json",
  ]

  /// Opens a folder.
  ///
  /// Throws `FileError`, `ModelFolderError`, `SafetensorsError`, `JSONError` or `ConfigurationError`.
  public init(folder: String) throws {
    let names = try FolderListing.names(in: folder)
    guard names.contains("config.json") else {
      throw ModelFolderError.missingConfig(path: folder)
    }
    let config = try ConfigFile(path: "\(folder)/config.json")
    guard let architecture = try config.string("model_type") else {
      throw ConfigurationError.missing(path: "\(folder)/config.json", key: "model_type")
    }
    let weights = try SafetensorsFiles.weightFiles(folder, names)
    var tensors: [String: StoredTensor] = [:]
    var others: [String: String] = [:]
    var maps: [MemoryMap] = []
    for name in weights.names {
      let shard = try SafetensorsShard(path: "\(folder)/\(name)")
      try weights.index?.require(shard, isComplete: name)
      // No name occurs twice: each is listed for one file, and that file holds no others.
      tensors.merge(shard.tensors) { first, _ in first }
      others.merge(shard.otherTensors) { first, _ in first }
      maps.append(shard.map)
    }
    path = folder
    self.architecture = architecture
    self.tensors = tensors
    otherTensors = others
    self.maps = maps
    configuration = config
    ledger.add(config.settingsSource)
    let index = weights.index == nil ? [] : [SafetensorsIndex.fileName]
    contentPaths = (weights.names + index + SafetensorsFiles.companions.filter(names.contains)).sorted()
      .map { "\(folder)/\($0)" }
  }

  /// The weight files: `model.safetensors`, else those of the index, else the only ones there are (as in transformers).
  private static func weightFiles(
    _ folder: String, _ names: [String]
  ) throws -> (names: [String], index: SafetensorsIndex?) {
    if names.contains("model.safetensors") { return (["model.safetensors"], nil) }
    if names.contains(SafetensorsIndex.fileName) {
      let index = try SafetensorsIndex(path: "\(folder)/\(SafetensorsIndex.fileName)")
      if let missing = index.shards.first(where: { !names.contains($0) }) {
        throw SafetensorsError.missingShard(path: index.path, shard: missing)
      }
      return (index.shards, index)
    }
    let weights = names.filter { $0.hasSuffix(".safetensors") }
    guard weights.count < 2 else { throw ModelFolderError.severalWeights(path: folder, names: weights) }
    guard !weights.isEmpty else { throw ModelFolderError.noWeights(path: folder, found: names) }
    return (weights, nil)
  }
}
