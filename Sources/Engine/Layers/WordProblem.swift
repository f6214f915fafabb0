import Traces

/// Why a word of a request, a target for example, is not one token of a model.
public enum WordProblem: Equatable, Sendable {
  /// It has no characters.
  case empty
  /// It is more than one token.
  case severalTokens(text: String, pieces: [String])
  /// The vocabulary lacks some of its characters.
  case unknown(text: String)
  /// Anything else, in words.
  case other(String)

  /// The problem with a watched word, without its name.
  init(_ error: RunError) {
    switch error {
    case .watchIsEmpty: self = .empty
    case .watchIsSeveralTokens(_, let text, let pieces, _): self = .severalTokens(text: text, pieces: pieces)
    case .watchIsUnknown(_, let text): self = .unknown(text: text)
    default: self = .other(error.message)
    }
  }

  /// What was expected and found of a word that is called `name`.
  func message(_ name: String, of model: String = "this model") -> String {
    switch self {
    case .empty: "the \(name) is empty, expected a word"
    case .severalTokens(let text, let pieces):
      "the \(name) '\(text)' is \(pieces.count) tokens of \(model) (\(pieces.joined(separator: " | "))), expected one"
    case .unknown(let text): "the \(name) '\(text)' is not made of tokens of \(model)"
    case .other(let message): message
    }
  }

  /// What to do.
  var hints: [String] {
    switch self {
    case .empty, .unknown: ["check the spelling; most words are tokens only with their leading space"]
    case .severalTokens: ["choose a word of one token; mind the leading space"]
    case .other: []
    }
  }
}
