/// The encoder that turns a piece of text into ids.
enum PieceEncoder: Sendable {
  case bytePairs(BytePairEncoder)
  case unigram(UnigramEncoder)
  case words(WordLevelEncoder)
  case wordPieces(WordPieceEncoder)

  /// Its tokens.
  var vocabulary: Vocabulary {
    switch self {
    case .bytePairs(let encoder): encoder.vocabulary
    case .unigram(let encoder): encoder.vocabulary
    case .words(let encoder): encoder.vocabulary
    case .wordPieces(let encoder): encoder.vocabulary
    }
  }

  /// Appends the ids of the pieces of a text.
  ///
  /// Throws `TokenizerError.noUnknownToken`.
  func encode(
    _ pieces: [Range<Int>], of text: UnsafeRawBufferPointer, into ids: inout [Int]
  ) throws(TokenizerError) {
    // The encoder is unwrapped once, not for every piece.
    switch self {
    case .bytePairs(let encoder):
      for piece in pieces { try encoder.encode(UnsafeRawBufferPointer(rebasing: text[piece]), into: &ids) }
    case .unigram(let encoder):
      for piece in pieces { try encoder.encode(UnsafeRawBufferPointer(rebasing: text[piece]), into: &ids) }
    case .words(let encoder):
      for piece in pieces { ids.append(try encoder.id(of: UnsafeRawBufferPointer(rebasing: text[piece]))) }
    case .wordPieces(let encoder):
      for piece in pieces { try encoder.encode(UnsafeRawBufferPointer(rebasing: text[piece]), into: &ids) }
    }
  }
}

/// The token for what a vocabulary cannot spell.
enum UnknownToken: Sendable, Equatable {
  /// None is configured: byte-pair encoding drops what it cannot spell.
  case dropped
  /// The token with this id.
  case id(Int)
  /// One is configured but missing in the vocabulary: a text that needs it is an error, as in `tokenizers`.
  case missing(name: String)

  /// Its id; nil for none.
  ///
  /// Throws `TokenizerError.noUnknownToken` when it is missing; `piece` is the text that needs it.
  func id(for piece: UnsafeRawBufferPointer) throws(TokenizerError) -> Int? {
    switch self {
    case .dropped: return nil
    case .id(let id): return id
    case .missing(let name):
      throw .noUnknownToken(text: String(decoding: piece, as: UTF8.self), token: name)
    }
  }
}
