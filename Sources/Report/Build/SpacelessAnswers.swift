import Engine
import Models
import Traces
import Words

/// Answers of a dataset that begin without a space after a text that ends in a letter, a digit or a mark: they continue its last word.
struct SpacelessAnswers {
  /// The first of every word, in the order of the items.
  private(set) var words: [Answer] = []
  /// How many targets and foils there are, equal ones counted each.
  private(set) var count = 0

  /// A target or a foil.
  struct Answer: Equatable {
    /// "target" or "foil".
    var name: String
    var word: String
    /// The end of the text before it.
    var last: String
    /// Its line in the file, from 1.
    var line: Int
  }

  /// The most words that are looked up: they tell how the file is written.
  private static let most = 20

  init(_ request: DatasetRequest) {
    // Sentences and corpora have no answers.
    guard request.form == nil else { return }
    var seen: Set<ExactText> = []
    for item in request.items {
      guard let end = item.prompt.unicodeScalars.last else { continue }
      for (name, word) in [("target", item.target), ("foil", item.foil ?? "")] {
        guard let first = word.unicodeScalars.first, Self.runOn(end, first) else { continue }
        count += 1
        guard words.count < Self.most, seen.insert(ExactText(word)).inserted else { continue }
        let last = String(item.prompt.split { $0.isWhitespace }.last ?? "")
        words.append(Answer(name: name, word: word, last: last, line: item.line))
      }
    }
  }

  /// Whether a space is missing between the end of a text and the beginning of its answer, as far as two characters tell.
  ///
  /// A number goes on with digits, and what opens a bracket or a quotation goes on at once.
  private static func runOn(_ end: Unicode.Scalar, _ first: Unicode.Scalar) -> Bool {
    let isDigit = { (scalar: Unicode.Scalar) in ("0"..."9").contains(scalar) }
    if end.isOfSpacedScript { return first.isOfSpacedScript || isDigit(first) }
    return first.isOfSpacedScript && (isDigit(end) || ",;:.!?".unicodeScalars.contains(end))
  }

  /// The note about a dataset of whose answers the model has one with a space before it as a token; nil for others.
  ///
  /// The model is opened if necessary. One that does not continue the texts of a dataset has nothing to be told.
  static func note(_ job: DatasetJob, of model: ResolvedModel, _ source: any NumbersSource) -> String? {
    let answers = SpacelessAnswers(job.request)
    guard !answers.words.isEmpty else { return nil }
    let asked = answers.words.flatMap { [" " + $0.word, $0.word] }
    // The run reports a model that cannot be opened.
    guard
      let problems = try? source.watchProblems(
        of: model, asked.map { TraceRequest(prompt: "a", watch: [.token($0)]) }), problems.count == asked.count,
      source.continuesTexts(model), let index = answers.words.indices.first(where: { problems[2 * $0] == nil })
    else { return nil }
    let answer = answers.words[index]
    let (word, last) = (TokenDisplay.line(answer.word), TokenDisplay.line(answer.last))
    let read =
      problems[2 * index + 1] == nil
      ? "as the token '\(word)'" : job.request.firstToken ? "as the first of its tokens" : "as several tokens"
    let more = answers.count - 1
    return "\(model.name): \(job.request.name): the \(answer.name) '\(word)' on line \(Wording.grouped(answer.line)) "
      + "begins without a space, so after '\(last)' it makes '\(last)\(word)', and is read \(read)"
      + (more > 0 ? "; so do \(Wording.count(more, "more answer"))" : "")
      + "; if it should be the next word, write ' \(word)'"
  }
}

extension Unicode.Scalar {
  /// Whether it is a letter of a script that writes spaces between words.
  var isOfSpacedScript: Bool {
    properties.isAlphabetic && !properties.isIdeographic
      && ![0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x312F].contains { $0.contains(Int(value)) }
  }
}
