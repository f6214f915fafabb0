/// Reads a Hugging Face `tokenizer.json` with a BPE model.
///
/// The format is that of the Rust crate `tokenizers` 0.23. `truncation` and `padding` are not applied, as in a plain call of
/// a transformers tokenizer. What is not implemented is an error that names it.
struct TokenizerJSON {
  private let root: JSONValue
  private let path: String

  /// Opens the file.
  ///
  /// Throws `JSONError`.
  init(path: String) throws(JSONError) {
    root = try JSONDocument(path: path).root
    self.path = path
  }

  /// The tokenizer, with what `tokenizer_config.json` adds to it.
  ///
  /// Throws `JSONError` and `TokenizerError`.
  func tokenizer(configuration: TokenizerConfiguration) throws -> TextTokenizer {
    let components = TokenizerComponents(path: path)
    let (preTokenizers, isByteLevel) = try components.preTokenizers(root["pre_tokenizer"])
    let decoding = try components.decoding(root["decoder"], isByteLevel: isByteLevel)
    let model = try root.member("model")
    let vocabulary = try vocabulary(model.member("vocab"), isByteLevel: isByteLevel)
    var parts = TextTokenizer.Parts(
      model: try encoder(model, vocabulary: vocabulary, isByteLevel: isByteLevel), decoding: decoding)
    parts.preTokenizers = preTokenizers
    parts.normalizers = try components.normalizers(root["normalizer"])
    parts.added = try addedTokens(vocabulary, isByteLevel: isByteLevel)
    configuration.amend(&parts.added, vocabulary: vocabulary)
    (parts.prefix, parts.suffix) =
      try configuration.around(parts.added) ?? components.postProcessor(root["post_processor"])
    return try TextTokenizer(parts)
  }

  private func encoder(_ model: JSONValue, vocabulary: Vocabulary, isByteLevel: Bool) throws -> BytePairEncoder {
    // Files of 2020 have no type.
    let type = try model.optionalMember("type")?.requireString() ?? (model["merges"] == nil ? "WordPiece" : "BPE")
    guard type == "BPE" else {
      throw TokenizerError.unknownComponent(path: path, kind: "tokenizer model", name: type, known: ["BPE"])
    }
    for setting in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let found = try model.optionalMember(setting)?.requireString(), !found.isEmpty {
        throw TokenizerError.unsupportedSetting(
          path: path, component: "BPE", setting: setting, found: "'\(found)'", expected: "none")
      }
    }
    if let dropout = try model.optionalMember("dropout")?.requireReal(), dropout != 0 {
      throw TokenizerError.unsupportedSetting(
        path: path, component: "BPE", setting: "dropout", found: "\(dropout)", expected: "0")
    }
    var unknown: Int?
    if let token = try model.optionalMember("unk_token")?.requireString() {
      unknown = vocabulary.id(of: token)
      if unknown == nil {
        throw TokenizerError.damaged(path: path, expected: "the unk_token '\(token)' in the vocabulary", found: "none")
      }
    }
    var byteTokens: [Int]?
    if try model.optionalMember("byte_fallback")?.requireBool() ?? false {
      byteTokens = try SentencePieceSpelling.byteTokens(in: vocabulary, path: path)
    }
    return BytePairEncoder(
      vocabulary: vocabulary,
      merges: .listed(try merges(model.member("merges"), vocabulary, isByteLevel: isByteLevel)),
      symbols: isByteLevel ? .bytes : .scalars(byteTokens: byteTokens),
      unknown: unknown,
      fusesUnknown: try model.optionalMember("fuse_unk")?.requireBool() ?? false,
      wholePieceFirst: try model.optionalMember("ignore_merges")?.requireBool() ?? false)
  }

  private func vocabulary(_ vocab: JSONValue, isByteLevel: Bool) throws -> Vocabulary {
    try TokenizerJSON.vocabulary(vocab, isByteLevel: isByteLevel, path: path)
  }

  /// A vocabulary from an object of token to id, as in `vocab.json`.
  static func vocabulary(_ vocab: JSONValue, isByteLevel: Bool, path: String) throws -> Vocabulary {
    var (entries, last, bytes) = (0, -1, 0)
    for member in try vocab.requireMembers() {
      let id = try member.value.requireInteger()
      guard id >= 0, id < 1 << 30 else {
        throw TokenizerError.damaged(path: path, expected: "ids from 0", found: "\(id) for '\(member.key)'")
      }
      last = max(last, id)
      entries += 1
      bytes += member.keyUTF8.count
    }
    // Some vocabularies have gaps; one id far off would take all memory.
    guard last < entries * 4 + 65536 else {
      throw TokenizerError.damaged(path: path, expected: "ids near the \(entries) tokens", found: "the id \(last)")
    }
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var spellings = [UnsafeRawBufferPointer](repeating: none, count: last + 1)
    var isTaken = [Bool](repeating: false, count: last + 1)
    for member in try vocab.requireMembers() {
      guard let id = member.value.integer else { continue }
      if isTaken[id] {
        throw TokenizerError.damaged(path: path, expected: "one token for every id", found: "two for \(id)")
      }
      isTaken[id] = true
      spellings[id] = member.keyUTF8
    }
    let vocabulary = Vocabulary(capacity: last + 1, byteCapacity: bytes)
    var buffer: [UInt8] = []
    for (id, spelling) in spellings.enumerated() {
      if !isTaken[id] {
        vocabulary.appendAbsent()
      } else if isByteLevel {
        let isSpelled = ByteAlphabet.decode(spelling, into: &buffer)
        buffer.withUnsafeBytes { vocabulary.append($0, repeated: isSpelled ? .replaces : .isHidden) }
      } else {
        vocabulary.append(spelling)
      }
    }
    // The spellings point into the document.
    return withExtendedLifetime(vocab) { vocabulary }
  }

  private func merges(_ list: JSONValue, _ vocabulary: Vocabulary, isByteLevel: Bool) throws -> MergeTable {
    var reader = MergeReader(vocabulary: vocabulary, isByteLevel: isByteLevel, count: list.count ?? 0, path: path)
    for merge in try list.requireElements() {
      if let text = merge.utf8 {
        try reader.read(line: text)
      } else {
        var pair = try merge.requireElements()
        guard let left = pair.next()?.utf8, let right = pair.next()?.utf8, pair.next() == nil else {
          throw merge.wrongKind(expected: "a merge: 'a b' or ['a', 'b']")
        }
        try reader.read(left: left, right: right)
      }
    }
    return withExtendedLifetime(list) { reader.table }
  }

  private func addedTokens(_ vocabulary: Vocabulary, isByteLevel: Bool) throws -> [AddedToken] {
    guard let list = try root.optionalMember("added_tokens") else { return [] }
    var tokens: [AddedToken] = []
    var buffer: [UInt8] = []
    for value in try list.requireElements() {
      let token = AddedToken(
        content: try value.member("content").requireString(),
        id: try value.member("id").requireInteger(),
        isSpecial: try value.optionalMember("special")?.requireBool() ?? false,
        isNormalized: try value.optionalMember("normalized")?.requireBool() ?? false,
        stripsLeft: try value.optionalMember("lstrip")?.requireBool() ?? false,
        stripsRight: try value.optionalMember("rstrip")?.requireBool() ?? false,
        isSingleWord: try value.optionalMember("single_word")?.requireBool() ?? false)
      buffer = Array(token.content.utf8)
      if isByteLevel { _ = Array(token.content.utf8).withUnsafeBytes { ByteAlphabet.decode($0, into: &buffer) } }
      let known = buffer.withUnsafeBytes { vocabulary.id(of: $0) }
      guard token.id >= 0, token.id < 1 << 30, known == nil || known == token.id else {
        throw TokenizerError.damaged(
          path: path, expected: "the added token '\(token.content)' with the id \(known ?? 0) of the vocabulary",
          found: "\(token.id)")
      }
      tokens.append(token)
    }
    return tokens
  }
}

