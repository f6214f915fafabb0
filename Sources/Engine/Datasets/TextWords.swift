import Traces

/// How the tokens of a text make words: what stands between white space, with its punctuation.
///
/// White space before a word belongs to it, as the tokens of most vocabularies have it. Words that share a token are one entry.
struct TextWords {
  /// Space, tabulator and the ends of lines.
  static func isWhite(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// A word.
  struct Word: Equatable {
    /// Without white space at its ends.
    var text: String
    /// Places of its tokens in the text.
    var tokens: Range<Int>
  }

  /// In the order of the text.
  private(set) var words: [Word] = []

  /// Joins the tokens of a text, given their bytes; nil for a token that is no text.
  init(_ tokens: [[UInt8]?]) {
    var bytes: [UInt8] = []
    var first: Int?
    var end = 0
    // Tokens of white space alone, which belong to the word that follows.
    var waiting: Int?
    var isAfterWhite = true
    func word(_ first: Int) -> Word {
      let text = bytes.drop(while: Self.isWhite)
      let kept = text.prefix((text.lastIndex { !Self.isWhite($0) } ?? text.startIndex - 1) + 1 - text.startIndex)
      return Word(text: String(decoding: kept, as: UTF8.self), tokens: first..<end)
    }
    for (place, token) in tokens.enumerated() {
      guard let token, !token.isEmpty else { continue }
      guard let start = token.firstIndex(where: { !Self.isWhite($0) }) else {
        waiting = waiting ?? place
        isAfterWhite = true
        continue
      }
      if start > 0 || isAfterWhite {
        if let begun = first { words.append(word(begun)) }
        (first, bytes) = (waiting ?? place, [])
      }
      bytes += token
      (end, waiting, isAfterWhite) = (place + 1, nil, token.last.map(Self.isWhite) ?? false)
    }
    if let first { words.append(word(first)) }
  }

  /// Marks the tokens that end a word when they come next: those that begin with white space, and control tokens. [V]
  static func ends(_ tokenizer: any Tokenizer, count: Int) -> [UInt8] {
    (0..<count).map { id in
      if tokenizer.isSpecial(id) { return 1 }
      return tokenizer.bytes(of: id)?.first.map(isWhite) == true ? 1 : 0
    }
  }
}
