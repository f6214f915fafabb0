/// Steps behind byte level see its characters, not the text: the last byte of `½` is the numeric character `½` of the
/// alphabet, for example, and Falcon's pre-tokeniser sets it apart.
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

  /// Where the pieces of text in those characters are in the bytes they stand for.
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
