/// How the spelling of a token in the vocabulary becomes text, one token for itself.
///
/// The steps are the decoders of `tokenizers`, which act on the tokens of a text; here each acts on a token in the middle of a
/// text, where what concerns the first or the last token alone does nothing.
struct TokenDecoding: Sendable {
  /// One step.
  enum Step: Sendable {
    /// Characters that stand for bytes become these, where a token has no others; all tokens become one text.
    case byteLevel
    /// A mark becomes a space.
    case metaspace([UInt8])
    /// Every occurrence of a text, which is not empty, becomes another.
    case replace([UInt8], with: [UInt8])
    /// Every match of a pattern becomes a text.
    case replaceMatches(Pattern, with: [UInt8])
    /// `<0xNN>` becomes a byte.
    case byteFallback
    /// All tokens become one text.
    case fuse
    /// A character at the ends of a token is taken off, so many times at most.
    case strip([UInt8], start: Int, stop: Int)
    /// A token without the prefix has a space in front, one with it loses it.
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    /// The mark at the end of words becomes a space.
    case wordEnd([UInt8])
    /// Padding stands for nothing, and the mark between words for a space.
    ///
    /// That of equal tokens in a row only one counts is nothing that a token alone could show.
    case ctc(padding: [UInt8], delimiter: [UInt8], cleansUp: Bool)
  }

  /// The steps, the first first.
  let steps: [Step]
  /// Whether the vocabulary holds the bytes that tokens stand for, not their spelling in the characters for bytes.
  let holdsBytes: Bool

  /// Entries are held as the bytes they stand for.
  static let bytes = TokenDecoding(steps: [], holdsBytes: true)
  /// `▁` is a space, and `<0xNN>` a byte.
  static let sentencePiece = TokenDecoding(
    steps: [.replace(SentencePieceSpelling.space, with: [0x20]), .byteFallback, .fuse], holdsBytes: false)

  /// Whether what is held is the text already.
  private var isPlain: Bool {
    switch steps.first {
    case nil: true
    case .byteLevel: holdsBytes && steps.count == 1
    default: false
    }
  }

  /// Whether added tokens, which are written as they are, stand for their own text.
  var keepsAddedTokens: Bool {
    isPlain || steps.contains { if case .byteLevel = $0 { true } else { false } }
  }

  /// The bytes that an entry of the vocabulary stands for; `isSpelled` says whether it is one of those held as bytes.
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

  /// English typography, as the decoders WordPiece and CTC mend it.
  private static let typography: [(wanted: [UInt8], content: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  private static func cleanedUp(_ token: [UInt8]) -> [UInt8] {
    typography.reduce(token) { $0.replacing($1.wanted, with: $1.content) }
  }

  /// With nothing to look for, the content is put around every character, as Rust's `str::replace` does.
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