/// Reads merges into a table: two tokens each, the earlier the better.
struct MergeReader {
  let table: MergeTable
  private let vocabulary: Vocabulary
  private let isByteLevel: Bool
  private let path: String
  private var rank = 0
  private var leftBuffer: [UInt8] = []
  private var rightBuffer: [UInt8] = []

  init(vocabulary: Vocabulary, isByteLevel: Bool, count: Int, path: String) {
    self.vocabulary = vocabulary
    self.isByteLevel = isByteLevel
    self.path = path
    table = MergeTable(capacity: count)
  }

  /// A merge written as two tokens with a space between.
  ///
  /// Throws `TokenizerError.damaged`.
  mutating func read(line: UnsafeRawBufferPointer) throws(TokenizerError) {
    guard let space = line.firstIndex(of: 0x20), line[(space + 1)...].firstIndex(of: 0x20) == nil else {
      throw .damaged(
        path: path, expected: "a merge of two tokens", found: "'\(String(decoding: line, as: UTF8.self))'")
    }
    try read(
      left: UnsafeRawBufferPointer(rebasing: line[..<space]),
      right: UnsafeRawBufferPointer(rebasing: line[(space + 1)...]))
  }

  /// A merge of two tokens.
  ///
  /// Throws `TokenizerError.damaged` when one of the three is not in the vocabulary.
  mutating func read(left: UnsafeRawBufferPointer, right: UnsafeRawBufferPointer) throws(TokenizerError) {
    let leftID: Int?
    let rightID: Int?
    if isByteLevel {
      _ = ByteAlphabet.decode(left, into: &leftBuffer)
      _ = ByteAlphabet.decode(right, into: &rightBuffer)
      leftID = leftBuffer.withUnsafeBytes { vocabulary.id(of: $0) }
      rightID = rightBuffer.withUnsafeBytes { vocabulary.id(of: $0) }
    } else {
      leftID = vocabulary.id(of: left)
      rightID = vocabulary.id(of: right)
    }
    guard let leftID, let rightID, let merged = vocabulary.id(joining: leftID, rightID) else {
      let pair = "'\(String(decoding: left, as: UTF8.self))' and '\(String(decoding: right, as: UTF8.self))'"
      throw .damaged(path: path, expected: "merge \(rank) of tokens of the vocabulary into one", found: pair)
    }
    table.insert(left: leftID, right: rightID, rank: rank, merged: merged)
    rank += 1
  }
}
