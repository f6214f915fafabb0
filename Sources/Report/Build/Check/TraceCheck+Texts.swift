import Traces

/// Texts of a trace that contradict its tokens, as they do where two traces were confused.
///
/// Tokenizers change texts (case, accents, spaces, characters that they do not know), so only what no tokenizer does counts: in plain ASCII
/// every letter and digit, elsewhere most of the text.
extension TraceCheck {
  mutating func texts() {
    for (index, token) in trace.tokens.enumerated() {
      guard let own = token.text, case .text(let known)? = trace.texts[token.id] else { continue }
      let (a, b) = (Self.plain(own), Self.plain(known))
      if !a.isEmpty, !b.isEmpty, a != b {
        add("tokens[\(index)].text", "\(Self.quoted(own)), expected \(Self.quoted(known)) as in 'texts'")
      }
    }
    watchedTexts()
    spelled()
    guard let text = trace.chat?.messages.last(where: { $0.role == "user" })?.content,
      Self.isOther(Self.plain(text), than: Self.plain(trace.prompt))
    else { return }
    add(
      "chat.messages",
      "the last of the user, \(Self.quoted(text)), is not in 'prompt', expected one from which that was rendered")
  }

  /// Every text that the trace has the tokens of.
  private mutating func spelled() {
    let prompt = Array(trace.tokens.prefix(trace.promptLength))
    if let encoder = trace.encoder {
      compare("prompt", trace.prompt, with: encoder.tokens, of: "encoder.tokens")
      // The decoder's first token begins every text.
      if let text = encoder.decoder { compare("encoder.decoder", text, with: prompt, of: "tokens", from: 1) }
    } else {
      compare("prompt", trace.prompt, with: prompt, of: "tokens")
    }
    if case .continuation(let text) = trace.method {
      compare("method.continuation", text, with: trace.tokens, of: "tokens", from: trace.promptLength)
    }
    if let patching = trace.patching {
      compare("patching.source", patching.source, with: patching.sourceTokens, of: "patching.source_tokens")
    }
    for (index, change) in (trace.changes ?? []).enumerated() {
      let key = "changes[\(index)]"
      switch change.effect {
      case .patch(let text): compare("\(key).patch", text)
      case .steer(let direction):
        guard case .difference(let plus, let minus) = direction.origin else { continue }
        compare("\(key).steer.origin.plus.text", plus.text)
        compare("\(key).steer.origin.minus.text", minus.text)
      }
    }
  }

  private mutating func compare(_ key: String, _ run: Trace.Change.Text) {
    compare("\(key).text", run.text, with: run.tokens, of: "\(key).tokens")
  }

  /// A watched word whose text is that of another token of the trace.
  private mutating func watchedTexts() {
    let known = Set(trace.texts.values.compactMap { if case .text(let text) = $0 { ExactText(text) } else { nil } })
    for (index, watched) in trace.watch.enumerated() {
      guard let id = watched.id, case .text(let text)? = trace.texts[id], ExactText(text) != ExactText(watched.text),
        known.contains(ExactText(watched.text)), Self.plain(text) != Self.plain(watched.text)
      else { continue }
      add("watch[\(index)].text", "\(Self.quoted(watched.text)), expected \(Self.quoted(text)), the text of \(id)")
    }
  }

  /// Compares a text with what its tokens spell.
  ///
  /// - Parameter first: The first of the tokens that belong to it.
  private mutating func compare(
    _ key: String, _ text: String, with tokens: [Trace.Token], of name: String, from first: Int = 0
  ) {
    let own = Array(tokens.dropFirst(first))
    let spelled = own.compactMap(\.text).joined()
    let expected = "\(Self.quoted(text)), expected the text that '\(name)' spell, \(Self.quoted(spelled))"
    if let exact = TokenSpelling(text, tokens: own) {
      guard let found = exact.difference else { return }
      let rest = found.rest.isEmpty ? "the text ends" : "the text goes on with \(Self.quoted(found.rest, most: 20))"
      let place = found.token.map { "'\(name)[\(first + $0)]', \(Self.quoted(own[$0].text ?? ""))," }
      add(key, "\(expected); they differ first at \(place ?? "the end of the tokens,") where \(rest)")
      return
    }
    let (a, b) = (Self.plain(text), Self.plain(spelled))
    // Where most characters are unknown to a vocabulary, its tokens say little.
    guard b.count * 2 >= a.count, Self.isOther(a, than: b) else { return }
    add(key, expected)
  }

  /// Whether a text is none that another one holds: fewer than three in ten of its runs of three characters stand there.
  private static func isOther(_ text: [UInt8], than other: [UInt8]) -> Bool {
    let (a, b) = (runs(text), runs(other))
    guard a.count >= 6, b.count >= 6 else { return false }
    let fewer = a.count < b.count ? (a, b) : (b, a)
    return fewer.0.count { fewer.1.contains($0) } * 10 < fewer.0.count * 3
  }

  private static func runs(_ text: [UInt8]) -> Set<UInt32> {
    guard text.count > 2 else { return [] }
    var runs: Set<UInt32> = []
    var last: UInt32 = 0
    for (index, byte) in text.enumerated() {
      last = (last << 8 | UInt32(byte)) & 0xFF_FFFF
      if index > 1 { runs.insert(last) }
    }
    return runs
  }

  private static func plain(_ text: String) -> [UInt8] { TokenSpelling.letters(of: text) }

  private static func quoted(_ text: String, most: Int = 60) -> String {
    "'\(MessageText.short(TokenDisplay.line(text), most: most))'"
  }
}
