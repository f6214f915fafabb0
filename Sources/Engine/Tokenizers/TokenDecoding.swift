/// Turns the spelling of a single token in the vocabulary into text.
///
/// The steps are the decoders of `tokenizers`, which act on all tokens of a text; here each acts on one token in the middle of
/// a text, so that rules for the first or the last token do not apply.
struct TokenDecoding: Sendable {
  /// One step.
  enum Step: Sendable {
    /// Characters that stand for bytes become the bytes, if a token has no other characters; all tokens become one text.
    case byteLevel
    /// A mark becomes a space.
    case metaspace([UInt8])
    /// Every occurrence of a non-empty text becomes another.
    case replace([UInt8], with: [UInt8])
    /// Every match of a pattern becomes a text.
    case replaceMatches(Pattern, with: [UInt8])
    /// `<0xNN>` becomes a byte.
    case byteFallback
    /// All tokens become one text.
    case fuse
    /// A character is removed from the ends of a token, up to a number of times.
    case strip([UInt8], start: Int, stop: Int)
    /// A token without the prefix gets a space before it; a token with the prefix loses the prefix.
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    /// The mark at the end of words becomes a space.
    case wordEnd([UInt8])
    /// Padding becomes empty, and the mark between words a space.
    ///
    /// Merging equal tokens in a row does not concern single tokens.
    case ctc(padding: [UInt8], delimiter: [UInt8], cleansUp: Bool)
  }

  /// The steps, the first first.
  let steps: [Step]
  /// Whether the vocabulary holds tokens as bytes, not spelled in the characters for bytes.
  let holdsBytes: Bool

  /// Entries are held as the bytes they stand for.
  static let bytes = TokenDecoding(steps: [], holdsBytes: true)
  /// `▁` is a space, and `<0xNN>` a byte.
  static let sentencePiece = TokenDecoding(
    steps: [.replace(SentencePieceSpelling.space, with: [0x20]), .byteFallback, .fuse], holdsBytes: false)

  /// Whether the entries are already the text.
  private var isPlain: Bool {
    switch steps.first {
    case nil: true
    case .byteLevel: holdsBytes && steps.count == 1
    default: false
    }
  }

  /// Whether added tokens stand for their own text.
  var keepsAddedTokens: Bool {
    isPlain || steps.contains { if case .byteLevel = $0 { true } else { false } }
  }

  /// The bytes of an entry of the vocabulary; `isSpelled` is true for an entry held as bytes.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func bytes(of entry: [UInt8], isSpelled: Bool) throws(TokenizerError) -> [UInt8] {
    if isPlain { return entry }
    var token = holdsBytes && isSpelled ? ByteAlphabet.spelling(entry) : entry
    var isFused = false
    for step in steps { try TokenDecoding.apply(step, to: &token, &isFused) }
    return token
  }

  private static func apply(_ step: Step, to token: inout [UInt8], _ isFused: inout Bool) throws(TokenizerError) {
    switch step {
    case .byteLevel:
      var decoded: [UInt8] = []
      _ = token.withUnsafeBytes { ByteAlphabet.decode($0, into: &decoded) }
      token = decoded
      isFused = true
    case .metaspace(let mark): token = token.replacing(mark, with: [0x20])
    case .replace(let wanted, let content): token = token.replacing(wanted, with: content)
    case .replaceMatches(let pattern, let content): token = try pattern.replaceMatches(in: token, with: content)
    case .byteFallback: if !isFused, let byte = SentencePieceSpelling.byte(token) { token = [byte] }
    case .fuse: isFused = true
    case .strip(let content, let start, let stop): if !isFused { strip(content, start, stop, from: &token) }
    case .wordPiece(let prefix, let cleansUp):
      if !isFused { token = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token }
      if cleansUp { token = cleanedUp(token) }
    case .wordEnd(let suffix): token = replacingAnywhere(suffix, in: token, with: isFused ? [] : [0x20])
    case .ctc(let padding, let delimiter, let cleansUp):
      token = token.replacing(padding, with: [])
      if cleansUp { token = replacingAnywhere(delimiter, in: cleanedUp(token), with: [0x20]) }
    }
  }

  private static func strip(_ content: [UInt8], _ start: Int, _ stop: Int, from token: inout [UInt8]) {
    var front = 0
    while front < start, token.dropFirst(front * content.count).starts(with: content) { front += 1 }
    token.removeFirst(front * content.count)
    var back = 0
    while back < stop, token.dropLast(back * content.count).suffix(content.count).elementsEqual(content) { back += 1 }
    token.removeLast(back * content.count)
  }

  /// English typography, as the decoders WordPiece and CTC correct it.
  private static let typography: [(wanted: [UInt8], content: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  private static func cleanedUp(_ token: [UInt8]) -> [UInt8] {
    typography.reduce(token) { $0.replacing($1.wanted, with: $1.content) }
  }

  /// With an empty pattern the content is inserted around every character, as in Rust's `str::replace`.
  private static func replacingAnywhere(_ wanted: [UInt8], in token: [UInt8], with content: [UInt8]) -> [UInt8] {
    guard wanted.isEmpty else { return token.replacing(wanted, with: content) }
    var result = content
    for (place, byte) in token.enumerated() {
      result.append(byte)
      if place + 1 == token.count || token[place + 1] & 0xC0 != 0x80 { result += content }
    }
    return result
  }
}
