import Traces

// T5Tokenizer and XLMRobertaTokenizer: a unigram model of the pieces and their scores, whatever they were trained for, with the class's
// own tokens, normalizer and pre-tokenizer (`TokenizerClass.pieces`).

extension SentencePieceTokenizer {
  /// The parts of the tokenizer; no default names, which the class has; special tokens of the model that are not in the vocabulary.
  ///
  /// Throws `TokenizerError`; `JSONError` when the description of the class is damaged.
  func unigramParts(
    _ around: TokenizerClass.Pieces
  ) throws -> (parts: TextTokenizer.Parts, special: [String: String], leftOut: [AddedToken]) {
    try requireFiniteScores()
    guard model.pieces.count >= around.dropped else {
      throw TokenizerError.damaged(
        path: path, expected: "\(around.dropped) pieces or more, as \(settings.kind.name) needs",
        found: "\(model.pieces.count)")
    }
    let (vocabulary, scores) = unigramVocabulary(around)
    let components = TokenizerComponents(path: path)
    var parts = TextTokenizer.Parts(
      model: .unigram(UnigramEncoder(vocabulary: vocabulary, scores: scores, unknown: nil, byteTokens: nil)),
      decoding: try components.decoding(settings.own?["decoder"], isByteLevel: false))
    parts.preTokenizers = try components.preTokenizers(settings.own?["pre_tokenizer"]).steps
    let hasMap = settings.kind.fileNormalizer == "Precompiled" && !model.charactersMap.isEmpty
    parts.normalizers =
      hasMap
      ? [.precompiled(try PrecompiledCharacterMap(model.charactersMap, path: path))]
      : try components.normalizers(settings.own?["normalizer"])
    var leftOut: [AddedToken] = []
    guard !settings.namesExtra else { return (parts, [:], []) }
    for token in try modelTokens() {
      if let id = vocabulary.id(of: token.content) {
        parts.added.append(AddedToken(content: token.content, id: id, isSpecial: token.isSpecial))
      } else {
        leftOut.append(token)
      }
    }
    return (parts, [:], leftOut)
  }

  /// Control and user-defined pieces, and the numbered tokens of the class.
  ///
  /// Throws `TokenizerError.damaged` when the model has another number of these, as transformers does.
  private func modelTokens() throws(TokenizerError) -> [AddedToken] {
    let kinds: [SentencePieceModel.Piece.Kind] = [.control, .userDefined]
    let own = model.pieces.indices.filter { kinds.contains(model.pieces[$0].kind) }.map {
      AddedToken(content: text($0), id: -1, isSpecial: model.pieces[$0].kind == .control)
    }
    guard let numbered = settings.kind.numberedTokens else { return own }
    let known = own.count { $0.content.contains(numbered.before) }
    guard known == 0 || settings.numbered.isEmpty || known == settings.numbered.count else {
      throw .damaged(
        path: path,
        expected:
          "\(settings.numbered.count) pieces '\(numbered.before)N\(numbered.after)', as '\(numbered.key)' says, or none",
        found: "\(known)")
    }
    return own + (known > 0 ? [] : settings.numbered.map { AddedToken(content: $0, id: -1, isSpecial: true) })
  }

  private func unigramVocabulary(_ around: TokenizerClass.Pieces) -> (Vocabulary, [Double]) {
    let kept = model.pieces.dropFirst(around.dropped)
    // A role without a token is spelled as Python spells nothing.
    func spellings(_ roles: [String]) -> [String] { roles.map { settings.texts[$0] ?? "None" } }
    let (before, after) = (spellings(around.before), spellings(around.after) + settings.numbered.reversed())
    let vocabulary = Vocabulary(
      capacity: before.count + kept.count + after.count,
      byteCapacity: (before + after).reduce(kept.reduce(0) { $0 + $1.text.count }) { $0 + $1.utf8.count })
    func append(_ texts: [String]) {
      for text in texts { Array(text.utf8).withUnsafeBytes { vocabulary.append($0) } }
    }
    append(before)
    for piece in kept { vocabulary.append(piece.text) }
    append(after)
    let none = { (count: Int) in [Double](repeating: 0, count: count) }
    return (vocabulary, none(before.count) + kept.map { Double($0.score) } + none(after.count))
  }
}
