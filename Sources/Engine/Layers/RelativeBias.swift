import Foundation
import Kernels

/// A bias of scores by the distance of keys, which each query mixes for each head from profiles that all heads share (Inkling).
struct RelativeBias: Sendable {
  /// From the input to the shares of profiles, [H * rank].
  var shares: Projection
  /// Applied to the shares of each head (Inkling 2).
  var bound: LengthBound?
  /// Shape [reach, rank]: the biases of a key at each distance, the query's own position first; keys farther away have none.
  var profiles: Projection

  /// Distances that have a bias.
  var reach: Int { profiles.outputs }
  /// Number of profiles.
  var rank: Int { profiles.weights.columns }
}

/// Vectors of one head that are longer than a bound are shortened to it, after values were multiplied by factors (Inkling 2).
struct LengthBound: Sendable {
  /// Shape [heads, width]; nil for factors of one.
  var scales: [Float]?
  /// The largest length.
  var most: Float
  /// Values of a head.
  var width: Int

  /// Changes the heads of a row.
  func apply(_ row: UnsafeMutablePointer<Float>, heads: Int) {
    if let scales { for (i, factor) in scales.enumerated() { row[i] *= factor } }
    for head in 0..<heads {
      let own = row + head * width
      let factor = most / (strata_dot(own, own, width).squareRoot() + 1e-6)
      // Written so that NaN stays visible.
      guard !(factor >= 1) else { continue }
      for i in 0..<width { own[i] *= factor }
    }
  }
}

/// The biases of a batch of queries.
final class RelativeBiasPass {
  /// The most biases that are in memory at once.
  private static let most = 1 << 24

  private let pool: ThreadPool
  private let shares: FloatMatrix  // [T, H * rank]

  /// A workspace for up to `capacity` tokens per call.
  init(_ all: [RelativeBias], pool: ThreadPool, capacity: Int) {
    self.pool = pool
    shares = FloatMatrix(rows: capacity, columns: all.map(\.shares.outputs).max() ?? 0)
  }

  /// Calls `body` with one part of the rows of attention after the other, and the distance from one head's biases to the next one's.
  ///
  /// `x` [T, D] is the input of attention.
  func run(
    _ bias: RelativeBias, _ attention: Attention, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix,
    rows: [strata_attention_row], body: (_ rows: [strata_attention_row], _ stride: Int) -> Void
  ) {
    let (heads, rank) = (attention.heads, bias.rank)
    bias.shares.apply(x, count: tokens.count, into: shares, pool: pool)
    // Rows without space between them, so that every head is a row of its own.
    let own = FloatMatrix(rows: tokens.count * heads, columns: rank)
    for (t, token) in tokens.enumerated() {
      let row = shares.row(t)
      bias.bound?.apply(row, heads: heads)
      let factor = attention.temperature?.factor(position: token.position) ?? 1
      for i in 0..<heads * rank { own.row(t * heads)[i] = row[i] * factor }
    }
    let columns = rows.map { $0.last - $0.first + 1 }.max() ?? 0
    let together = max(1, Self.most / (heads * max(columns, bias.reach)))
    for start in stride(from: 0, to: rows.count, by: together) {
      let part = start..<min(start + together, rows.count)
      let profiles = FloatMatrix(rows: part.count * heads, columns: bias.reach)
      bias.profiles.apply(
        own.part(from: 0, row: start * heads), count: part.count * heads, into: profiles.all, pool: pool)
      let table = FloatMatrix(rows: part.count * heads, columns: columns)
      pool.forRanges(part.count * heads, work: columns) { lines in
        for line in lines {
          let row = rows[start + line / heads]
          Self.spread(profiles.row(line), reach: bias.reach, over: row.last - row.first + 1, into: table.row(line))
        }
      }
      withExtendedLifetime(table) {
        body(
          part.map { t in
            var row = rows[t]
            // Biases are found by the position of the key, and that of the first key stands at the beginning of the table.
            row.biases = UnsafePointer(table.row((t - start) * heads)) - row.first
            return row
          }, columns)
      }
    }
  }

  /// The biases of `count` keys up to the query's own, the farthest first.
  static func spread(
    _ profile: UnsafePointer<Float>, reach: Int, over count: Int, into biases: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      let distance = count - 1 - i
      biases[i] = distance < reach ? profile[distance] : 0
    }
  }
}
