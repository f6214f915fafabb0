import Foundation
import Kernels

/// Several streams that pass from block to block, of which each block runs one and predicts and corrects the others.
///
/// Baykal and others 2023, Alternating Updates; Gemma Team 2025, Gemma 3n. Follows transformers' `Gemma3nTextAltUp` and
/// `Gemma3nTextModel` (modeling_gemma3n.py). Stream 0 is the embedding, as the head reads it.
struct AlternatingStreams: Sendable {
  /// The stream that blocks run.
  var active: Int
  /// From the first state to the first state of each further stream [D, D].
  var entries: [Projection]
  /// From each further stream to what is averaged with stream 0 before the head [D, D].
  var exits: [Projection]

  /// The number of streams.
  var count: Int { entries.count + 1 }
}

/// How a block predicts all streams before it runs one of them, and corrects them afterwards.
struct AlternatingUpdate: Sendable {
  /// Applied to the state from which the coefficients come.
  var norm: Norm
  /// Shape [N, D]: one number for each of the N streams, of which the tanh is taken.
  var router: Projection
  /// Shape [N * N, N]: from the router's numbers to the share of stream b in the prediction of stream a, at a * N + b.
  var prediction: Projection
  /// Shape [N, N]: from the router's numbers to the share of the correction that each stream takes, less 1.
  var correction: Projection
  /// Shape [D]: the corrected stream is multiplied by this before it meets the block's own input; nil for 1.
  var outputScale: [Float]?
}

/// A way around the mixer: norm(W2 W1 x) + x of the mixer's input x is added to the stream, which is then divided by the root of 2.
///
/// Menghani and others 2024, Learned Augmented Residual Layer; modeling_gemma3n.py.
struct AugmentedResidual: Sendable {
  /// Shape [rank, D].
  var down: Projection
  /// Shape [D, rank].
  var up: Projection
  var norm: Norm

  /// Adds it to the stream [T, D] for an input [T, D].
  func add(_ input: FloatMatrix, count: Int, to stream: FloatMatrix, pool: ThreadPool) {
    let width = stream.columns
    let (low, high) = (
      FloatMatrix(rows: count, columns: down.outputs), FloatMatrix(rows: count, columns: width)
    )
    down.apply(input, count: count, into: low, pool: pool)
    up.apply(low, count: count, into: high, pool: pool)
    let half = Float(0.5).squareRoot()
    pool.forRanges(count, work: 4 * width) { rows in
      for t in rows {
        let own = high.row(t)
        norm.apply(row: own, count: width, into: own)
        strata_add(own, input.row(t), 1, width)
        strata_add(stream.row(t), own, 1, width)
        stream.scale(row: t, by: half, count: width)
      }
    }
  }
}

/// The streams of a batch of tokens, beside a pass through the blocks.
final class AlternatingPass {
  private let streams: AlternatingStreams
  private let width: Int
  private let pool: ThreadPool
  private let states: FloatMatrix  // [T, N * D] between blocks and, once its mixer has run, as a block leaves them
  private let predicted: FloatMatrix  // [T, N * D]
  private let normed: FloatMatrix  // [T, D]
  private let routed: FloatMatrix  // [T, N]
  private let shares: FloatMatrix  // [T, N * N]
  private let shown: FloatMatrix  // [T, D]
  private let projected: FloatMatrix  // [T, D]

  /// A workspace for up to `capacity` tokens per call; nil for a stack of one stream.
  init?(_ network: Stack, pool: ThreadPool, capacity: Int) {
    guard let streams = network.embedding.streams else { return nil }
    self.streams = streams
    self.pool = pool
    width = network.width
    let all = streams.count * width
    states = FloatMatrix(rows: capacity, columns: all)
    predicted = FloatMatrix(rows: capacity, columns: all)
    normed = FloatMatrix(rows: capacity, columns: width)
    routed = FloatMatrix(rows: capacity, columns: streams.count)
    shares = FloatMatrix(rows: capacity, columns: streams.count * streams.count)
    shown = FloatMatrix(rows: capacity, columns: width)
    projected = FloatMatrix(rows: capacity, columns: width)
  }

  /// Makes all streams from the first states [T, D].
  func enter(_ first: FloatMatrix, count: Int) {
    for t in 0..<count { states.row(t).update(from: first.row(t), count: width) }
    for (index, entry) in streams.entries.enumerated() {
      entry.apply(first, count: count, into: projected, pool: pool)
      eachRow(count) { t in
        let own = projected.row(t)
        scale(own, toMagnitudeOf: first.row(t))
        (states.row(t) + (index + 1) * width).update(from: own, count: width)
      }
    }
  }

  /// Predicts all streams of a block; `stream` [T, D] becomes the one that the block runs.
  func predict(_ update: AlternatingUpdate, count: Int, into stream: FloatMatrix) {
    let (n, width) = (streams.count, width)
    let active = states.part(from: streams.active * width)
    route(update, by: update.prediction, count: count) { active.row($0) }
    eachRow(count) { t in
      let (old, new, share) = (states.row(t), predicted.row(t), shares.row(t))
      new.update(repeating: 0, count: n * width)
      for a in 0..<n {
        for b in 0..<n {
          strata_add(new + a * width, old + b * width, share[a * n + b], width)
        }
      }
      strata_add(new, old, 1, n * width)
      stream.row(t).update(from: new + streams.active * width, count: width)
    }
  }

