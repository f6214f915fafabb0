import Traces
import Words

/// What traces from elsewhere say about the tokens of their models: the digest of a model is one of its weights, not of its tokenizer.
struct StatedVocabularies: Sendable {
  /// Places of traces, which others name by index.
  private var places: [String] = []
  private var models: [String: Vocabulary] = [:]

  private struct Vocabulary: Sendable {
    /// By id; as hashes, because a whole vocabulary has to fit in little memory.
    var texts: [Int: Text] = [:]
    /// The first token that has another text than before.
    var otherText: String?
    /// By the control token that a text begins with, empty for none: where one was found first.
    var beginnings: [(token: String, place: Int)] = []
  }

  private struct Text: Sendable {
    var hash: UInt64
    var place: Int
  }

  /// Adds the texts of a trace's tokens, and how its text begins.
  mutating func add(_ trace: Trace, place: String) {
    var vocabulary = models[trace.model.sha256] ?? Vocabulary()
    let index = places.count
    places.append(place)
    for (id, text) in trace.texts.sorted(by: { $0.key < $1.key }) {
      add(id, Text(hash: Self.hash(text), place: index), to: &vocabulary)
    }
    // A template writes the beginning of a conversation.
    if trace.chat == nil, let first = trace.tokens.first {
      let text = first.text ?? ""
      let isAdded = TokenSpelling.isControl(text) && !trace.prompt.hasPrefix(text)
      add(beginning: isAdded ? text : "", index, to: &vocabulary)
    }
    models[trace.model.sha256] = vocabulary
  }

  /// Adds what the traces of another folder say.
  mutating func add(_ others: StatedVocabularies) {
    let first = places.count
    places += others.places
    for (sha256, its) in others.models {
      var vocabulary = models[sha256] ?? Vocabulary()
      vocabulary.otherText = vocabulary.otherText ?? its.otherText
      for (id, text) in its.texts.sorted(by: { $0.key < $1.key }) {
        add(id, Text(hash: text.hash, place: text.place + first), to: &vocabulary)
      }
      for beginning in its.beginnings { add(beginning: beginning.token, beginning.place + first, to: &vocabulary) }
      models[sha256] = vocabulary
    }
  }

  private func add(_ id: Int, _ text: Text, to vocabulary: inout Vocabulary) {
    guard let known = vocabulary.texts[id] else {
      vocabulary.texts[id] = text
      return
    }
    guard known.hash != text.hash, vocabulary.otherText == nil else { return }
    vocabulary.otherText =
      "the text of token \(id) in \(places[text.place]) is another one than in \(places[known.place])"
  }

  private func add(beginning token: String, _ place: Int, to vocabulary: inout Vocabulary) {
    guard !vocabulary.beginnings.contains(where: { $0.token == token }) else { return }
    vocabulary.beginnings.append((token, place))
  }

  /// Traces of one model whose tokens are those of different tokenizers.
  var notes: [String] {
    models.sorted { $0.key < $1.key }.flatMap { sha256, vocabulary in
      let words = "sha256 \(sha256.prefix(12))…"
      let beginnings = vocabulary.beginnings.map { beginning in
        let token = beginning.token.isEmpty ? "no control token" : "'\(TokenDisplay.line(beginning.token))'"
        return "\(token) in \(places[beginning.place])"
      }
      return [
        vocabulary.otherText.map {
          "traces of one model (\(words)) have different tokenizers, or one was edited: \($0)"
        },
        beginnings.count < 2
          ? nil : "texts of one model (\(words)) begin differently: \(Wording.list(beginnings, most: 5))",
      ].compactMap(\.self)
    }
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ text: Trace.TokenText) -> UInt64 {
    let (kind, written): (UInt64, String) =
      switch text {
      case .text(let text): (0, text)
      case .bytes(let hex): (1, hex)
      }
    return written.utf8.reduce(0xCBF2_9CE4_8422_2325 ^ kind) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
