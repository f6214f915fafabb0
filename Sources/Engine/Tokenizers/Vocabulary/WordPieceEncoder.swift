/// WordPiece: repeatedly takes the longest token from the start of a word; tokens after the first have a prefix.
///
/// Schuster and Nakajima 2012. Follows the Rust crate `tokenizers` (models/wordpiece): a word that cannot be cut completely,
/// or that has too many characters, is unknown as a whole.
struct WordPieceEncoder: Sendable {
  let vocabulary: Vocabulary
  /// The token for words that cannot be cut.
  let unknown: UnknownToken
  /// The prefix of tokens inside a word.
  let prefix: [UInt8]
  /// Words of more characters are unknown.
  let longestWord: Int

  private let longestToken: Int

  init(vocabulary: Vocabulary, unknown: UnknownToken, prefix: [UInt8], longestWord: Int) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.prefix = prefix
    self.longestWord = longestWord
    longestToken = vocabulary.longest
  }

  /// Appends the ids of one word.
  ///
  /// Throws `TokenizerError.noUnknownToken`.
  func encode(_ word: UnsafeRawBufferPointer, into ids: inout [Int]) throws(TokenizerError) {
    let before = ids.count
    if word.reduce(0, { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }) <= longestWord {
      var at = 0
      var buffer: [UInt8] = []
      while at < word.count, let (id, end) = longest(in: word, from: at, &buffer) {
        ids.append(id)
        at = end
      }
      if at == word.count { return }
    }
    ids.removeSubrange(before...)
    guard let id = try unknown.id(for: word) else {
      throw .noUnknownToken(text: String(decoding: word, as: UTF8.self), token: "")
    }
    ids.append(id)
  }

  /// The longest token at a place, and its end.
  private func longest(
    in word: UnsafeRawBufferPointer, from start: Int, _ buffer: inout [UInt8]
  ) -> (id: Int, end: Int)? {
    buffer.removeAll(keepingCapacity: true)
    if start > 0 { buffer += prefix }
    let lead = buffer.count
    var end = min(word.count, start + max(0, longestToken - lead))
    while end < word.count, end > start, word[end] & 0xC0 == 0x80 { end -= 1 }
    buffer += word[start..<end]
    while end > start {
      let found = buffer.withUnsafeBytes { bytes in
        vocabulary.id(of: UnsafeRawBufferPointer(rebasing: bytes[..<(lead + end - start)]))
      }
      if let found { return (found, end) }
      end -= 1
      while end > start, word[end] & 0xC0 == 0x80 { end -= 1 }
    }
    return nil
  }
}
