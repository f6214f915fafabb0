import Traces

/// A tokenizer made of parts, each of which a file describes: added tokens, normalizers, pre-tokenisers, byte-pair encoding or unigram,
/// and the tokens put around the whole.
public final class TextTokenizer: Tokenizer {
  /// How the spelling of tokens in the vocabulary becomes text.
  enum Decoding: Sendable {
    /// Entries are held as the bytes they stand for.
    case bytes
    /// `▁` is a space, and `<0xNN>` a byte.
    case sentencePiece
    /// A mark at the end of words is a space (`BPEDecoder`).
    case wordEnds(mark: [UInt8])
    /// Tokens are words, but for those with a mark in front, which go on a word (`WordPiece`).
    case wordPieces(mark: [UInt8], cleansUp: Bool)
  }

  /// What a file says about a tokenizer.
  struct Parts {
    var model: PieceEncoder
    var added: [AddedToken] = []
    var normalizers: [Normalizer] = []
    var preTokenizers: [PreTokenizer] = []
    /// Ids in front of every text: the BOS token of models that want one.
    var prefix: [Int] = []
    /// Ids behind every text.
    var suffix: [Int] = []
    /// The token that can begin a text; nil where there is none.
    var bos: Int?
    /// Whether special tokens written in a text are cut like any text.
    var splitsSpecialTokens = false
    var decoding: Decoding
    /// Entries at the vocabulary's end that only fill it up.
    var fillers = 0
  }

  private let parts: Parts
  private let verbatim: AddedTokenMatcher
  private let normalized: AddedTokenMatcher
  private let addedByID: [Int: AddedToken]
  /// Whether a step acts at the start of a text only, and a normalizer could move it.
  private let asksForStart: Bool

  /// Entries, added and special tokens included.
  public let vocabularySize: Int
  /// Ids in front of every text.
  public var prefix: [Int] { parts.prefix }
  /// The token that can begin a text; nil where there is none.
  public var bos: Int? { parts.bos }

  /// Puts the parts together.
  ///
  /// Throws when an added token cannot be normalized.
  init(_ parts: Parts) throws(TokenizerError) {
    self.parts = parts
    asksForStart =
      !parts.normalizers.isEmpty
      && parts.preTokenizers.contains { if case .metaspace(_, .first, _) = $0 { true } else { false } }
    verbatim = AddedTokenMatcher(
      parts.added.filter { !$0.isNormalized }.map { ($0, Array($0.content.utf8)) },
      skipsSpecial: parts.splitsSpecialTokens)
    var spelled: [(AddedToken, [UInt8])] = []
    for token in parts.added where token.isNormalized {
      spelled.append((token, try TextTokenizer.normalize(Array(token.content.utf8), parts.normalizers)))
    }
    normalized = AddedTokenMatcher(spelled, skipsSpecial: parts.splitsSpecialTokens)
    addedByID = Dictionary(parts.added.map { ($0.id, $0) }) { first, _ in first }
    vocabularySize = max(parts.model.vocabulary.count - parts.fillers, (parts.added.map(\.id).max() ?? -1) + 1)
  }

