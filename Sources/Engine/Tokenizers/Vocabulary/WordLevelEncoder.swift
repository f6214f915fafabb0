/// A vocabulary of whole words: a piece is a token or unknown (`WordLevel` of `tokenizers`).
struct WordLevelEncoder: Sendable {
  let vocabulary: Vocabulary
  /// The token for other pieces.
  let unknown: UnknownToken

  /// The id of a piece.
  ///
  /// Throws `TokenizerError.noUnknownToken`.
  func id(of piece: UnsafeRawBufferPointer) throws(TokenizerError) -> Int {
    if let id = vocabulary.id(of: piece) { return id }
    guard let id = try unknown.id(for: piece) else {
      throw .noUnknownToken(text: String(decoding: piece, as: UTF8.self), token: "")
    }
    return id
  }
}
