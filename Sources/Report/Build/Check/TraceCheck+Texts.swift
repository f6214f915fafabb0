import Traces

/// Texts of a trace that contradict its tokens, as they do where two traces were confused.
///
/// Tokenizers change texts (case, accents, spaces, characters that they do not know), so only what no tokenizer does counts.
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
    guard trace.encoder == nil else {
      compare("prompt", trace.prompt, with: trace.encoder?.tokens ?? [], of: "encoder.tokens")
      return
    }
    compare("prompt", trace.prompt, with: Array(trace.tokens.prefix(trace.promptLength)), of: "tokens")
    guard let text = trace.chat?.messages.last(where: { $0.role == "user" })?.content,
      Self.isOther(Self.plain(text), than: Self.plain(trace.prompt))
    else { return }
    add(
      "chat.messages",
      "the last of the user, \(Self.quoted(text)), is not in 'prompt', expected one from which that was rendered")
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
  private mutating func compare(_ key: String, _ text: String, with tokens: [Trace.Token], of name: String) {
    let spelled = tokens.compactMap(\.text).joined()
    let (a, b) = (Self.plain(text), Self.plain(spelled))
    // Where most characters are unknown to a vocabulary, its tokens say little.
    guard b.count * 2 >= a.count, Self.isOther(a, than: b) else { return }
    add(key, "\(Self.quoted(text)), expected the text that '\(name)' spell, \(Self.quoted(spelled))")
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

  /// Letters and digits of ASCII, in small letters.
  private static func plain(_ text: String) -> [UInt8] {
    text.utf8.compactMap { byte in
      switch byte {
      case 0x30...0x39, 0x61...0x7A: byte
      case 0x41...0x5A: byte + 0x20
      default: nil
      }
    }
  }

  private static func quoted(_ text: String) -> String {
    "'\(MessageText.short(TokenDisplay.line(text), most: 60))'"
  }
}
