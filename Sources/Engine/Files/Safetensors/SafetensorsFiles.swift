import Foundation
import Traces

/// A Hugging Face folder: `config.json`, weights (safetensors or `pytorch_model.bin`, one file or several), tokenizer files.
///
/// Opening reads and fully checks the headers. It reads no tensor data except quantised weights, which it joins with their
/// scales.
public final class SafetensorsFiles: ModelFiles {
  /// The folder.
  public let path: String
  /// `model_type` of the config.json; for a multimodal model that of the language part.
  public let architecture: String
  /// Every tensor of floating-point numbers, by name.
  public let tensors: [String: StoredTensor]
  /// Names of the other tensors (masks and the like), with their types.
  public let otherTensors: [String: String]
  /// The config.json.
  public let configuration: any ModelConfiguration
  /// Weights, index, config.json and tokenizer files.
  public let contentPaths: [String]
  /// How each setting is used.
  public let ledger = SettingsLedger()
  /// What the user should know about how the model was opened.
  public let notes = ModelNotes()
  /// Tensors that an index lists but no file holds.
  public let unfoundTensors: [String: String]
  private let part: LanguagePart
  private let owners: [any AnyObject & Sendable]
  private let rebuilt: [OwnedBytes]

  /// `.safetensors`.
  public var kind: ModelFileKind { .safetensors }
  /// The prefix of the language part's settings in a multimodal model.
  public var settingsPrefix: String { part.settingsPrefix }
  /// The multimodal model that the language model is a part of.
  public var wrapper: Wrapper? { part.wrapper }

  /// Opens a folder.
  ///
  /// Throws `FileError`, `ModelFolderError`, `SafetensorsError`, `TorchError`, `JSONError` or `ConfigurationError`.
  public convenience init(folder: String) throws { try self.init(folder: folder, replacing: [:]) }

  /// The same with some strings of config.json replaced.
  init(folder: String, replacing strings: [String: String]) throws {
    let names = try FolderListing.names(in: folder)
    guard let weightNames = try WeightFileNames.choose(names, folder: folder) else {
      throw ModelFolderError.noWeights(path: folder, found: names)
    }
    guard names.contains("config.json") else {
      throw ModelFolderError.missingConfig(path: folder)
    }
    // Ignoring a file because its link is broken would silently change the numbers, and one of gigabytes would be hashed before it is read.
    let companions = TokenizerFolder.companions(of: names)
    for name in companions { try ModelFile("\(folder)/\(name)", as: TokenizerFolder.content(of: name)).checked() }
    let config = try ConfigFile(path: "\(folder)/config.json", replacing: strings)
    part = try LanguagePart(config, path: "\(folder)/config.json")
    // Before the weights, because quantisation would explain missing tensors.
    let scheme = try QuantizationScheme.of(config, path: "\(folder)/config.json")
    let weights = try FolderTensors(weightNames, in: folder, present: names, notes: notes)
    var quantized = QuantizedTensors(plain: weights.tensors, raw: weights.otherTensors, folder: folder)
    try scheme?.rebuild(&quantized)
    try quantized.readTables(endingIn: ".tid2eid")
    path = folder
    architecture = part.modelType
    tensors = part.tensors(quantized.plain)
    otherTensors = part.tensors(quantized.raw.mapValues(\.dtype))
    unfoundTensors = part.tensors(weights.unfound)
    owners = weights.owners
    rebuilt = quantized.owned
    scheme?.note(in: notes, at: folder)
    configuration = config
    ledger.add(config.settingsSource)
    part.account(in: ledger)
    OtherHead.note(config, in: notes, at: folder)
    part.note(Array(weights.tensors.keys) + weights.otherTensors.keys, in: notes, at: folder)
    contentPaths = (weights.files + companions).sorted().map { "\(folder)/\($0)" }
  }
}
