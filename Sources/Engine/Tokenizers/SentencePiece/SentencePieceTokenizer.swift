import Traces

/// A tokenizer from a SentencePiece model alone, as transformers 5.24 converts it.
///
/// Follows `convert_slow_tokenizer.py` (`SentencePieceExtractor`, `build_tokenizer_from_spm_proto`, `convert_from_spm`) and the classes
/// LlamaTokenizer, GemmaTokenizer, T5Tokenizer and XLMRobertaTokenizer; `TokenizerClass` chooses between them.
struct SentencePieceTokenizer {
  /// How transformers reads a file.
  enum Reading: Equatable {
    /// LlamaTokenizer: always byte-pair encoding, merges by the order of the vocabulary.
    case llama(prefix: PreTokenizer.MetaspaceScheme)
    /// GemmaTokenizer: the same without a space before the text.
    case gemma
    /// Any other class that follows the file: algorithm, normalizer, order by scores.
    case asTrained(legacy: Bool)
  }

  /// The relevant settings of tokenizer_config.json.
  struct Settings {
    /// The class that reads it.
    var kind: TokenizerClass
    /// `legacy`; nil if absent.
    var legacy: Bool?
    var addsPrefixSpace: Bool?
    /// Ids whose tokens have other names in `added_tokens_decoder`.
    var names: [Int: String] = [:]
    /// The class's own steps, in the form of tokenizer.json; nil for a class whose steps are described here.
    var own: JSONValue?
    /// Written forms of the tokens that have a role.
    var texts: [String: String] = [:]
    /// Special tokens that the class counts.
    var numbered: [String] = []
    /// Whether the files list special tokens, which then replace the numbered ones and those of the model.
    var namesExtra = false
  }

  let model: SentencePieceModel
  let settings: Settings
  let path: String

  /// Reads the file.
  ///
  /// Throws `FileError`, `TokenizerError`.
  init(path: String, settings: Settings) throws {
    model = try SentencePieceModel(path: path)
    self.path = path
    self.settings = settings
  }

  /// The reading for a class.
  ///
  /// Throws `TokenizerError.unknownComponent` for a class that does something else.
  private func reading() throws(TokenizerError) -> Reading {
    switch settings.kind.name {
    case "LlamaTokenizer":
      let scheme: PreTokenizer.MetaspaceScheme = settings.legacy == true ? .always : .first
      return .llama(prefix: settings.addsPrefixSpace ?? true ? scheme : .never)
    case "GemmaTokenizer": return .gemma
    case TokenizerClass.backend.name:
      return .asTrained(legacy: settings.legacy ?? true)
    case let other:
      throw .unknownComponent(
        path: path, kind: "tokenizer class of a SentencePiece model", name: other, known: TokenizerClass.readersOfPieces
      )
    }
  }

  /// The parts of the tokenizer, default names of special tokens, and special tokens of the model that are not in the vocabulary.
  ///
  /// Throws `TokenizerError`; `JSONError` when the description of a class is damaged.
  func parts() throws -> (parts: TextTokenizer.Parts, special: [String: String], leftOut: [AddedToken]) {
    if let pieces = settings.kind.pieces { return try unigramParts(pieces) }
    let reading = try reading()
    let vocabulary = vocabulary(renames: reading)
    var parts: TextTokenizer.Parts
    var special: [String: String]
    switch reading {
    case .llama(let scheme):
      parts = TextTokenizer.Parts(
        model: .bytePairs(try bytePairs(vocabulary, order: Array(model.pieces.indices), unknown: nil)),
        decoding: .sentencePiece)
      parts.preTokenizers = [.metaspace(replacement: SentencePieceSpelling.space, scheme, split: false)]
      special = ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"]
    case .gemma:
      parts = TextTokenizer.Parts(
        model: .bytePairs(
          try bytePairs(vocabulary, order: Array(model.pieces.indices), unknown: vocabulary.id(of: "<unk>"))),
        decoding: .sentencePiece)
      parts.normalizers = [.replace([0x20], with: SentencePieceSpelling.space)]
      special = [
        "unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "mask_token": "<mask>",
      ]
    case .asTrained(let legacy):
      parts = TextTokenizer.Parts(model: try asTrained(vocabulary), decoding: .sentencePiece)
      (parts.normalizers, parts.preTokenizers) = try steps(legacy: legacy)
      special = [:]
      if model.beginID >= 0 { special["bos_token"] = model.beginPiece }
      if model.endID >= 0 { special["eos_token"] = model.endPiece }
      if model.unknownID >= 0 { special["unk_token"] = model.unknownPiece }
    }
    if settings.namesExtra { return (parts, special, []) }
    for (id, piece) in model.pieces.enumerated() {
      let isMatched =
        switch reading {
        // User-defined pieces are separated after the normalizer.
        case .asTrained: piece.kind == .control
        default: piece.kind == .control || piece.kind == .userDefined
        }
      guard isMatched else { continue }
      parts.added.append(AddedToken(content: text(id), id: id, isSpecial: piece.kind == .control))
    }
    return (parts, special, [])
  }

  func text(_ id: Int) -> String { String(decoding: model.pieces[id].text, as: UTF8.self) }

