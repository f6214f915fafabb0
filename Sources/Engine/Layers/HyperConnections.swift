import Foundation
import Kernels

/// Several streams that begin as the embedding, and what the head reads of them.
///
/// Xie and others 2026, Manifold-Constrained Hyper-Connections; follows `DeepseekV4HyperHead` of transformers' modeling_deepseek_v4.py and
/// `HYV4HyperHead` of its modeling_hy_v4.py.
struct HyperStreams: Sendable {
  /// N, the number of streams.
  var count: Int
  /// The weights of the streams in their sum, before the final norm.
  var head: StreamMixture
  /// Added to the weights of streams, and to the sums by which mixtures are divided.
  var epsilon: Float
}

/// Numbers that a product of all normed streams of a token gives: sigmoids or softmaxes of scale * (W x) + base.
struct StreamMixture: Sendable {
  /// Over the N * D values of a token, without weights.
  var norm: Norm
  /// Shape [numbers, N * D].
  var projection: Projection
  /// Added to the numbers.
  var base: [Float]
  /// One for each kind of number.
  var scales: [Float]
}

/// How a mixer or an MLP meets the streams: it reads a weighted sum, and each stream becomes a mixture of all, plus a share of the output.
///
/// Follows `DeepseekV4HyperConnection` and `HYV4HyperConnection`. The numbers are N weights of the sum, N shares of the output, and [N, N]
/// of the mixture, whose rows and columns are made to sum to about one (Sinkhorn and Knopp 1967).
struct HyperConnection: Sendable {
  var mixture: StreamMixture
  /// Times that rows and columns are divided by their sums; the first time columns alone.
  ///
  /// Nil where streams are not mixed, and there are no numbers for it (HunYuan 4).
  var rounds: Int?
  /// A share is a sigmoid times the first, plus the second.
  var shares: (factor: Float, offset: Float) = (2, 0)
}

/// How both parts of a block meet the streams.
struct HyperConnections: Sendable {
  var mixer: HyperConnection
  var mlp: HyperConnection
}

/// The streams of a batch of tokens, beside a pass through the blocks.
final class HyperPass {
  private let streams: HyperStreams
  private let width: Int
  private let pool: ThreadPool
  private let states: FloatMatrix  // [T, N * D]
  private let normed: FloatMatrix  // [T, N * D] what a mixture reads; then the streams before they are mixed
  private let numbers: FloatMatrix  // [T, (2 + N) * N]
  private let shown: FloatMatrix  // [T, D]
  /// Whether the part that was read for mixes the streams.
  private var mixes = false

  /// A workspace for up to `capacity` tokens per call; nil for a stack without such streams.
  init?(_ network: Stack, pool: ThreadPool, capacity: Int) {
    guard let streams = network.embedding.hyper else { return nil }
    self.streams = streams
    self.pool = pool
    width = network.width
    states = FloatMatrix(rows: capacity, columns: streams.count * width)
    normed = FloatMatrix(rows: capacity, columns: streams.count * width)
    numbers = FloatMatrix(rows: capacity, columns: (2 + streams.count) * streams.count)
    shown = FloatMatrix(rows: capacity, columns: width)
  }

  /// Makes all streams from the first states [T, D].
  func enter(_ first: FloatMatrix, count: Int) {
    for t in 0..<count {
      for stream in 0..<streams.count {
        (states.row(t) + stream * width).update(from: first.row(t), count: width)
      }
    }
  }

  /// `stream` [T, D] becomes what a part of a block reads.
  func collapse(_ connection: HyperConnection, count: Int, into stream: FloatMatrix) {
    let n = streams.count
    measure(connection.mixture, count: count)
    mixes = connection.rounds != nil
    let (base, scales, shares) = (connection.mixture.base, connection.mixture.scales, connection.shares)
    eachRow(count) { t in
      let row = numbers.row(t)
      for i in 0..<n {
        row[i] = sigmoid(row[i] * scales[0] + base[i]) + streams.epsilon
        row[n + i] = shares.factor * sigmoid(row[n + i] * scales[1] + base[n + i]) + shares.offset
      }
      if let rounds = connection.rounds {
        for i in 2 * n..<(2 + n) * n { row[i] = row[i] * scales[2] + base[i] }
        balance(row + 2 * n, rounds: rounds)
      }
      add(streamsOf: t, weights: row, into: stream.row(t))
    }
  }

  /// Mixes the streams, where the part does, and adds the shares of what it has given [T, D].
  func spread(_ change: FloatMatrix, count: Int) {
    let (n, width) = (streams.count, width)
    guard mixes else {
      eachRow(count) { t in
        let (row, shares) = (states.row(t), numbers.row(t) + n)
        for k in 0..<n { strata_add(row + k * width, change.row(t), shares[k], width) }
      }
      return
    }
    eachRow(count) { t in
      let (old, new, row) = (normed.row(t), states.row(t), numbers.row(t))
      old.update(from: new, count: n * width)
      for k in 0..<n {
        let stream = new + k * width
        stream.update(repeating: 0, count: width)
        for j in 0..<n { strata_add(stream, old + j * width, row[2 * n + j * n + k], width) }
        strata_add(stream, change.row(t), row[n + k], width)
      }
    }
  }

  /// What the head reads of the streams [T, D].
  func readOut(count: Int) -> FloatMatrix {
    measure(streams.head, count: count)
    let (base, scale) = (streams.head.base, streams.head.scales[0])
    eachRow(count) { t in
      let row = numbers.row(t)
      for i in 0..<streams.count { row[i] = sigmoid(row[i] * scale + base[i]) + streams.epsilon }
      add(streamsOf: t, weights: row, into: shown.row(t))
    }
    return shown
  }

  /// The product of the normed streams, in the first columns of `numbers`.
  private func measure(_ mixture: StreamMixture, count: Int) {
    mixture.norm.apply(states, width: states.columns, rows: 0..<count, into: normed, pool: pool)
    mixture.projection.apply(normed, count: count, into: numbers, pool: pool)
  }

  /// The weighted sum of a token's streams.
  private func add(
    streamsOf t: Int, weights: UnsafePointer<Float>, into sum: UnsafeMutablePointer<Float>
  ) {
    sum.update(repeating: 0, count: width)
    for stream in 0..<streams.count { strata_add(sum, states.row(t) + stream * width, weights[stream], width) }
  }

  /// The softmax of each row [N, N], then divided by the sums of columns and rows in turn.
  private func balance(_ values: UnsafeMutablePointer<Float>, rounds: Int) {
    let (n, epsilon) = (streams.count, streams.epsilon)
    /// Divides N values by their sum plus a small number.
    func divide(from start: Int, step: Int, plus small: Float) {
      var sum: Float = 0
      for i in 0..<n { sum += values[start + i * step] }
      for i in 0..<n { values[start + i * step] /= sum + small }
    }
    for row in 0..<n {
      let start = row * n
      var most = values[start]
      for i in 1..<max(n, 1) where values[start + i] > most { most = values[start + i] }
      for i in 0..<n { values[start + i] = expf(values[start + i] - most) }
      divide(from: start, step: 1, plus: 0)
      for i in 0..<n { values[start + i] += epsilon }
    }
    for round in 0..<max(rounds, 1) {
      if round > 0 { for row in 0..<n { divide(from: row * n, step: 1, plus: epsilon) } }
      for column in 0..<n { divide(from: column, step: n, plus: epsilon) }
    }
  }

  private func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

  private func eachRow(_ count: Int, _ body: (Int) -> Void) {
    pool.forRanges(count, work: 8 * streams.count * width) { rows in
      for t in rows { body(t) }
    }
  }
}
