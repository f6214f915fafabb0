import Plot
import Traces
import Words

/// Why a figure cannot be made from a trace.
public enum FigureError: EngineError, Equatable {
  /// No kind has that name.
  case unknownKind(String, known: [String])
  /// The kind has no such option.
  case unknownOption(String, kind: String, known: [String])
  /// The options were checked for another kind.
  case optionsOfAnotherKind(String, kind: String)
  /// The option does not take that value.
  case badValue(OptionValue, option: String, kind: String, expected: String)
  /// The trace has none of the data that the kind shows.
  case nothingToShow(kind: String, model: String, needs: String, hint: String)
  /// The trace has no such layer or position.
  case outOfRange(what: String, found: Int, count: Int, kind: String)
  /// The model has no such layer, or the trace no row for the embedding; `row` is "layer 99".
  case missingRow(String, option: String, kind: String, model: String, hint: String)
  /// The kind counts in longer lists of most probable tokens than the trace keeps.
  case listsTooShort(kind: String, model: String, found: Int, most: Int)
  /// Models whose tokens are not the same, which the kind compares: an id has two texts.
  case differentTokenizers(kind: String, model: String, other: String, id: Int, texts: [String])
  /// Models that did not read and say the same tokens, which the kind compares.
  case differentTokens(kind: String, model: String, other: String)
  /// Traces that do not watch the same two words, which the kind compares.
  case differentWords(String, kind: String, model: String, prompt: String)
  /// Too few positions for what the kind shows.
  case tooFewPositions(kind: String, model: String, found: Int, least: Int)
  /// More lines than readers can distinguish.
  case tooManyLines(kind: String, found: Int, most: Int, hint: String)
  /// The kind shows numbers of another sort.
  case wrongNumbers(kind: String, expected: Numbers.Sort)
  /// The trace contradicts itself.
  case badTrace(model: String, reason: String)

  /// The kind of figure, or the model of the trace.
  public var place: String {
    switch self {
    case .unknownKind: "figures"
    case .unknownOption(_, let kind, _), .badValue(_, _, let kind, _), .outOfRange(_, _, _, let kind): kind
    case .tooManyLines(let kind, _, _, _), .wrongNumbers(let kind, _), .optionsOfAnotherKind(_, let kind): kind
    case .nothingToShow(let kind, let model, _, _), .tooFewPositions(let kind, let model, _, _): "\(kind) of \(model)"
    case .missingRow(_, _, let kind, let model, _), .differentTokens(let kind, let model, _),
      .differentWords(_, let kind, let model, _), .listsTooShort(let kind, let model, _, _),
      .differentTokenizers(let kind, let model, _, _, _):
      "\(kind) of \(model)"
    case .badTrace(let model, _): "trace of \(model)"
    }
  }

