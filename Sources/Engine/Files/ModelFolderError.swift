/// A path that leads to no model.
public enum ModelFolderError: EngineError, Equatable {
  /// A folder without weights that can be read.
  case noWeights(path: String, found: [String])
  /// Safetensors without the config.json that says what they are.
  case missingConfig(path: String)
  /// Several candidates, and nothing that says which.
  case severalWeights(path: String, names: [String])
  /// A safetensors file instead of its folder.
  case weightsWithoutFolder(path: String)

  /// The path.
  public var place: String {
    switch self {
    case .noWeights(let path, _), .missingConfig(let path), .severalWeights(let path, _),
      .weightsWithoutFolder(let path):
      path
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noWeights(_, let found):
      "expected a .gguf file, or config.json with *.safetensors, found "
        + (found.isEmpty ? "an empty folder" : ModelFolderError.list(found))
    case .missingConfig:
      "expected a config.json beside the safetensors, found none"
    case .severalWeights(_, let names):
      "expected one weight file or an index, found \(ModelFolderError.list(names))"
    case .weightsWithoutFolder:
      "expected the folder of a safetensors model, found one of its files"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noWeights(_, let found) where found.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") }:
      ["PyTorch's pickled weights are not read, since they can run any program; convert them to safetensors"]
    case .noWeights: []
    case .missingConfig: ["fetch the whole folder of the model: weights, config.json and tokenizer files"]
    case .severalWeights(_, let names) where names.allSatisfy { $0.lowercased().hasSuffix(".gguf") }:
      ["give the path of the .gguf file itself"]
    case .severalWeights: ["weights in several files need their 'model.safetensors.index.json'"]
    case .weightsWithoutFolder: ["give the path of the folder, which holds config.json and the tokenizer, too"]
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(5).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}
