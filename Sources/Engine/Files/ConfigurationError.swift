import Traces

/// A setting in GGUF metadata or config.json that is missing or of the wrong type.
public enum ConfigurationError: EngineError, Equatable {
  /// Another type; both described in words.
  case wrongType(path: String, key: String, expected: String, found: String)
  /// A whole number beyond 64 signed bits.
  case tooLarge(path: String, key: String, found: String)
  /// A key that every model must have.
  case missing(path: String, key: String)
  /// A string that is not UTF-8.
  case notUTF8(path: String, key: String)

  /// The file and the key.
  public var place: String {
    switch self {
    case .wrongType(let path, let key, _, _), .tooLarge(let path, let key, _), .notUTF8(let path, let key):
      "\(path): \(key)"
    case .missing(let path, _): path
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .wrongType(_, _, let expected, let found): "expected \(expected), found \(MessageText.short(found))"
    case .tooLarge(_, _, let found): "expected a whole number of at most 63 bits, found \(found)"
    case .missing(_, let key): "expected the key '\(key)', found none"
    case .notUTF8: "expected UTF-8, found other bytes"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .missing(_, "model_type"):
      [
        "it says which family the model is of: take the config.json of its source, which has it, or write it there as in a model of the same "
          + "network",
        "strata models families lists the types that are known",
      ]
    case .missing(_, "text_config"):
      ["of such a model the language part is run, which text_config describes; take the config.json of its source"]
    default: []
    }
  }
}