  /// What was expected and found.
  public var message: String {
    switch self {
    case .unknownKind(let name, _): "unknown figure kind '\(name)'"
    case .unknownOption(let name, let kind, _): "unknown option '\(name)' of \(kind)"
    case .optionsOfAnotherKind(let other, let kind): "expected options of \(kind), found options of \(other)"
    case .badValue(let value, let option, _, let expected):
      "option '\(option)' expects \(expected), found \(value.spelled)"
    case .nothingToShow(_, _, let needs, _): "the trace has no \(needs)"
    case .outOfRange(let what, let found, let count, _):
      "no \(what) \(found): the trace has \(count), expected 1 to \(count)"
    case .missingRow(let row, let option, _, let model, _): "\(option): '\(model)' has no \(row)"
    case .listsTooShort(_, let model, let found, let most):
      "option 'k' expects at most \(most), as the trace of '\(model)' keeps \(Wording.count(most, "token")) of each layer and "
        + "position, found \(found)"
    case .differentTokenizers(_, let model, let other, let id, let texts):
      "'\(model)' and '\(other)' do not have one tokenizer: token \(id) is “\(texts[0])” in one and “\(texts[1])” in the other"
    case .differentTokens(_, let model, let other):
      "'\(model)' and '\(other)' do not read and say the same tokens, which between: models compares"
    case .differentWords(let words, _, let model, let prompt):
      "the trace of '\(model)' for “\(prompt)” does not watch \(words)"
    case .tooFewPositions(_, _, let found, let least):
      "the trace has \(found) position\(found == 1 ? "" : "s"), expected at least \(least)"
    case .tooManyLines(_, let found, let most, _): "\(found) lines, expected at most \(most)"
    case .wrongNumbers(_, .trace): "expected the trace of a prompt, found the summary of a dataset"
    case .wrongNumbers(_, .summary): "expected the summary of a dataset, found the trace of a prompt"
    case .badTrace(_, let reason): reason
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .unknownKind(let name, let known): [Suggestion.hint(for: name, among: known, called: "kinds")]
    case .unknownOption(let name, _, let known): [Suggestion.hint(for: name, among: known, called: "options")]
    case .optionsOfAnotherKind(_, let kind): ["\(kind) takes what its own parse returns"]
    case .nothingToShow(_, _, _, let hint), .tooManyLines(_, _, _, let hint), .missingRow(_, _, _, _, let hint): [hint]
    case .listsTooShort(_, _, let found, _):
      ["keep more tokens: top: \(found) of the prompt or of the spec, or --top \(found)"]
    case .differentTokenizers: ["compare models with one tokenizer, or two lenses of one model (between: lenses)"]
    case .differentTokens:
      ["give a continuation, so that both models read the same text, and choose models with one tokenizer"]
    case .differentWords: ["one figure compares the same two words"]
    case .tooFewPositions(let kind, _, _, let least):
      [
        "generate at least \(least) tokens (generate: \(least)), or look at every position (columns: all)",
        kind == "first-layer" ? "view: strip shows fewer positions" : "",
      ].filter { !$0.isEmpty }
    case .wrongNumbers(_, .trace): ["traces are written by strata trace and strata build"]
    case .wrongNumbers(_, .summary): ["summaries are written by strata dataset --format json and strata build"]
    case .badValue, .outOfRange, .badTrace: []
    }
  }

  /// Wrong words come from the spec, wrong numbers from the trace.
  public var category: ErrorCategory {
    switch self {
    case .unknownKind, .unknownOption, .optionsOfAnotherKind, .badValue, .outOfRange, .tooManyLines, .missingRow,
      .listsTooShort:
      .badSpec
    case .differentTokens, .differentWords, .differentTokenizers: .badInput
    case .nothingToShow, .wrongNumbers, .badTrace, .tooFewPositions: .badInput
    }
  }
}

extension FigureError {
  /// Whether the entry of a spec asks for something that these numbers cannot have: every build would fail alike.
  package var isOfEntry: Bool {
    switch self {
    case .unknownKind, .unknownOption, .optionsOfAnotherKind, .badValue, .outOfRange, .tooManyLines, .missingRow,
      .differentTokens, .differentWords, .differentTokenizers, .listsTooShort:
      true
    case .nothingToShow, .wrongNumbers, .badTrace, .tooFewPositions: false
    }
  }

  /// Whether its message names the model.
  package var namesModel: Bool {
    switch self {
    case .missingRow, .differentTokens, .differentWords, .differentTokenizers, .listsTooShort: true
    default: false
    }
  }

  /// The keys of an entry that can be the cause, the likeliest first.
  package var keys: [String] {
    switch self {
    case .missingRow(_, let option, _, _, _), .unknownOption(let option, _, _), .badValue(_, let option, _, _): [option]
    case .outOfRange: ["position", "start", "target", "foil"]
    case .differentTokens, .differentTokenizers: ["between"]
    case .listsTooShort: ["k"]
    case .unknownKind, .optionsOfAnotherKind: ["kind"]
    case .tooManyLines: ["together", "models", "prompts"]
    case .nothingToShow, .differentWords, .wrongNumbers, .badTrace, .tooFewPositions: []
    }
  }
}

extension OptionValue {
  /// As a person would write it.
  package var spelled: String {
    switch self {
    case .text(let text): "'\(text)'"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .flag(let flag): flag ? "true" : "false"
    case .sets(let sets):
      "{" + sets.map { "\($0.name): [\($0.words.map { "'\($0)'" }.joined(separator: ", "))]" }.joined(separator: ", ")
        + "}"
    case .list(let values): "[" + values.map(\.spelled).joined(separator: ", ") + "]"
    }
  }
}
