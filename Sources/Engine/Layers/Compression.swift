import Foundation
import Kernels

/// Queries of low rank, and one key for all heads, which is their value, too (DeepSeek V4).
struct OneKeyInputs: Sendable {
  /// From the input to the vector of low rank.
  var query: Projection
  /// Applied to that vector.
  var norm: Norm
  /// From the vector of low rank to the queries of all heads.
  var rise: Projection
  var key: Projection
}

/// Further keys of attention, each of which stands for several tokens (DeepSeek-AI 2026, DeepSeek-V4).
///
/// A query sees those whose tokens all stand before it or at its own position. They have no state of their own: what they follow from is
/// kept for each position as keys are, so that a text can go back and continue from any of its positions.
struct Compression: Sendable {
  var keys: Compressor
  /// Chooses among the keys; nil where all are seen.
  var indexer: Indexer?

  /// All that compresses.
  var compressors: [Compressor] { [keys] + (indexer.map { [$0.keys] } ?? []) }

  /// The number of keys that a query at a position can see.
  func visible(position: Int) -> Int { (position + 1) / keys.rate }
}

/// Makes one key of every `rate` tokens: the mean of their contents, weighted for each value by a softmax over the tokens.
///
/// Overlapping ones have two series of contents: a key is the mean over the first series of the tokens before its own, and over the second
/// series of its own.
struct Compressor: Sendable {
  /// Tokens for one key.
  var rate: Int
  var overlaps: Bool
  /// Shape [series * width, D].
  var contents: Projection
  /// Shape [series * width, D]: what the softmax is taken of.
  var gates: Projection
  /// [rate * series * width], added to the gates by the place of a token among its `rate`.
  var placeBias: [Float]
  /// Applied to a key before it turns.
  var norm: Norm

  /// Width of a key.
  var width: Int { norm.weight.count }
  /// Width of the contents of a token.
  var series: Int { contents.outputs }
}

/// Scores keys by queries of its own, and chooses those of the largest scores (DeepSeek's lightning indexer).
struct Indexer: Sendable {
  var keys: Compressor
  /// From the queries' vector of low rank to its own queries [heads * width].
  var query: Projection
  /// Shape [heads, D]: the share of each head in a score.
  var shares: Projection
  /// The most keys that a query looks at.
  var chosen: Int

  var heads: Int { shares.outputs }
}

/// What a compressor keeps of a text.
struct CompressedRows {
  /// Contents and gates of each token [position, 2 * series * width].
  let tokens: FloatMatrix
  /// The keys [position / rate, width].
  let keys: FloatMatrix
  private let rate: Int

  init(_ compressor: Compressor, capacity: Int) {
    rate = compressor.rate
    tokens = FloatMatrix(rows: capacity, columns: 2 * compressor.series)
    keys = FloatMatrix(rows: capacity / rate, columns: compressor.width)
  }

  /// Numbers that one position takes; keys count for every position, so that no text takes more.
  static func perPosition(_ compressor: Compressor) -> Int { 2 * compressor.series + compressor.width }

  /// Copies what belongs to the first positions of another text.
  func copy(_ count: Int, from other: CompressedRows) {
    tokens.start.update(from: other.tokens.start, count: count * tokens.columns)
    keys.start.update(from: other.keys.start, count: count / rate * keys.columns)
  }
}

extension Compressor {
  /// Computes key `index` from the kept tokens.
  func makeKey(_ index: Int, of rows: CompressedRows) {
    let key = rows.keys.row(index)
    // The tokens and the part of their contents: first those before, then the key's own.
    var slots: [(row: UnsafeMutablePointer<Float>, place: Int, from: Int)] = []
    if overlaps, index > 0 {
      slots += (0..<rate).map { (rows.tokens.row((index - 1) * rate + $0), $0, 0) }
    }
    slots += (0..<rate).map { (rows.tokens.row(index * rate + $0), $0, overlaps ? width : 0) }
    for i in 0..<width {
      func gate(_ slot: (row: UnsafeMutablePointer<Float>, place: Int, from: Int)) -> Float {
        slot.row[series + slot.from + i] + placeBias[slot.place * series + slot.from + i]
      }
      let most = slots.map(gate).max() ?? 0
      var (sum, weights): (Float, Float) = (0, 0)
      for slot in slots {
        let weight = expf(gate(slot) - most)
        weights += weight
        sum += weight * slot.row[slot.from + i]
      }
      key[i] = sum / weights
    }
    norm.apply(row: key, count: width, into: key)
  }
}
