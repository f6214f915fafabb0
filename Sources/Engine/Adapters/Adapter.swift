import Foundation
import Traces

/// A LoRA adapter: low-rank changes added to products of a model, whose own weights stay unchanged.
///
/// Hu and others 2021. A folder of PEFT (`adapter_config.json` with `adapter_model.safetensors` or `adapter_model.bin`), or a
/// GGUF file as llama.cpp's convert_lora_to_gguf.py writes it.
public final class Adapter: Sendable {
  /// The name shown in figures.
  public let name: String
  /// SHA-256 over its files, hex.
  public let sha256: String
  /// Where it comes from, if known.
  public let source: String?
  /// The folder or file.
  public let path: String
  /// The model it was trained for, according to its files.
  public let baseModel: String?
  /// The rank of its changes, or the largest rank if the file does not state one.
  public let rank: Int
  /// The factor of its changes, before division by the rank.
  public let alpha: Double
  /// The kind of file whose names and row order it uses.
  let kind: ModelFileKind
  /// The architecture that a GGUF file states.
  let architecture: String?
  let updates: [AdapterUpdate]
  let replacements: [AdapterReplacement]
  /// The configuration of a folder; nil for GGUF.
  let configuration: AdapterConfiguration?
  /// Its settings, and which were looked up.
  let settings: any SettingsSource
  /// Keeps the memory map of its tensors.
  let owner: any AnyObject & Sendable

  /// Opens an adapter; large tensors stay in the file until used.
  ///
  /// - Throws: `AdapterError`, or `FileError`, `JSONError`, `SafetensorsError`, `TorchError`, `GGUFError` for its files.
  public init(path: String, name: String, sha256: String, source: String? = nil) throws {
    let paths = try Adapter.contentPaths(of: path)
    self.path = path
    self.name = name
    self.sha256 = sha256
    self.source = source
    if let config = paths.configuration {
      let content = try PEFTFolder(configuration: config, weights: paths.weights, path: path)
      (kind, architecture, configuration) = (.safetensors, nil, content.configuration)
      (updates, replacements, owner) = (content.updates, content.replacements, content.owner)
      (baseModel, rank, alpha) = (
        content.configuration.baseModel, content.configuration.rank, content.configuration.alpha
      )
      settings = content.configuration.settings
    } else {
      let content = try GGUFAdapter(path: paths.weights)
      (kind, architecture, configuration) = (.gguf, content.architecture, nil)
      (updates, replacements, owner) = (content.updates, content.replacements, content.files)
      (baseModel, rank, alpha) = (content.baseModel, content.rank, content.alpha)
      settings = content.files.metadata.settingsSource
    }
  }

  /// The files of an adapter: its configuration (nil for GGUF) and its weights.
  ///
  /// - Throws: `FileError`, `AdapterError.noAdapter`.
  public static func contentPaths(of path: String) throws -> (configuration: String?, weights: String) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.notFound(path: path)
    }
    guard isFolder.boolValue else { return (nil, path) }
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let names = try FolderListing.names(in: folder)
    if names.contains(configurationName), let weights = weightNames.first(where: names.contains) {
      let configuration = "\(folder)/\(configurationName)"
      // Whoever asks for the files reads them, too.
      try ModelFile(configuration, as: .settings).checked()
      return (configuration, "\(folder)/\(weights)")
    }
    let files = names.filter { $0.lowercased().hasSuffix(".gguf") }
    guard files.count == 1, !names.contains(configurationName) else {
      throw AdapterError.noAdapter(path: path, found: names)
    }
    return (nil, "\(folder)/\(files[0])")
  }

  /// The content of a PEFT folder.
  static let configurationName = "adapter_config.json"
  static let weightNames = ["adapter_model.safetensors", "adapter_model.bin"]

  /// The first stored value that is not a finite number, as an error that names it; reads every change.
  func nonFiniteWeight() -> LoadError? {
    for tensor in updates.flatMap({ [$0.down, $0.up] }) {
      guard let matrix = try? WeightMatrix(tensor, transposed: false, owner: owner),
        let place = matrix.firstNonFinite()
      else { continue }
      return .nonFinite(
        tensor: tensor.name, path: tensor.path, index: "[\(place.row), \(place.column)]",
        value: place.value.plainDescription)
    }
    return nil
  }
}

extension Adapter: Equatable {
  /// Whether both have the same files.
  public static func == (a: Adapter, b: Adapter) -> Bool {
    a.path == b.path && a.sha256 == b.sha256 && a.name == b.name
  }
}
