import Traces

/// An adapter that cannot be used.
public enum AdapterError: EngineError, Equatable {
  /// A path without an adapter.
  case noAdapter(path: String, found: [String])
  /// An adapter where a model was expected; `model` is the one it was trained for, as it says.
  case givenAsModel(path: String, kind: String, model: String?)
  /// A kind of adapter that is not LoRA.
  case otherKind(path: String, key: String, found: String)
  /// A setting whose value asks for something unsupported.
  case unsupported(path: String, key: String, value: String, why: String)
  /// A setting outside its range.
  case badSetting(path: String, key: String, found: String, expected: String)
  /// An invalid regular expression.
  case badPattern(path: String, key: String, pattern: String, reason: String)
  /// A tensor without its counterpart.
  case incomplete(path: String, tensor: String, missing: String)
  /// A tensor whose rank differs from the configuration.
  case badRank(path: String, tensor: String, found: Int, expected: Int)
  /// Tensors that match nothing in the model.
  case unknownTensors(names: [String], path: String, model: String)
  /// Tensors of modules that the configuration does not select.
  case notSelected(names: [String], path: String)
  /// Modules that the configuration selects but for which the file has no tensors.
  case missingTensors(modules: [String], path: String)
  /// An adapter for another family.
  case otherArchitecture(path: String, found: String, expected: String)
  /// Tensors that cannot be converted from one kind of file to the other.
  case otherLayout(names: [String], path: String, model: String)

  /// The folder or file.
  public var place: String {
    switch self {
    case .noAdapter(let path, _), .givenAsModel(let path, _, _), .otherKind(let path, _, _),
      .incomplete(let path, _, _), .badRank(let path, _, _, _), .unknownTensors(_, let path, _),
      .notSelected(_, let path), .missingTensors(_, let path), .otherArchitecture(let path, _, _),
      .otherLayout(_, let path, _):
      path
    case .unsupported(let path, let key, _, _), .badSetting(let path, let key, _, _),
      .badPattern(let path, let key, _, _):
      "\(path): \(key)"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noAdapter(_, let found):
      "expected a LoRA adapter (adapter_config.json with adapter_model.safetensors, or a GGUF file), found "
        + (found.isEmpty ? "an empty folder" : FolderListing.shown(found))
    case .givenAsModel(_, let kind, let model):
      "this is a \(kind) adapter" + (model.map { " of \($0)" } ?? "") + ", expected a model"
    case .otherKind(_, let key, let found):
      "the adapter is of the kind '\(found)' (\(key)), expected LoRA"
    case .unsupported(_, _, let value, let why): "\(value) is not supported: \(why)"
    case .badSetting(_, _, let found, let expected): "expected \(expected), found \(MessageText.short(found))"
    case .badPattern(_, _, let pattern, let reason):
      "expected a regular expression, found '\(MessageText.short(pattern))': \(reason)"
    case .incomplete(_, let tensor, let missing): "tensor '\(tensor)' is there, but '\(missing)' is missing"
    case .badRank(_, let tensor, let found, let expected):
      "tensor '\(tensor)' has the rank \(found), expected \(expected) as the configuration says"
    case .unknownTensors(let names, _, let model):
      (names.count == 1 ? "a tensor of the adapter belongs" : "\(names.count) tensors of the adapter belong")
        + " to nothing in \(model): " + AdapterError.list(names)
    case .notSelected(let names, _):
      (names.count == 1 ? "a tensor is there" : "\(names.count) tensors are there")
        + " for modules that the configuration does not select: " + AdapterError.list(names)
    case .missingTensors(let modules, _):
      (modules.count == 1
        ? "a module that the configuration selects has"
        : "\(modules.count) modules that the configuration selects have") + " no tensors: "
        + AdapterError.list(modules)
    case .otherArchitecture(_, let found, let expected):
      "expected an adapter of the architecture '\(expected)', found one of '\(found)'"
    case .otherLayout(let names, _, let model):
      "the adapter replaces " + AdapterError.list(names) + ", which \(model) stores in another form"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noAdapter, .badSetting, .badPattern: []
    case .givenAsModel(_, let kind, _) where kind != "LoRA":
      ["only LoRA adapters are supported"]
    case .givenAsModel(let path, _, let model):
      ["give the model, and this as its adapter: --model \(model ?? "MODEL") --adapter \(path)"]
    case .otherKind, .unsupported:
      ["merge it into its model with PEFT (merge_and_unload, then save_pretrained), and give the folder as a model"]
    case .incomplete, .badRank, .missingTensors: ["the file may be incomplete; fetch it again"]
    case .unknownTensors, .otherArchitecture:
      ["an adapter with unused tensors is refused; is this the model that it was trained for?"]
    case .notSelected: ["PEFT would ignore them silently; correct target_modules in adapter_config.json"]
    case .otherLayout: ["give the model as a folder of safetensors"]
    }
  }

  private static func list(_ names: [String]) -> String { MessageText.names(names, most: 5) }
}
