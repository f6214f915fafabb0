import Traces

/// Reads the `model` of a `tokenizer.json`.
struct TokenizerModel {
  let model: JSONValue
  let path: String
  /// Whether tokens are spelled in the characters that stand for bytes.
  var isByteLevel = false
  /// Whether a class of transformers makes the model; its symbols are spelled literally.
  var isMadeByClass = false

  private static let known = ["BPE", "WordPiece", "WordLevel", "Unigram"]

  /// The kind of model; files of 2020 do not name it and are recognised by their members, as in `tokenizers`.
  private func type() throws -> String {
    if let type = try model.optionalMember("type")?.requireString() { return type }
    if try model.optionalMember("merges") != nil { return "BPE" }
    if try model.member("vocab").kind == .array { return "Unigram" }
    return try model.optionalMember("max_input_chars_per_word") != nil ? "WordPiece" : "WordLevel"
  }

  /// Whether the vocabulary can be held as the bytes that its tokens spell: byte-pair encoding whose symbols are only
  /// characters for bytes.
  func canHoldBytes() throws -> Bool {
    if isMadeByClass { return true }
    guard try type() == "BPE", try affixes().isEmpty else { return false }
    return try model.optionalMember("byte_fallback")?.requireBool() != true
  }

  /// The encoder.
  ///
  /// Throws `JSONError` and `TokenizerError`.
  func encoder() throws -> PieceEncoder {
    let type = try type()
    switch type {
    case "BPE": return .bytePairs(try bytePairs())
    case "Unigram": return .unigram(try unigram())
    case "WordLevel":
      let vocabulary = try vocabulary()
      return .words(WordLevelEncoder(vocabulary: vocabulary, unknown: try unknownToken(in: vocabulary)))
    case "WordPiece":
      let vocabulary = try vocabulary()
      let prefix = Array(try model.member("continuing_subword_prefix").requireString().utf8)
      let longest = try model.member("max_input_chars_per_word")
      guard try longest.requireInteger() >= 0 else { throw longest.wrongKind(expected: "a number from 0") }
      return .wordPieces(
        WordPieceEncoder(
          vocabulary: vocabulary, unknown: try unknownToken(in: vocabulary), prefix: prefix,
          longestWord: try longest.requireInteger()))
    default:
      throw TokenizerError.unknownComponent(
        path: path, kind: "tokenizer model", name: type, known: TokenizerModel.known)
    }
  }

  private func vocabulary() throws -> Vocabulary {
    try TokenizerJSON.vocabulary(model.member("vocab"), isByteLevel: isByteLevel, path: path)
  }

  private func unknownToken(in vocabulary: Vocabulary) throws -> UnknownToken {
    let name = try model.member("unk_token").requireString()
    var spelling = Array(name.utf8)
    if isByteLevel { _ = Array(name.utf8).withUnsafeBytes { ByteAlphabet.decode($0, into: &spelling) } }
    return spelling.withUnsafeBytes { vocabulary.id(of: $0) }.map { .id($0) } ?? .missing(name: name)
  }

  private func affixes() throws -> BytePairEncoder.Affixes {
    if isMadeByClass { return BytePairEncoder.Affixes() }
    func affix(_ key: String) throws -> [UInt8] {
      Array((try model.optionalMember(key)?.requireString() ?? "").utf8)
    }
    return BytePairEncoder.Affixes(
      prefix: try affix("continuing_subword_prefix"), suffix: try affix("end_of_word_suffix"))
  }

  private func bytePairs() throws -> BytePairEncoder {
    let vocabulary = try vocabulary()
    if let dropout = try model.optionalMember("dropout")?.requireReal(), dropout != 0 {
      throw TokenizerError.unsupportedSetting(
        path: path, component: "BPE", setting: "dropout", found: "\(dropout)", expected: "0")
    }
    let unknown = try model.optionalMember("unk_token") == nil ? .dropped : unknownToken(in: vocabulary)
    let affixes = try affixes()
    return BytePairEncoder(
      vocabulary: vocabulary,
      merges: .listed(try merges(model.member("merges"), vocabulary, prefix: affixes.prefix.count)),
      symbols: isByteLevel ? .bytes : .scalars(byteTokens: try byteTokens(vocabulary)), unknown: unknown,
      fusesUnknown: try model.optionalMember("fuse_unk")?.requireBool() ?? false,
      wholePieceFirst: try model.optionalMember("ignore_merges")?.requireBool() ?? false, affixes: affixes)
  }

  private func unigram() throws -> UnigramEncoder {
    let entries = try model.member("vocab")
    let vocabulary = Vocabulary(capacity: max(1, entries.count ?? 0), byteCapacity: (entries.count ?? 0) * 8)
    var scores: [Double] = []
    for entry in try entries.requireElements() {
      var pair = try entry.requireElements()
      guard let text = pair.next()?.utf8, let score = pair.next(), pair.next() == nil else {
        throw entry.wrongKind(expected: "a token and its score")
      }
      // A repeated spelling has its last id, as in the crate's map.
      vocabulary.append(text)
      scores.append(try score.requireReal())
    }
    let unknown = try model.optionalMember("unk_id")?.requireInteger()
    if let unknown, !scores.indices.contains(unknown) {
      throw TokenizerError.damaged(path: path, expected: "an unk_id below \(scores.count)", found: "\(unknown)")
    }
    return UnigramEncoder(
      vocabulary: vocabulary, scores: scores, unknown: unknown, byteTokens: try byteTokens(vocabulary))
  }

  private func byteTokens(_ vocabulary: Vocabulary) throws -> [Int]? {
    guard try model.optionalMember("byte_fallback")?.requireBool() ?? false else { return nil }
    return SentencePieceSpelling.byteTokens(in: vocabulary)
  }

  private func merges(_ list: JSONValue, _ vocabulary: Vocabulary, prefix: Int) throws -> MergeTable {
    var reader = MergeReader(
      vocabulary: vocabulary, isByteLevel: isByteLevel, count: list.count ?? 0, path: path, prefix: prefix)
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
}
