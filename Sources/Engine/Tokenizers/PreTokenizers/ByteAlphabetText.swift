/// Steps after byte level act on its characters, not on the text: for example, the last byte of `½` is the numeric character
/// `½` of the alphabet, and Falcon's pre-tokenizer makes it a separate piece.
extension CutText {
  /// The text in the characters that stand for its bytes.
  func spelledInByteAlphabet() -> CutText {
    var spelled = CutText(bytes: [], pieces: [], startLength: 0)
    spelled.bytes.reserveCapacity(bytes.count * 2)
    for piece in pieces {
      let start = spelled.bytes.count
      let own = startLength - piece.lowerBound
      if own > 0 { spelled.startLength = start + ByteAlphabet.spelling(bytes[piece].prefix(own)).count }
      ByteAlphabet.append(bytes[piece], to: &spelled.bytes)
      spelled.pieces.append(start..<spelled.bytes.count)
    }
    return spelled
  }

  /// Converts ranges of pieces in those characters to ranges of bytes.
  func piecesOfBytes() -> [Range<Int>] {
    var result: [Range<Int>] = []
    result.reserveCapacity(pieces.count)
    var (at, count) = (0, 0)
    func advance(to end: Int) -> Int {
      while at < end {
        if bytes[at] & 0xC0 != 0x80 { count += 1 }
        at += 1
      }
      return count
    }
    for piece in pieces {
      let start = advance(to: piece.lowerBound)
      result.append(start..<advance(to: piece.upperBound))
    }
    return result
  }
}
