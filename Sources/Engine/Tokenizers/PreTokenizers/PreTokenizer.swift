/// Text before the model: its bytes, and the current pieces.
struct CutText {
  /// UTF-8.
  var bytes: [UInt8]
  /// Where the pieces are; in order, not empty, and not overlapping.
  var pieces: [Range<Int>]
  /// The number of leading bytes from the first character of the whole text; 0 after an added token.
  var startLength: Int

  init(bytes: [UInt8], pieces: [Range<Int>], startLength: Int) {
    self.bytes = bytes
    self.pieces = pieces
    self.startLength = startLength
  }

  /// Text of which it is only known whether it starts the whole text.
  init(bytes: [UInt8], pieces: [Range<Int>], startsText: Bool) {
    self.init(bytes: bytes, pieces: pieces, startLength: startsText ? bytes.firstScalarWidth : 0)
  }
}

/// A step that cuts text into pieces that are encoded separately; some steps also add a mark before a piece.
enum PreTokenizer: Sendable {
  /// Cuts by the matches of a pattern.
  case split(Pattern, SplitBehavior, inverted: Bool)
  /// Cuts by the occurrences of a text.
  case splitText([UInt8], SplitBehavior, inverted: Bool)
  /// Separates numeric characters, each alone or in runs.
  case digits(individual: Bool)
  /// Separates punctuation.
  case punctuation(SplitBehavior)
  /// Cuts at white space, which is dropped.
  case whitespace
  /// Cuts into words and runs of other characters except white space, which is dropped.
  case words
  /// Cuts at white space, which is dropped, and separates every punctuation mark, as in BERT.
  case bert
  /// Cuts where the script changes.
  case scripts
  /// Cuts into pieces of a number of characters.
  case fixedLength(Int)
  /// Every byte becomes the character that stands for it.
  case byteAlphabet
  /// Cuts the characters that stand for bytes, as steps after byte level do.
  indirect case overByteAlphabet([PreTokenizer])
  /// Adds a space before pieces without one, as in byte-level BPE with `add_prefix_space`.
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
    case .prefixSpace, .metaspace, .byteAlphabet: true
    default: false
    }
  }

  /// Whether the step turns bytes into characters.
  var isByteAlphabet: Bool { if case .byteAlphabet = self { true } else { false } }

  /// GPT-2's pattern, the default of byte-level pre-tokenizers.
  static let gpt2Pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Applies the step.
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
    case .bert:
      try PreTokenizer.whitespace.apply(to: &text)
      try PreTokenizer.punctuation(.isolated).apply(to: &text)
    case .scripts:
      text.recut { UnicodeScripts.pieces(of: String(decoding: $0, as: UTF8.self)) }
    case .fixedLength(let length):
      text.recut { piece in
        var starts: [Int] = []
        var count = 0
        for (place, byte) in piece.enumerated() where byte & 0xC0 != 0x80 {
          if count % length == 0 { starts.append(place) }
          count += 1
        }
        return zip(starts, starts.dropFirst() + [piece.count]).map { $0..<$1 }
      }
    case .byteAlphabet: text = text.spelledInByteAlphabet()
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

  /// Cuts every piece into ranges relative to its start; bytes outside all ranges are dropped.
  fileprivate mutating func recut(_ ranges: (ArraySlice<UInt8>) -> [Range<Int>]) {
    var cut: [Range<Int>] = []
    for piece in pieces {
      cut += ranges(bytes[piece]).map { piece.lowerBound + $0.lowerBound..<piece.lowerBound + $0.upperBound }
    }
    pieces = cut
  }

  /// Replaces every piece; `change` receives whether the piece starts the whole text.
  fileprivate mutating func rewrite(_ change: (ArraySlice<UInt8>, _ isStart: Bool) -> [UInt8]) {
    var changed = CutText(bytes: [], pieces: [], startLength: 0)
    for piece in pieces {
      let start = changed.bytes.count
      let own = startLength - piece.lowerBound
      if own > 0 { changed.startLength = start + change(bytes[piece].prefix(own), true).count }
      changed.bytes += change(bytes[piece], own > 0)
      changed.pieces.append(start..<changed.bytes.count)
    }
    self = changed
  }
}

extension [UInt8] {
  /// The bytes of the first scalar.
  var firstScalarWidth: Int { isEmpty ? 0 : dropFirst().prefix { $0 & 0xC0 == 0x80 }.count + 1 }

  /// The occurrences of `wanted` in a part, from left to right without overlaps; none when it is empty.
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

  /// The ranges of the characters of a kind, one each.
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
