/// SentencePiece's unigram model: the cut of a piece whose tokens have the largest sum of log-probabilities.
///
/// Kudo 2018. Follows the Rust crate `tokenizers` (models/unigram): Viterbi over the characters; an uncovered character costs
/// ten more than the least probable token, and consecutive uncovered characters become one token.
struct UnigramEncoder: Sendable {
  let vocabulary: Vocabulary
  /// Log-probability of each id. [V]
  let scores: [Double]
  /// The token for what the vocabulary cannot spell; without one such a text is an error, as in `tokenizers`.
  let unknown: Int?
  /// Tokens for single bytes, which replace unknown characters if given; -1 for a byte without one. [256]
  let byteTokens: [Int]?

  /// The cost of an unknown character above that of the least probable token.
  private static let unknownPenalty = 10.0

  private let unknownScore: Double
  private let longest: Int

  init(vocabulary: Vocabulary, scores: [Double], unknown: Int?, byteTokens: [Int]?) {
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknown = unknown
    self.byteTokens = byteTokens
    unknownScore = (scores.min() ?? 0) - UnigramEncoder.unknownPenalty
    longest = vocabulary.longest
  }

  /// The best way to reach a place in the piece.
  private struct Arrival {
    /// The token that ends here, nil for an unknown character.
    var id: Int?
    var score = 0.0
    /// Start of that token; -1 for an unreachable place.
    var start = -1
  }

  /// Appends the ids of one piece.
  ///
  /// Throws `TokenizerError.noUnknownToken`.
  func encode(_ piece: UnsafeRawBufferPointer, into ids: inout [Int]) throws(TokenizerError) {
    guard piece.count > 0 else { return }
    var best = [Arrival](repeating: Arrival(), count: piece.count + 1)
    var at = 0
    while at < piece.count {
      let reached = best[at].score
      let width = min(Self.scalarLength(piece[at]), piece.count - at)
      var isCovered = false
      var end = at
      while end < piece.count, end - at < longest {
        end = min(end + Self.scalarLength(piece[end]), piece.count)
        guard let id = vocabulary.id(of: UnsafeRawBufferPointer(rebasing: piece[at..<end])) else { continue }
        let score = reached + scores[id]
        if best[end].start < 0 || score > best[end].score { best[end] = Arrival(id: id, score: score, start: at) }
        if end - at == width { isCovered = true }
      }
      if !isCovered {
        let score = reached + unknownScore
        if best[at + width].start < 0 || score > best[at + width].score {
          if unknown == nil { throw missing(piece[at..<at + width]) }
          best[at + width] = Arrival(id: nil, score: score, start: at)
        }
      }
      at += width
    }
    try append(best, of: piece, to: &ids)
  }

  private func missing(_ text: Slice<UnsafeRawBufferPointer>) -> TokenizerError {
    .noUnknownToken(text: String(decoding: text, as: UTF8.self), token: "unk_id")
  }

  private func append(
    _ best: [Arrival], of piece: UnsafeRawBufferPointer, to ids: inout [Int]
  ) throws(TokenizerError) {
    var parts: [(id: Int?, range: Range<Int>)] = []
    var end = piece.count
    while end > 0 {
      let arrival = best[end]
      // A token with the id of the unknown token counts as unknown.
      let id = arrival.id == unknown ? nil : arrival.id
      if id == nil, let last = parts.last, last.id == nil {
        parts[parts.count - 1].range = arrival.start..<last.range.upperBound
      } else {
        parts.append((id, arrival.start..<end))
      }
      end = arrival.start
    }
    for part in parts.reversed() {
      if let id = part.id ?? vocabulary.id(of: UnsafeRawBufferPointer(rebasing: piece[part.range])) {
        ids.append(id)
      } else if let byteTokens, piece[part.range].allSatisfy({ byteTokens[Int($0)] >= 0 }) {
        for byte in piece[part.range] { ids.append(byteTokens[Int(byte)]) }
      } else if let unknown {
        ids.append(unknown)
      } else {
        throw missing(piece[part.range])
      }
    }
  }

  private static func scalarLength(_ lead: UInt8) -> Int {
    lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  }
}
