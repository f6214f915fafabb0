import Engine
import Files
import Foundation
import Models
import Traces
import Words

/// What users should know about their prompts and watched words, as models read them.
struct PromptNotes {
  private var bos: Set<String> = []
  private var joined: [String: String] = [:]

  /// The notes, each once, in order.
  var all: [String] { bos.sorted() + joined.sorted { $0.key < $1.key }.map(\.value) }

  /// Adds the notes about a trace.
  ///
  /// - Parameter isToken: Whether a word is one token of the model of a trace; a word that may be none is not recommended.
  mutating func add(_ trace: Trace, isToken: (_ word: String, _ trace: Trace) -> Bool) {
    if let note = trace.repeatedBOS { bos.insert(note) }
    for (word, note) in trace.joinedWords
    where joined["\(trace.model.name)\u{0}\(word)"] == nil && isToken(" " + word, trace) {
      joined["\(trace.model.name)\u{0}\(word)"] = note
    }
  }
}

extension PromptNotes {
  /// The words whose notes depend on the model's vocabulary.
  static func doubtful(_ trace: Trace) -> [String] { trace.joinedWords.map { " " + $0.word }.uniqued }
}

/// Whether words are single tokens of models, cached by content like traces, so that a build need not open a model again.
struct TokenWords {
  private let folder: URL
  private let source: any NumbersSource

  init(_ cache: CacheFolder, _ source: any NumbersSource) {
    (folder, self.source) = (cache.notes, source)
  }

  private struct Key: Encodable {
    var program = StrataVersion.program
    var model: String
    var options: ModelOptions
    var word: String
  }

  /// Whether a word is one token; false when the model is absent or cannot be opened.
  func isToken(_ word: String, of model: ResolvedModel?) -> Bool { answer(word, of: model) ?? false }

  /// Whether a word is one token; nil when the model is absent or cannot be opened.
  func answer(_ word: String, of model: ResolvedModel?) -> Bool? {
    guard let model, !model.isGiven else { return nil }
    let key = Key(model: model.sha256, options: model.options, word: word)
    let file = folder.appending(path: ContentKey.of(key) + ".json")
    if let data = SealedFile.read(file), let known = try? JSONDecoder().decode([Bool].self, from: data),
      let answer = known.first
    {
      return answer
    }
    let request = TraceRequest(prompt: "a", watch: [.token(word)])
    guard let problems = try? source.watchProblems(of: model, [request]) else { return nil }
    let answer = problems.allSatisfy { $0 == nil }
    if let data = try? JSONEncoder().encode([answer]) { try? SealedFile.write(data, to: file) }
    return answer
  }
}

extension Trace {
  /// A note for every watched word that would continue the last word of the prompt: "is" after "cabinet".
  fileprivate var joinedWords: [(word: String, note: String)] {
    guard masks == nil, let end = (encoder.map { $0.decoder ?? "" } ?? prompt).unicodeScalars.last, end.isOfSpacedScript
    else {
      return []
    }
    let last = String((encoder?.decoder ?? prompt).split { $0.isWhitespace }.last ?? "")
    // Nobody mistyped what was found.
    return namedWatch.filter { !$0.isSet }.compactMap { watched in
      guard let first = watched.text.unicodeScalars.first, first.isOfSpacedScript else { return nil }
      let words = [last, watched.text, last + watched.text, " " + watched.text].map(TokenDisplay.line)
      return (
        watched.text,
        "\(model.name): the watched word '\(words[1])' begins without a space, so after '\(words[0])' it makes "
          + "'\(words[2])'; if it should be the next word, watch '\(words[3])'"
      )
    }
  }
}

extension Trace {
  /// A note about a prompt that spells out the BOS, which the tokenizer also puts before every text; nil for other prompts.
  var repeatedBOS: String? {
    guard encoder == nil, masks == nil, tokens.count > 1, promptLength > 1, tokens[0].id == tokens[1].id,
      let bos = tokens[0].text,
      !bos.isEmpty,
      prompt.utf8.starts(with: bos.utf8), !prompt.utf8.dropFirst(bos.utf8.count).starts(with: bos.utf8)
    else { return nil }
    return RepeatedBOS.words(bos, model: model.name)
  }
}

enum RepeatedBOS {
  /// The note about a prompt that begins with a written BOS.
  static func words(_ bos: String, model: String) -> String {
    "\(model): a prompt begins with '\(bos)', which the tokenizer also puts before every text, so BOS occurs twice; "
      + "--bos no (bos: no in a spec) leaves out the tokenizer's"
  }
}
