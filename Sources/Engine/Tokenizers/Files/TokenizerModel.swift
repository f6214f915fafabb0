import Traces

/// Reads the `model` of a `tokenizer.json`: byte-pair encoding or unigram.
struct TokenizerModel {
  let model: JSONValue
  let path: String
  /// Whether tokens are spelled in the characters that stand for bytes.
  let isByteLevel: Bool

  private static let known = ["BPE", "Unigram", "WordLevel", "WordPiece"]

  /// The encoder.
  ///
  /// Throws `JSONError` and `TokenizerError`.
  func encoder() throws -> PieceEncoder {
    // Files of 2020 have no type.
    let type = try model.optionalMember("type")?.requireString() ?? (model["merges"] == nil ? "WordPiece" : "BPE")
    if isByteLevel, type != "BPE", TokenizerModel.known.contains(type) {
      throw TokenizerError.unsupportedSetting(
        path: path, component: type, setting: "pre-tokenizer or normalizer", found: "ByteLevel", expected: "another one"
      )
    }
    switch type {
    case "BPE": return .bytePairs(try bytePairs())
    case "Unigram": return .unigram(try unigram())
    case "WordLevel": return .words(try words(cut: nil))
    case "WordPiece":
      let parts = WordEncoder.Parts(
        continuing: Array((try model.optionalMember("continuing_subword_prefix")?.requireString() ?? "##").utf8),
        longest: try model.optionalMember("max_input_chars_per_word")?.requireInteger() ?? 100)
      return .words(try words(cut: parts))
    default:
      throw TokenizerError.unknownComponent(
        path: path, kind: "tokenizer model", name: type, known: TokenizerModel.known)
    }
  }

  private func bytePairs() throws -> BytePairEncoder {
    let vocabulary = try TokenizerJSON.vocabulary(model.member("vocab"), isByteLevel: isByteLevel, path: path)
    let marks = BytePairEncoder.Marks(
      continuing: Array((try model.optionalMember("continuing_subword_prefix")?.requireString() ?? "").utf8),
      end: Array((try model.optionalMember("end_of_word_suffix")?.requireString() ?? "").utf8))
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
    let byteTokens = try byteTokens(vocabulary)
    return BytePairEncoder(
      vocabulary: vocabulary, merges: .listed(try merges(model.member("merges"), vocabulary, marks.continuing)),
      symbols: isByteLevel ? .bytes : .scalars(byteTokens: byteTokens), unknown: unknown,
      fusesUnknown: try model.optionalMember("fuse_unk")?.requireBool() ?? false,
      wholePieceFirst: try model.optionalMember("ignore_merges")?.requireBool() ?? false,
      marks: marks.continuing.isEmpty && marks.end.isEmpty ? nil : marks)
  }

  /// Whole words, cut into parts or not.
  private func words(cut parts: WordEncoder.Parts?) throws -> WordEncoder {
    let vocabulary = try TokenizerJSON.vocabulary(model.member("vocab"), isByteLevel: false, path: path)
    // A name without a token is as good as none: `tokenizers` fails when it needs it.
    let unknown = try model.optionalMember("unk_token")?.requireString() ?? (parts == nil ? "<unk>" : "[UNK]")
    return WordEncoder(vocabulary: vocabulary, unknown: vocabulary.id(of: unknown), parts: parts)
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
      // A spelling that occurs twice is found under its last id, as in the crate's map.
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
    return try SentencePieceSpelling.byteTokens(in: vocabulary, path: path)
  }

  private func merges(_ list: JSONValue, _ vocabulary: Vocabulary, _ continuing: [UInt8]) throws -> MergeTable {
    var reader = MergeReader(
      vocabulary: vocabulary, isByteLevel: isByteLevel, count: list.count ?? 0, path: path, continuing: continuing)
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
