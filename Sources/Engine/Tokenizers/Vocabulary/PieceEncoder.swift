/// What encodes a piece of text: one of the four models of `tokenizers`.
enum PieceEncoder: Sendable {
  case bytePairs(BytePairEncoder)
  case unigram(UnigramEncoder)
  case words(WordEncoder)

  /// Its tokens.
  var vocabulary: Vocabulary {
    switch self {
    case .bytePairs(let encoder): encoder.vocabulary
    case .unigram(let encoder): encoder.vocabulary
    case .words(let encoder): encoder.vocabulary
    }
  }

  /// Appends the ids of one piece.
  ///
  /// Throws `TokenizerError.unknownWord`.
  func encode(_ piece: UnsafeRawBufferPointer, into ids: inout [Int]) throws(TokenizerError) {
    switch self {
    case .bytePairs(let encoder): encoder.encode(piece, into: &ids)
    case .unigram(let encoder): encoder.encode(piece, into: &ids)
    case .words(let encoder): try encoder.encode(piece, into: &ids)
    }
  }
}
