import Traces

/// A tokenizer made of parts that a file describes: added tokens, normalizers, pre-tokenizers, a model, and the tokens around
/// every text.
public final class TextTokenizer: Tokenizer {
  /// A file's description of a tokenizer.
  struct Parts {
    var model: PieceEncoder
    var added: [AddedToken] = []
    var normalizers: [Normalizer] = []
    var preTokenizers: [PreTokenizer] = []
    /// Ids before every text: the BOS token of models that use one.
    var prefix: [Int] = []
    /// Ids after every text.
    var suffix: [Int] = []
    /// The token that can begin a text; nil where there is none.
    var bos: Int?
    /// Written forms of the special tokens that the files name: "bos_token" to "<s>".
    var roles: [String: String] = [:]
    /// Whether special tokens written in a text are cut like any text.
    var splitsSpecialTokens = false
    var decoding: TokenDecoding
    /// Padding entries at the vocabulary's end.
    var fillers = 0
  }

  private let parts: Parts
  private let verbatim: AddedTokenMatcher
  private let normalized: AddedTokenMatcher
  private let addedByID: [Int: AddedToken]
  /// Whether a step acts only at the start of a text, and a normalizer could move the start.
  private let asksForStart: Bool

  /// Entries, added and special tokens included.
  public let vocabularySize: Int
  /// Ids in front of every text.
  public var prefix: [Int] { parts.prefix }
  /// The token that can begin a text; nil where there is none.
  public var bos: Int? { parts.bos }
  /// Written forms of the special tokens by role: "bos_token".
  public var specialTokens: [String: String] { parts.roles }
  /// Written forms of all control tokens that are recognised in a text.
  public var writtenSpecialTokens: [String] {
    parts.splitsSpecialTokens ? [] : parts.added.filter(\.isSpecial).map(\.content)
  }

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

  /// Token ids of a text, with the tokens around it if wanted.
  ///
  /// Throws `TokenizerError.patternFailed`, `.noUnknownToken`.
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
    var start = startsText ? text.firstScalarWidth : 0
    var text = text
    for step in parts.normalizers {
      if start > 0, asksForStart { start = try step.start(start, in: text) }
      text = try step.apply(to: text)
    }
    for part in normalized.parts(of: text) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range):
        var cut = CutText(
          bytes: Array(text[range]), pieces: [0..<range.count], startLength: max(0, start - range.lowerBound))
        for step in parts.preTokenizers { try step.apply(to: &cut) }
        try cut.bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
          try parts.model.encode(cut.pieces, of: UnsafeRawBufferPointer(buffer), into: &ids)
        }
      }
    }
  }

  private static func normalize(_ text: [UInt8], _ steps: [Normalizer]) throws(TokenizerError) -> [UInt8] {
    var text = text
    for step in steps { text = try step.apply(to: text) }
    return text
  }

  /// The bytes a token stands for in the middle of a text; a special token's written form; nil for an unknown id.
  public func bytes(of id: Int) -> [UInt8]? {
    guard id < vocabularySize else { return nil }
    let decoding = parts.decoding
    if let added = addedByID[id] {
      let content = Array(added.content.utf8)
      return added.isSpecial || decoding.keepsAddedTokens ? content : decoded(content, isSpelled: false)
    }
    guard let entry = parts.model.vocabulary.bytes(of: id) else { return nil }
    return decoded(Array(entry), isSpelled: !parts.model.vocabulary.isApart(id))
  }

  /// If a pattern fails on a token, the token keeps its spelling.
  private func decoded(_ entry: [UInt8], isSpelled: Bool) -> [UInt8] {
    (try? parts.decoding.bytes(of: entry, isSpelled: isSpelled)) ?? entry
  }

  /// Whether the id is a control token, not text.
  public func isSpecial(_ id: Int) -> Bool { addedByID[id]?.isSpecial ?? false }
}

extension TextTokenizer.Parts {
  /// Sets whether texts begin with BOS: yes, no, or as the files say.
  ///
  /// BOS is the token that the files name, or else the one token that they put before every text. It is never added twice.
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

/// SentencePiece's notation for spaces and bytes.
enum SentencePieceSpelling {
  /// `▁`, U+2581.
  static let space: [UInt8] = [0xE2, 0x96, 0x81]

  /// The byte of `<0xNN>`; nil for other spellings.
  static func byte(_ spelling: [UInt8]) -> UInt8? {
    guard spelling.count == 6, spelling.starts(with: [0x3C, 0x30, 0x78]), spelling[5] == 0x3E else { return nil }
    return UInt8(String(decoding: spelling[3...4], as: UTF8.self), radix: 16)
  }

  /// `<0xNN>` for a byte, with capital letters.
  static func token(for byte: UInt8) -> String {
    "<0x\(Hex.digits([byte], uppercase: true))>"
  }
}

extension SentencePieceSpelling {
  /// The ids of the byte tokens, -1 for a byte without one. [256]
  static func byteTokens(in vocabulary: Vocabulary) -> [Int] {
    (UInt8(0)...255).map { vocabulary.id(of: token(for: $0)) ?? -1 }
  }

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
