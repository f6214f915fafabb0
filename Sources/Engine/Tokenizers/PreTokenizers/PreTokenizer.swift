/// Text on its way to the model: its bytes, and the pieces they are cut into so far.
struct CutText {
  /// UTF-8.
  var bytes: [UInt8]
  /// Where the pieces are; in order, not empty, and not overlapping.
  var pieces: [Range<Int>]
  /// Whether the first piece starts the whole text, with no added token before it.
  var startsText: Bool
}

/// A step that cuts text into the pieces that are encoded each for itself; some also put a mark in front.
enum PreTokenizer: Sendable {
  /// Cuts by the matches of a pattern.
  case split(Pattern, SplitBehavior, inverted: Bool)
  /// Cuts by the occurrences of a text.
  case splitText([UInt8], SplitBehavior, inverted: Bool)
  /// Cuts numeric characters out, each for itself or in runs.
  case digits(individual: Bool)
  /// Cuts punctuation out.
  case punctuation(SplitBehavior)
  /// Cuts at white space, which is dropped.
  case whitespace
  /// Cuts out words and runs of what is neither word nor white space; white space is dropped.
  case words
  /// Cuts where the script changes.
  case scripts
  /// Cuts into pieces of so many characters, the last one shorter.
  case length(Int)
  /// Cuts the characters that stand for the bytes, as steps behind byte level do.
  indirect case overByteAlphabet([PreTokenizer])
  /// Puts a space in front of pieces that have none, as byte-level BPE with `add_prefix_space` does.
  case prefixSpace
  /// SentencePiece's `▁` for spaces and, by the scheme, in front; then cuts before every `▁`, when `split`.
  case metaspace(replacement: [UInt8], MetaspaceScheme, split: Bool)

  /// Where `metaspace` puts its mark.
  enum MetaspaceScheme: String, Sendable, CaseIterable {
    case always, first, never
  }

  /// Whether the step changes the text it cuts.
  var rewrites: Bool {
    switch self {
    case .prefixSpace, .metaspace: true
    default: false
    }
  }

  /// GPT-2's pattern, that of every byte-level pre-tokeniser without one of its own.
  static let gpt2Pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Does the step.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func apply(to text: inout CutText) throws(TokenizerError) {
    let bytes = text.bytes
    switch self {
    case .split(let pattern, let behavior, let inverted):
      let pieces = text.pieces
      let found = try bytes.withUnsafeBufferPointer { bytes throws(TokenizerError) in
        try pattern.matches(in: bytes, pieces: pieces)
      }
      text.cut(behavior, inverted: inverted) { position, _ in found[position] }
    case .splitText(let wanted, let behavior, let inverted):
      text.cut(behavior, inverted: inverted) { _, piece in bytes.occurrences(of: wanted, in: piece) }
    case .digits(let individual):
      text.cut(individual ? .isolated : .contiguous, inverted: false) { _, piece in
        bytes.scalars(in: piece, where: ScalarClass.isNumeric)
      }
    case .punctuation(let behavior):
      text.cut(behavior, inverted: false) { _, piece in bytes.scalars(in: piece, where: ScalarClass.isPunctuation) }
    case .whitespace:
      text.cut(.removed, inverted: false) { _, piece in bytes.scalars(in: piece, where: ScalarClass.isWhitespace) }
    case .words:
      text.cut(.removed, inverted: false) { _, piece in bytes.scalars(in: piece, where: ScalarClass.isWhitespace) }
      text.cut(.contiguous, inverted: false) { _, piece in bytes.scalars(in: piece, where: ScalarClass.isWord) }
    case .scripts: text.pieces = text.pieces.flatMap { UnicodeScripts.runs(of: bytes, in: $0) }
    case .length(let length):
      text.cut(.isolated, inverted: false) { _, piece in
        let starts = bytes.scalars(in: piece) { _ in true }.map(\.lowerBound)
        let cuts = stride(from: 0, to: starts.count, by: length).map { starts[$0] } + [piece.upperBound]
        return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
      }
    case .overByteAlphabet(let steps):
      var spelled = text.spelledInByteAlphabet()
      for step in steps { try step.apply(to: &spelled) }
      text.pieces = spelled.piecesOfBytes()
    case .prefixSpace:
      text.rewrite { piece, _ in piece.first == 0x20 ? Array(piece) : [0x20] + piece }
    case .metaspace(let replacement, let scheme, let split):
      text.rewrite { piece, isStart in
        let marked = Array(piece).replacing([0x20], with: replacement)
        let wants = scheme == .always || scheme == .first && isStart
        return wants && !marked.starts(with: replacement) ? replacement + marked : marked
      }
      if split { try PreTokenizer.splitText(replacement, .mergedWithNext, inverted: false).apply(to: &text) }
    }
  }
}

extension CutText {
  /// Cuts every piece by the matches found for it.
  fileprivate mutating func cut(
    _ behavior: SplitBehavior, inverted: Bool, by matches: (_ position: Int, _ piece: Range<Int>) -> [Range<Int>]
  ) {
    var cut: [Range<Int>] = []
    cut.reserveCapacity(pieces.count)
    for (position, piece) in pieces.enumerated() {
      behavior.cut(piece, matches: matches(position, piece), inverted: inverted, into: &cut)
    }
    pieces = cut
  }

  /// Replaces every piece; `change` is told whether it is the one that starts the whole text.
  fileprivate mutating func rewrite(_ change: (ArraySlice<UInt8>, _ isStart: Bool) -> [UInt8]) {
    var changed = CutText(bytes: [], pieces: [], startsText: startsText)
    for (position, piece) in pieces.enumerated() {
      let start = changed.bytes.count
      changed.bytes += change(bytes[piece], position == 0 && startsText)
      changed.pieces.append(start..<changed.bytes.count)
    }
    self = changed
  }
}

extension [UInt8] {
  /// Where `wanted` occurs in a part, from left to right without overlaps; nowhere when it is empty.
  func occurrences(of wanted: [UInt8], in part: Range<Int>) -> [Range<Int>] {
    guard let first = wanted.first else { return [] }
    var found: [Range<Int>] = []
    withUnsafeBufferPointer { bytes in
      var at = part.lowerBound
      while at + wanted.count <= part.upperBound {
        if bytes[at] == first, bytes[at..<at + wanted.count].elementsEqual(wanted) {
          found.append(at..<at + wanted.count)
          at += wanted.count
        } else {
          at += 1
        }
      }
    }
    return found
  }

  /// The bytes with every occurrence of `wanted` replaced.
  func replacing(_ wanted: [UInt8], with replacement: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var copied = 0
    for range in occurrences(of: wanted, in: 0..<count) {
      result += self[copied..<range.lowerBound]
      result += replacement
      copied = range.upperBound
    }
    return result + self[copied...]
  }

  /// Where the characters of a kind are, each for itself.
  func scalars(in part: Range<Int>, where isWanted: (Unicode.Scalar) -> Bool) -> [Range<Int>] {
    var found: [Range<Int>] = []
    withUnsafeBytes { bytes in
      let text = UnsafeRawBufferPointer(rebasing: bytes[part])
      var at = 0
      while at < text.count {
        let lead = text[at]
        let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        let end = Swift.min(at + length, text.count)
        let scalar =
          lead < 0x80
          ? Unicode.Scalar(lead) : String(decoding: text[at..<end], as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
        if isWanted(scalar) { found.append(part.lowerBound + at..<part.lowerBound + end) }
        at = end
      }
    }
    return found
  }
}