  private func vocabulary(renames reading: Reading) -> Vocabulary {
    let size = model.pieces.reduce(0) { $0 + $1.text.count }
    let vocabulary = Vocabulary(capacity: model.pieces.count, byteCapacity: size)
    var renamed = settings.names
    if case .asTrained = reading, model.algorithm == .bytePairs {
      // A name that another token keeps is not reassigned.
      let kept = Set(model.pieces.indices.filter { settings.names[$0] == nil }.map { Array(text($0).utf8) })
      renamed = renamed.filter { !kept.contains(Array($0.value.utf8)) }
    } else {
      renamed = [:]
    }
    for (id, piece) in model.pieces.enumerated() {
      if let name = renamed[id] {
        Array(name.utf8).withUnsafeBytes { vocabulary.append($0) }
      } else {
        vocabulary.append(piece.text)
      }
    }
    return vocabulary
  }

  /// Byte-pair encoding whose merges are all ways to make a token from two others, in a given order of tokens.
  private func bytePairs(
    _ vocabulary: Vocabulary, order: [Int], unknown: Int?, wholePieceFirst: Bool = false,
    counts: (Int) -> Bool = { _ in true }, fallsBackToBytes: Bool = true
  ) throws(TokenizerError) -> BytePairEncoder {
    let digests = SpellingDigests(vocabulary)
    var found: [(left: Int, right: Int, merged: Int)] = []
    for id in order {
      // Of pieces with the same spelling the last one counts.
      guard let bytes = vocabulary.bytes(of: id), vocabulary.id(of: bytes) == id else { continue }
      for cut in digests.cuts(of: bytes) where bytes[cut] & 0xC0 != 0x80 {
        guard let left = vocabulary.id(of: UnsafeRawBufferPointer(rebasing: bytes[..<cut])),
          let right = vocabulary.id(of: UnsafeRawBufferPointer(rebasing: bytes[cut...])), counts(left), counts(right)
        else { continue }
        found.append((left, right, id))
      }
    }
    // A piece can be made in as many ways as it has characters, so the table is made for what was found.
    let merges = MergeTable(capacity: found.count)
    for (rank, merge) in found.enumerated() {
      merges.insert(left: merge.left, right: merge.right, rank: rank, merged: merge.merged)
    }
    return BytePairEncoder(
      vocabulary: vocabulary, merges: .listed(merges),
      symbols: .scalars(byteTokens: fallsBackToBytes ? SentencePieceSpelling.byteTokens(in: vocabulary) : nil),
      unknown: unknown, fusesUnknown: true, wholePieceFirst: wholePieceFirst)
  }

  /// Throws `TokenizerError.damaged` for a score that is no finite number.
  func requireFiniteScores() throws(TokenizerError) {
    guard model.pieces.allSatisfy({ $0.score.isFinite }) else {
      throw .damaged(path: path, expected: "scores that are finite numbers", found: "others")
    }
  }

  private func asTrained(_ vocabulary: Vocabulary) throws(TokenizerError) -> PieceEncoder {
    let pieces = model.pieces
    try requireFiniteScores()
    guard model.algorithm == .bytePairs else {
      guard pieces.indices.contains(model.unknownID) else {
        throw .damaged(path: path, expected: "an unk_id below \(pieces.count)", found: "\(model.unknownID)")
      }
      return .unigram(
        UnigramEncoder(
          vocabulary: vocabulary, scores: pieces.map { Double($0.score) }, unknown: model.unknownID,
          byteTokens: model.fallsBackToBytes ? SentencePieceSpelling.byteTokens(in: vocabulary) : nil))
    }
    let isNormal = pieces.map { $0.kind == .normal }
    // Equal scores keep the order of the vocabulary.
    let order = pieces.indices.filter { isNormal[$0] }.sorted {
      (-pieces[$0].score, $0) < (-pieces[$1].score, $1)
    }
    return .bytePairs(
      try bytePairs(
        vocabulary, order: order, unknown: vocabulary.id(of: model.unknownPiece),
        wholePieceFirst: pieces.contains { $0.kind == .userDefined }, counts: { isNormal[$0] },
        fallsBackToBytes: model.fallsBackToBytes))
  }

  /// The steps of the file's normalizer, in SentencePiece's order.
  private func steps(legacy: Bool) throws(TokenizerError) -> ([Normalizer], [PreTokenizer]) {
    var normalizers: [Normalizer] = []
    if !model.charactersMap.isEmpty {
      normalizers.append(.precompiled(try PrecompiledCharacterMap(model.charactersMap, path: path)))
    }
    if model.removesExtraWhitespace {
      // Only spaces count: SentencePiece leaves line breaks alone.
      normalizers.append(.replaceMatches(try Pattern(#"\A +| +\z"#, path: path), with: []))
      normalizers.append(.replaceMatches(try Pattern(" {2,}", path: path), with: [0x20]))
    }
    let mark = SentencePieceSpelling.space
    if model.escapesWhitespace { normalizers.append(.replace([0x20], with: mark)) }
    var preTokenizers: [PreTokenizer] = []
    if model.addsDummyPrefix {
      // The step puts no mark before a text that begins with one; SentencePiece does.
      if legacy { normalizers.append(.replaceMatches(try Pattern(#"\A▁"#, path: path), with: mark + mark)) }
      preTokenizers.append(.metaspace(replacement: mark, legacy ? .always : .first, split: false))
    }
    let defined = model.pieces.indices.filter { model.pieces[$0].kind == .userDefined }.map(text)
    if !defined.isEmpty {
      let longestFirst = defined.enumerated().sorted {
        ($1.element.unicodeScalars.count, $0.offset) < ($0.element.unicodeScalars.count, $1.offset)
      }
      let escaped = longestFirst.map { PatternTranslation.escaped($0.element) }
      preTokenizers.append(
        .split(try Pattern(escaped.joined(separator: "|"), path: path), .isolated, inverted: false))
    }
    return (normalizers, preTokenizers)
  }
}
