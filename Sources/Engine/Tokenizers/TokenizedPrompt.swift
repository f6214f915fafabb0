/// A text with its tokens: ids, the bytes each stands for, and where those are in the text.
public struct TokenizedPrompt: Sendable, Equatable {
  /// The text.
  public let text: String
  /// Token ids, those put around the text included.
  public let ids: [Int]
  /// The bytes of each token; the written form of special tokens.
  public let pieces: [[UInt8]]
  /// Where each token is in the UTF-8 of the text; empty for tokens put around it.
  ///
  /// Nil where the tokens do not spell the text, because it was normalized or holds something the vocabulary lacks.
  public let ranges: [Range<Int>]?

  /// Encodes a text with the tokens its model wants around it.
  ///
  /// Throws what `Tokenizer.encode` throws.
  public init(_ text: String, tokenizer: any Tokenizer) throws {
    let bare = try tokenizer.encode(text, addSpecialTokens: false)
    let ids = try tokenizer.encode(text, addSpecialTokens: true)
    self.text = text
    self.ids = ids
    pieces = ids.map { tokenizer.bytes(of: $0) ?? [] }
    // What is around the text is what the bare encoding does not have.
    let before = (0...max(0, ids.count - bare.count)).first { ids.dropFirst($0).starts(with: bare) } ?? 0
    let utf8 = Array(text.utf8)
    var ranges: [Range<Int>] = []
    var at = 0
    var isSpelled = true
    for (position, piece) in pieces.enumerated() {
      let isAround = position < before || position >= before + bare.count
      let length = isAround ? 0 : piece.count
      isSpelled = isSpelled && (isAround || utf8[at...].starts(with: piece))
      guard isSpelled else { break }
      ranges.append(at..<at + length)
      at += length
    }
    self.ranges = isSpelled && at == utf8.count ? ranges : nil
  }
}
