import Traces

/// A path without a model.
public enum ModelFolderError: EngineError, Equatable {
  /// A folder without weights that can be read.
  case noWeights(path: String, found: [String])
  /// Weights without the config.json that describes them.
  case missingConfig(path: String)
  /// Several candidates without a way to choose.
  case severalWeights(path: String, names: [String])
  /// An incomplete set of numbered files of weights, without an index.
  case incompleteParts(path: String, found: [String], count: Int)
  /// GGUF files that hold no language model, each with what it holds.
  case noModelAmong(path: String, files: [String])
  /// A file of weights instead of its folder.
  case weightsWithoutFolder(path: String)

  /// The path.
  public var place: String {
    switch self {
    case .noWeights(let path, _), .missingConfig(let path), .severalWeights(let path, _),
      .weightsWithoutFolder(let path), .incompleteParts(let path, _, _), .noModelAmong(let path, _):
      path
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noWeights(_, let found):
      "expected a .gguf file, or config.json with *.safetensors or pytorch_model.bin, found "
        + (found.isEmpty ? "an empty folder" : FolderListing.shown(found))
        + ModelFolderError.forms(in: found)
    case .incompleteParts(_, let found, let count):
      "expected \(count) numbered files of weights or an index, found \(ModelFolderError.list(found))"
    case .noModelAmong(_, let files):
      "expected a language model, found " + MessageText.list(files)
    case .missingConfig:
      "expected a config.json beside the weights, found none"
    case .severalWeights(_, let names):
      "expected one weight file or an index, found \(ModelFolderError.list(names))"
    case .weightsWithoutFolder:
      "expected the folder of the model, found one of its files"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noWeights(_, let found): OtherWeights.found(in: found).map { "\($0.name): \($0.advice)" }
    case .incompleteParts: ["the folder is incomplete; fetch it again"]
    case .noModelAmong: ["fetch the file of the language model as well"]
    case .missingConfig: ["fetch the whole folder of the model: weights, config.json and tokenizer files"]
    case .severalWeights(_, let names) where names.allSatisfy { $0.lowercased().hasSuffix(".gguf") }:
      ["give the path of the .gguf file itself"]
    case .severalWeights: ["weights in several files need their 'model.safetensors.index.json'"]
    case .weightsWithoutFolder: ["give the path of the folder, which holds config.json and the tokenizer, too"]
    }
  }

  /// The other forms of weights among files, as the end of a sentence; empty for none.
  private static func forms(in names: [String]) -> String {
    let forms = OtherWeights.found(in: names).map(\.name)
    return forms.isEmpty ? "" : ", weights for " + forms.joined(separator: " and ")
  }

  private static func list(_ names: [String]) -> String {
    MessageText.names(names, most: 5)
  }
}