  /// Token ids of a text, with the tokens around it when wanted.
  ///
  /// Throws `TokenizerError.patternFailed`.
  public func encode(_ text: String, addSpecialTokens: Bool) throws -> [Int] {
    var ids: [Int] = addSpecialTokens ? parts.prefix : []
    let bytes = Array(text.utf8)
    var isStart = true
    for part in verbatim.parts(of: bytes) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range): try encode(Array(bytes[range]), startsText: isStart, into: &ids)
      }
      isStart = false
    }
    if addSpecialTokens { ids += parts.suffix }
    return ids
  }

  /// Encodes text without verbatim added tokens.
  private func encode(_ text: [UInt8], startsText: Bool, into ids: inout [Int]) throws(TokenizerError) {
    let original = text
    let text = try TextTokenizer.normalize(text, parts.normalizers)
    var isStart = startsText
    if isStart, asksForStart { isStart = try TextTokenizer.keepsStart(of: original, parts.normalizers) }
    for part in normalized.parts(of: text) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range):
        var cut = CutText(bytes: Array(text[range]), pieces: [0..<range.count], startsText: isStart)
        for step in parts.preTokenizers { try step.apply(to: &cut) }
        try cut.bytes.withUnsafeBufferPointer { bytes throws(TokenizerError) in
          let bytes = UnsafeRawBufferPointer(bytes)
          for piece in cut.pieces { try parts.model.encode(UnsafeRawBufferPointer(rebasing: bytes[piece]), into: &ids) }
        }
      }
      isStart = false
    }
  }

  /// Whether the first character after these steps comes from the first of the text.
  private static func keepsStart(of text: [UInt8], _ steps: [Normalizer]) throws(TokenizerError) -> Bool {
    var text = text
    // Bytes in front that come from the start of the original.
    var atStart = text.prefix(1).count
    for step in steps {
      guard try step.firstSource(in: text) < max(atStart, 1) else { return false }
      text = try step.apply(to: text)
      if case .prepend(let prefix) = step, !text.isEmpty { atStart += prefix.count } else { atStart = 1 }
    }
    return true
  }

  private static func normalize(_ text: [UInt8], _ steps: [Normalizer]) throws(TokenizerError) -> [UInt8] {
    var text = text
    for step in steps { text = try step.apply(to: text) }
    return text
  }

  /// The bytes a token stands for in the middle of a text; a special token's written form; nil for an unknown id.
  public func bytes(of id: Int) -> [UInt8]? {
    guard id < vocabularySize else { return nil }
    if let added = addedByID[id], added.isSpecial || !isSentencePiece { return Array(added.content.utf8) }
    let spelling = addedByID[id].map { Array($0.content.utf8) } ?? parts.model.vocabulary.bytes(of: id).map(Array.init)
    guard let spelling else { return nil }
    switch parts.decoding {
    case .bytes: return spelling
    case .wordEnds(let mark): return spelling.replacing(mark, with: [0x20])
    case .wordPieces(let mark, let cleansUp):
      let continues = !mark.isEmpty && spelling.starts(with: mark)
      let text = continues ? Array(spelling.dropFirst(mark.count)) : [0x20] + spelling
      return cleansUp ? TextTokenizer.cleanedUp(text) : text
    case .sentencePiece: break
    }
    if let byte = SentencePieceSpelling.byte(spelling) { return [byte] }
    return spelling.replacing(SentencePieceSpelling.space, with: [0x20])
  }

  /// English without the spaces that cutting into words has put in, as `cleanup` of the decoder `WordPiece`.
  private static func cleanedUp(_ text: [UInt8]) -> [UInt8] {
    let rules = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return rules.reduce(text) { $0.replacing(Array($1.0.utf8), with: Array($1.1.utf8)) }
  }

  private var isSentencePiece: Bool {
    if case .sentencePiece = parts.decoding { true } else { false }
  }

  /// Whether the id is a control token, not text.
  public func isSpecial(_ id: Int) -> Bool { addedByID[id]?.isSpecial ?? false }
}

extension TextTokenizer.Parts {
  /// Has texts begin with BOS, or without it, or as the files say.
  ///
  /// BOS is the token the files call so, or else the one token that they put before every text. It is never put there twice.
  /// Throws `TokenizerError.noBOS` when it is wanted and there is none.
  mutating func setBOS(_ choice: BOSChoice, _ named: Int?, path: String) throws(TokenizerError) {
    bos = named ?? (prefix.count == 1 ? prefix[0] : nil)
    switch choice {
    case .model: break
    case .no: prefix.removeAll { $0 == bos }
    case .yes:
      guard let bos else { throw .noBOS(path: path) }
      if !prefix.contains(bos) { prefix.insert(bos, at: 0) }
    }
  }
}

/// How SentencePiece writes what is not plain text.
enum SentencePieceSpelling {
  /// `▁`, U+2581.
  static let space: [UInt8] = [0xE2, 0x96, 0x81]

  /// The byte that `<0xNN>` stands for; nil for other spellings.
  static func byte(_ spelling: [UInt8]) -> UInt8? {
    guard spelling.count == 6, spelling.starts(with: [0x3C, 0x30, 0x78]), spelling[5] == 0x3E else { return nil }
    return UInt8(String(decoding: spelling[3...4], as: UTF8.self), radix: 16)
  }

  /// `<0xNN>` for a byte, with capital letters.
  static func token(for byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
  }
}

extension SentencePieceSpelling {
  /// The ids of the 256 byte tokens.
  ///
  /// Throws `TokenizerError.damaged` when one is missing.
  static func byteTokens(in vocabulary: Vocabulary, path: String) throws(TokenizerError) -> [Int] {
    var ids: [Int] = []
    for byte in UInt8(0)...255 {
      guard let id = vocabulary.id(of: token(for: byte)) else {
        throw .damaged(
          path: path, expected: "a token for every byte, as byte fallback needs", found: "no \(token(for: byte))")
      }
      ids.append(id)
    }
    return ids
  }
}
