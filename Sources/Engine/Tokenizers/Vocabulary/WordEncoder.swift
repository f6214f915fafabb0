/// Whole words of a vocabulary, or the longest parts of them from the left.
///
/// Follows the models WordLevel and WordPiece (Schuster and Nakajima 2012) of the Rust crate `tokenizers`.
struct WordEncoder: Sendable {
  let vocabulary: Vocabulary
  /// The token for what the vocabulary cannot spell; without one such a text is an error.
  let unknown: Int?
  /// How words are cut into parts; nil where a word is a token as a whole or unknown.
  let parts: Parts?

  /// How words are cut.
  struct Parts: Sendable {
    /// What is in front of a token that goes on a word: `##`.
    var continuing: [UInt8]
    /// Longer words, in characters, are unknown.
    var longest: Int
  }

  /// Appends the ids of one piece.
  ///
  /// Throws `TokenizerError.unknownWord` where the vocabulary has no token for what is unknown.
  func encode(_ piece: UnsafeRawBufferPointer, into ids: inout [Int]) throws(TokenizerError) {
    guard piece.count > 0 else { return }
    if let found = tokens(of: piece) {
      ids += found
    } else if let unknown {
      ids.append(unknown)
    } else {
      throw .unknownWord(String(decoding: piece, as: UTF8.self))
    }
  }

  private func tokens(of piece: UnsafeRawBufferPointer) -> [Int]? {
    guard let parts else { return vocabulary.id(of: piece).map { [$0] } }
    guard piece.count(where: { $0 & 0xC0 != 0x80 }) <= parts.longest else { return nil }
    var found: [Int] = []
    var start = 0
    while start < piece.count {
      var end = piece.count
      var token: Int?
      while end > start {
        let part = piece[start..<end]
        token =
          start == 0
          ? vocabulary.id(of: UnsafeRawBufferPointer(rebasing: part))
          : (parts.continuing + part).withUnsafeBytes { vocabulary.id(of: $0) }
        if token != nil { break }
        repeat { end -= 1 } while end > start && piece[end] & 0xC0 == 0x80
      }
      guard let token else { return nil }
      found.append(token)
      start = end
    }
    return found
  }
}