  /// Ends a block with this state of the stream that it runs [T, D]; streams from 1 on take the block's own input.
  func leave(_ block: Block, _ update: AlternatingUpdate, _ stream: FloatMatrix, _ inputs: FloatRows?, count: Int) {
    correct(update, count: count, stream)
    guard let use = block.perLayer, let inputs else { return }
    eachRow(count) { t in
      let own = projected.row(t)
      own.update(from: states.row(t) + streams.active * width, count: width)
      if let scale = update.outputScale { for i in 0..<width { own[i] *= scale[i] } }
    }
    use.run(projected, inputs, count: count, into: shown, pool: pool)
    eachRow(count) { t in
      for further in 1..<streams.count { strata_add(states.row(t) + further * width, shown.row(t), 1, width) }
    }
  }

  /// What the head would read if a block ended with this state of the stream that it runs [T, D].
  func readOut(_ update: AlternatingUpdate, _ stream: FloatMatrix, count: Int) -> FloatMatrix {
    correct(update, count: count, stream)
    return readOut(count: count)
  }

  /// What the head reads of the streams [T, D]: their average, each as large as stream 0.
  func readOut(count: Int) -> FloatMatrix {
    for t in 0..<count { shown.row(t).update(from: states.row(t), count: width) }
    for (index, exit) in streams.exits.enumerated() {
      exit.apply(states.part(from: (index + 1) * width), count: count, into: projected.all, pool: pool)
      eachRow(count) { t in
        let own = projected.row(t)
        scale(own, toMagnitudeOf: states.row(t))
        strata_add(shown.row(t), own, 1, width)
      }
    }
    let share = 1 / Float(streams.count)
    eachRow(count) { t in shown.scale(row: t, by: share, count: width) }
    return shown
  }

  /// Makes the streams that follow from the predicted ones when the stream that a block runs is `stream` [T, D].
  private func correct(_ update: AlternatingUpdate, count: Int, _ stream: FloatMatrix) {
    let (n, width) = (streams.count, width)
    route(update, by: update.correction, count: count) { stream.row($0) }
    eachRow(count) { t in
      let (old, new, share) = (predicted.row(t), states.row(t), shares.row(t))
      let innovation = projected.row(t)
      innovation.update(from: stream.row(t), count: width)
      strata_add(innovation, old + streams.active * width, -1, width)
      new.update(from: old, count: n * width)
      for a in 0..<n { strata_add(new + a * width, innovation, share[a] + 1, width) }
    }
  }

  /// The shares of streams for some rows [D], by the router and then by a projection.
  private func route(
    _ update: AlternatingUpdate, by projection: Projection, count: Int, row: (Int) -> UnsafeMutablePointer<Float>
  ) {
    eachRow(count) { t in update.norm.apply(row: row(t), count: width, into: normed.row(t)) }
    update.router.apply(normed, count: count, into: routed, pool: pool)
    Activation.tanh.apply(routed, times: nil, count: count, width: streams.count, pool: pool)
    projection.apply(routed, count: count, into: shares, pool: pool)
  }

  /// Scales values to the root mean square of others; their own counts as at least the root of 1e-5.
  private func scale(_ values: UnsafeMutablePointer<Float>, toMagnitudeOf other: UnsafePointer<Float>) {
    let target = (strata_dot(other, other, width) / Float(width)).squareRoot()
    let own = max(strata_dot(values, values, width) / Float(width), 1e-5).squareRoot()
    for i in 0..<width { values[i] = values[i] * target / own }
  }

  private func eachRow(_ count: Int, _ body: (Int) -> Void) {
    pool.forRanges(count, work: 8 * streams.count * width) { rows in
      for t in rows { body(t) }
    }
  }
}

/// Gates that are not far enough above the others are closed: max(0, gate - (mean + deviations * standard deviation)).
///
/// The statistical top k of modeling_gemma3n.py: for normally distributed gates a fixed share stays open.
struct GateThreshold: Sendable {
  /// Standard deviations above the mean.
  var deviations: Float

  /// The threshold that keeps a share of `1 - closed` of normally distributed gates open.
  ///
  /// torch computes the quantile in float32 with a last step of Newton's method, whose rounding this follows.
  init(closed: Float) {
    let y = 2 * closed - 1
    guard y != 0 else {
      deviations = 0
      return
    }
    var (low, high) = (-7.0, 7.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if erf(middle) < Double(y) { low = middle } else { high = middle }
    }
    let x = Float((low + high) / 2)
    let slope = Float(2 / Double.pi.squareRoot()) * expf(-x * x)
    deviations = (x - (erff(x) - y) / slope) * Float(2).squareRoot()
  }

  /// A threshold of so many standard deviations.
  init(deviations: Float) { self.deviations = deviations }

  /// Applies it to the first `count` values.
  func apply(_ values: UnsafeMutablePointer<Float>, count: Int) {
    var sum = 0.0
    for i in 0..<count { sum += Double(values[i]) }
    let mean = sum / Double(count)
    var squares = 0.0
    for i in 0..<count {
      let difference = Double(values[i]) - mean
      squares += difference * difference
    }
    let threshold = Float(mean) + Float((squares / Double(count)).squareRoot()) * deviations
    for i in 0..<count { values[i] = max(0, values[i] - threshold) }
  }
}
