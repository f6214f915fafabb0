// SentencePiece's two models, BPE and unigram, in GGUF.

extension GGUFTokenizer {
  func sentencePiece(_ tokens: [UnsafeRawBufferPointer], _ types: [Int]) throws -> TextTokenizer.Parts {
    let isGemma = architecture.hasPrefix("gemma")
    let vocabulary = Vocabulary(capacity: tokens.count, byteCapacity: tokens.reduce(0) { $0 + $1.count })
    var added: [AddedToken] = []
    for (id, token) in tokens.enumerated() {
      let type = types.isEmpty ? 1 : types[id]
      if isGemma, let spaces = GGUFTokenizer.spaces(token) {
        // Gemma's runs of spaces are stored as spaces and looked up as ▁ like all others; they are merged, not matched.
        let marks = [[UInt8]](repeating: SentencePieceSpelling.space, count: spaces).flatMap { $0 }
        marks.withUnsafeBytes { vocabulary.append($0) }
        continue
      }
      vocabulary.append(token)
      if type == TokenType.control || type == TokenType.userDefined {
        added.append(AddedToken(content: text(token), id: id, isSpecial: type == TokenType.control))
      }
    }
    var merges: BytePairEncoder.Merges
    if let lines = try strings(of: "tokenizer.ggml.merges") {
      var reader = MergeReader(vocabulary: vocabulary, isByteLevel: false, count: lines.count, path: path)
      for line in lines { try reader.read(line: line) }
      merges = .listed(reader.table)
    } else if isGemma {
      // Gemma's scores do not match its merges; the order of its tokens does.
      merges = .implied(ranks: nil)
    } else {
      let scores = try metadata.reals("tokenizer.ggml.scores") ?? []
      if scores.isEmpty {
        throw TokenizerError.damaged(path: path, expected: "merges or 'tokenizer.ggml.scores'", found: "neither")
      }
      try requireCount(scores.count, of: "tokenizer.ggml.scores", like: tokens)
      merges = .implied(ranks: try ranks(scores))
    }
    let unknown = try metadata.integer("tokenizer.ggml.unknown_token_id")
    var parts = TextTokenizer.Parts(
      model: .bytePairs(
        BytePairEncoder(
          vocabulary: vocabulary, merges: merges,
          symbols: .scalars(byteTokens: try SentencePieceSpelling.byteTokens(in: vocabulary, path: path)),
          unknown: try unknown.map { try token($0, role: "unknown", tokens) }, fusesUnknown: true,
          wholePieceFirst: false)),
      decoding: .sentencePiece)
    parts.added = added
    if isGemma {
      parts.normalizers = [.replace([0x20], with: SentencePieceSpelling.space)]
    } else {
      let isPrefixed = try metadata.flag("tokenizer.ggml.add_space_prefix") ?? true
      parts.preTokenizers = [
        .metaspace(replacement: SentencePieceSpelling.space, isPrefixed ? .first : .never, split: false)
      ]
    }
    return parts
  }

  /// The number of characters of a token of two or more spaces, other white space included; nil for other tokens.
  private static func spaces(_ token: UnsafeRawBufferPointer) -> Int? {
    guard token.contains(0x20) else { return nil }
    let scalars = String(decoding: token, as: UTF8.self).unicodeScalars
    return scalars.allSatisfy(\.properties.isWhitespace) ? scalars.count : nil
  }

  /// The place of every token by score, the highest first; equal scores share a place. [V]
  private func ranks(_ scores: [Float]) throws(TokenizerError) -> [UInt32] {
    if let bad = scores.firstIndex(where: \.isNaN) {
      throw .damaged(path: path, expected: "scores that are numbers", found: "NaN for the token \(bad)")
    }
    var ranks = [UInt32](repeating: 0, count: scores.count)
    var rank: UInt32 = 0
    var previous: Float?
    for id in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if let previous, previous != scores[id] { rank += 1 }
      previous = scores[id]
      ranks[id] = rank
    }
    return ranks
  }

  /// Unigram, which GGUF names after the first model with it.
  func unigram(_ tokens: [UnsafeRawBufferPointer], _ types: [Int]) throws -> TextTokenizer.Parts {
    let vocabulary = Vocabulary(capacity: tokens.count, byteCapacity: tokens.reduce(0) { $0 + $1.count })
    var added: [AddedToken] = []
    for (id, token) in tokens.enumerated() {
      vocabulary.append(token)
      let type = types.isEmpty ? 1 : types[id]
      if type == TokenType.control || type == TokenType.userDefined {
        added.append(AddedToken(content: text(token), id: id, isSpecial: type == TokenType.control))
      }
    }
    let scores = try metadata.reals("tokenizer.ggml.scores") ?? []
    guard scores.count == tokens.count else {
      throw TokenizerError.damaged(
        path: path, expected: "\(tokens.count) values of 'tokenizer.ggml.scores'", found: "\(scores.count)")
    }
    let unknown = try metadata.integer("tokenizer.ggml.unknown_token_id")
    var parts = TextTokenizer.Parts(
      model: .unigram(
        UnigramEncoder(
          vocabulary: vocabulary, scores: scores.map(Double.init),
          unknown: try unknown.map { try self.token($0, role: "unknown", tokens) },
          byteTokens: SentencePieceSpelling.byteTokens(in: vocabulary))),
      decoding: .sentencePiece)
    parts.added = added
    let map = try metadata.integers("tokenizer.ggml.precompiled_charsmap") ?? []
    if !map.isEmpty {
      // Stored as signed or unsigned bytes.
      guard map.allSatisfy({ -128...255 ~= $0 }) else {
        throw TokenizerError.damaged(
          path: path, expected: "bytes of 'tokenizer.ggml.precompiled_charsmap'", found: "larger numbers")
      }
      let bytes = map.map { UInt8(truncatingIfNeeded: $0) }
      parts.normalizers.append(.precompiled(try PrecompiledCharacterMap(bytes, path: path)))
    }
    if try metadata.flag("tokenizer.ggml.remove_extra_whitespaces") ?? false {
      parts.normalizers += [
        .strip(left: true, right: true), .replaceMatches(try Pattern(" {2,}", path: path), with: [0x20]),
      ]
    }
    let isPrefixed = try metadata.flag("tokenizer.ggml.add_space_prefix") ?? true
    parts.preTokenizers = [
      .metaspace(replacement: SentencePieceSpelling.space, isPrefixed ? .always : .never, split: false)
    ]
    return parts
  }
}
