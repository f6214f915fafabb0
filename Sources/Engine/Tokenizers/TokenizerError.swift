import Traces

/// What can be wrong with a tokenizer's files.
public enum TokenizerError: EngineError, Equatable {
  /// A folder holds none of the known tokenizer files.
  case noTokenizer(path: String, known: [String])
  /// An unsupported part of a tokenizer; `kind` like "pre-tokenizer".
  case unknownComponent(path: String, kind: String, name: String, known: [String])
  /// An unsupported setting of a part.
  case unsupportedSetting(path: String, component: String, setting: String, found: String, expected: String)
  /// A class of transformers with unknown parts of its own; whether the files name it and have a tokenizer.json that could
  /// replace them.
  case unknownClass(path: String, name: String, known: [String], isDeclared: Bool)
  /// A class of transformers whose parts do not fit the vocabulary of tokenizer.json.
  case unfitClass(path: String, name: String, isByteLevel: Bool)
  /// Texts should begin with BOS, but there is no such token.
  case noBOS(path: String)
  /// The files contradict themselves.
  case damaged(path: String, expected: String, found: String)
  /// An unusable regular expression.
  case badPattern(path: String, pattern: String, reason: String)
  /// A regular expression gave up on a text.
  case patternFailed(pattern: String, reason: String)
  /// A text that the vocabulary cannot spell, without an unknown token; `token` is its missing name, or the setting.
  case noUnknownToken(text: String, token: String)

  /// The file or the folder.
  public var place: String {
    switch self {
    case .noTokenizer(let path, _), .unknownComponent(let path, _, _, _), .unsupportedSetting(let path, _, _, _, _),
      .unknownClass(let path, _, _, _), .unfitClass(let path, _, _), .noBOS(let path), .damaged(let path, _, _),
      .badPattern(let path, _, _):
      path
    case .patternFailed, .noUnknownToken: "tokenizer"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noTokenizer(_, let known): "expected \(known.joined(separator: " or ")), found none of them"
    case .unknownComponent(_, let kind, let name, let known):
      "unknown \(kind) '\(MessageText.short(name))', expected one of \(known.joined(separator: ", "))"
    case .unsupportedSetting(_, let component, let setting, let found, let expected):
      "\(component) with \(setting) \(found) is not implemented, expected \(expected)"
    case .unknownClass(_, let name, let known, _):
      "the tokenizer class '\(MessageText.short(name))' has unknown parts of its own, expected one of "
        + known.joined(separator: ", ")
    case .unfitClass(_, let name, let isByteLevel):
      "the tokenizer class '\(MessageText.short(name))' is \(isByteLevel ? "" : "not ")byte-level, and this vocabulary is"
        + (isByteLevel ? " not" : "")
    case .noBOS: "texts should begin with BOS, but the tokenizer names no such token"
    case .damaged(_, let expected, let found):
      "expected \(MessageText.short(expected)), found \(MessageText.short(found))"
    case .badPattern(_, let pattern, let reason):
      "the pattern '\(MessageText.short(pattern))' cannot be used: \(reason)"
    case .patternFailed(let pattern, let reason):
      "the pattern '\(MessageText.short(pattern))' gave up on the text: \(reason)"
    case .noUnknownToken(let text, let token):
      "the vocabulary cannot spell '\(text.prefix(40))', and \(token == "unk_id" ? "there is no unk_id" : "the unk_token '\(token)' is not in it")"
    }
  }

  /// Advice, if any.
  public var hints: [String] {
    switch self {
    case .noTokenizer: ["fetch the tokenizer files of the model into the folder"]
    case .unknownComponent(_, let kind, _, _):
      ["a wrong guess would silently give other tokens; this \(kind) must be implemented first"]
    case .unknownClass(_, _, _, let isDeclared):
      isDeclared ? ["to follow tokenizer.json as it is: --accept-setting tokenizer_class"] : []
    case .unfitClass: ["to follow tokenizer.json as it is: --accept-setting tokenizer_class"]
    case .noBOS: ["leave --bos or bos: out, or write no or model"]
    case .noUnknownToken: ["leave out what the vocabulary does not have; tokenizers gives no ids for this text either"]
    default: []
    }
  }
}
