import Foundation
import Kernels

/// A mean of normed states of one token: of the stream, and of states that were kept while blocks ran, weighed by a learned query.
///
/// Kimi Team 2026, Attention Residuals; follows `Inkling2BlockAttentionResidual` of transformers' modeling_inkling2.py. Weights are the
/// softmax of the products of the query with the normed states, divided by the root of their width.
struct DepthReading: Sendable {
  /// Shape [D].
  var query: [Float]
  /// Applied to every state; it has no weights.
  var norm: Norm
}

/// What the parts of a block read, where they read means of states instead of the stream.
struct DepthConnections: Sendable {
  /// Before the block, the stream is kept at the first place, and the state that was kept at the second goes on in its stead (Inkling 2
  /// with loops).
  var restart: (keeps: Int, takes: Int)?
  /// The places of the states that the mixer reads beside the stream.
  var places: [Int]
  /// What the mixer reads: one mean, or one each for queries, keys and values; empty if it reads the stream.
  var mixer: [DepthReading]
  /// Norms of the inputs of keys and values; nil where these are the input of queries.
  var otherNorms: (keys: Norm, values: Norm)?
  /// The place where the stream is kept before the mixer's output takes its place; nil where the output is added to the stream.
  var keeps: Int?
  /// What the MLP reads: the same states, and the one that was just kept.
  var mlp: DepthReading
  /// What an earlier run of the block left for its inputs.
  var messages: DepthMessages?
}

/// Means of the states of an earlier run, which gates mix into the inputs of a block.
struct DepthMessages: Sendable {
  /// The places of the states.
  var places: [Int]
  /// For the inputs of queries, keys, values and of the MLP.
  var readings: [DepthReading]
  /// Likewise.
  var gates: [MessageGate]
}

/// (1 - tanh(forget z)) * x + tanh(gain z) * message, value by value, where z = down [norm x, norm message].
struct MessageGate: Sendable {
  /// Applied to both; it has no weights.
  var norm: Norm
  /// Shape [rank, 2 D].
  var down: Projection
  /// Shape [D, rank].
  var forget: Projection
  /// Shape [D, rank].
  var gain: Projection

  /// Mixes messages into inputs, both [T, D].
  func apply(_ x: FloatMatrix, _ message: FloatMatrix, count: Int, pool: ThreadPool) {
    let width = x.columns
    let joined = FloatMatrix(rows: count, columns: 2 * width)
    for t in 0..<count {
      norm.apply(row: x.row(t), count: width, into: joined.row(t))
      norm.apply(row: message.row(t), count: width, into: joined.row(t) + width)
    }
    let low = FloatMatrix(rows: count, columns: down.outputs)
    let (forgets, gains) = (FloatMatrix(rows: count, columns: width), FloatMatrix(rows: count, columns: width))
    down.apply(joined, count: count, into: low, pool: pool)
    forget.apply(low, count: count, into: forgets, pool: pool)
    gain.apply(low, count: count, into: gains, pool: pool)
    Activation.tanh.apply(forgets, times: nil, count: count, width: width, pool: pool)
    Activation.tanh.apply(gains, times: nil, count: count, width: width, pool: pool)
    for i in 0..<count * width {
      x.start[i] = (1 - forgets.start[i]) * x.start[i] + gains.start[i] * message.start[i]
    }
  }
}

/// The kept states of a batch of tokens, beside a pass through the blocks.
final class DepthPass {
  private let head: DepthReading
  private let width: Int
  private let pool: ThreadPool
  private let normed: [FloatMatrix]  // [T, D] for each place
  private let whole: [Int: FloatMatrix]  // [T, D] for each place whose state goes on
  private let inputs: [FloatMatrix]  // [T, D] of queries, keys and values, or of the MLP
  private let message: FloatMatrix  // [T, D]
  private let own: FloatMatrix  // [T, D] the normed stream
  private let shown: FloatMatrix  // [T, D]
  /// The places that a part reads now.
  private var places: [Int] = []

  /// A workspace for up to `capacity` tokens per call; nil for a stack whose blocks read the stream alone.
  init?(_ network: Stack, pool: ThreadPool, capacity: Int) {
    guard let head = network.embedding.depth else { return nil }
    self.head = head
    self.pool = pool
    let width = network.width
    self.width = width
    let all = network.blocks.compactMap(\.depth)
    let count = all.flatMap { [$0.keeps, $0.restart?.keeps].compactMap { $0 } }.max().map { $0 + 1 } ?? 0
    func matrix() -> FloatMatrix { FloatMatrix(rows: capacity, columns: width) }
    normed = (0..<count).map { _ in matrix() }
    whole = Dictionary(uniqueKeysWithValues: Set(all.compactMap(\.restart?.takes)).map { ($0, matrix()) })
    inputs = (0..<3).map { _ in matrix() }
    (message, own, shown) = (matrix(), matrix(), matrix())
  }

  /// Forgets the states of another text.
  func enter() { places = [] }

  /// Does what stands before a block.
  func begin(_ connections: DepthConnections, _ stream: FloatMatrix, count: Int) {
    places = connections.places
    guard let (keeps, takes) = connections.restart else { return }
    keep(stream, at: keeps, connections.mlp.norm, count: count)
    if let state = whole[takes] { stream.start.update(from: state.start, count: count * width) }
  }

  /// The inputs [T, D] of queries, of keys and of values, not normed by the block yet; the first alone where they are the same.
  func mixerInputs(_ connections: DepthConnections, _ stream: FloatMatrix, count: Int) -> [FloatMatrix] {
    let wanted = connections.otherNorms == nil ? 1 : 3
    for index in 0..<wanted {
      if let last = connections.mixer.last {
        let reading = index < connections.mixer.count ? connections.mixer[index] : last
        read(reading, places, stream, count: count, into: inputs[index])
      } else {
        inputs[index].start.update(from: stream.start, count: count * width)
      }
      mix(connections.messages, index, into: inputs[index], count: count)
    }
    return Array(inputs.prefix(wanted))
  }

  /// Keeps the stream where the block begins another sum, which then is zero.
  func split(_ connections: DepthConnections, _ stream: FloatMatrix, count: Int) {
    guard let place = connections.keeps else { return }
    keep(stream, at: place, connections.mlp.norm, count: count)
    places.append(place)
    stream.start.update(repeating: 0, count: count * width)
  }

  /// The input [T, D] of the MLP, not normed by the block yet.
  func mlpInput(_ connections: DepthConnections, _ stream: FloatMatrix, count: Int) -> FloatMatrix {
    read(connections.mlp, places, stream, count: count, into: inputs[0])
    mix(connections.messages, 3, into: inputs[0], count: count)
    return inputs[0]
  }

  /// What the head reads [T, D].
  func readOut(_ stream: FloatMatrix, count: Int) -> FloatMatrix {
    read(head, places, stream, count: count, into: shown)
    return shown
  }

  private func keep(_ stream: FloatMatrix, at place: Int, _ norm: Norm, count: Int) {
    norm.apply(stream, width: width, rows: 0..<count, into: normed[place], pool: pool)
    whole[place]?.start.update(from: stream.start, count: count * width)
  }

  /// Mixes a message into an input, where the block gets one.
  private func mix(_ messages: DepthMessages?, _ index: Int, into input: FloatMatrix, count: Int) {
    guard let messages, let end = messages.places.last else { return }
    // The last state of the earlier run stands where the stream does elsewhere.
    read(
      messages.readings[index], messages.places.dropLast(), count: count, last: { self.normed[end].row($0) },
      into: message)
    messages.gates[index].apply(input, message, count: count, pool: pool)
  }

  /// The mean of the states at some places and of the stream.
  private func read(
    _ reading: DepthReading, _ places: [Int], _ stream: FloatMatrix, count: Int, into sum: FloatMatrix
  ) {
    reading.norm.apply(stream, width: width, rows: 0..<count, into: own, pool: pool)
    read(reading, places[...], count: count, last: { self.own.row($0) }, into: sum)
  }

  private func read(
    _ reading: DepthReading, _ places: ArraySlice<Int>, count: Int, last: (Int) -> UnsafeMutablePointer<Float>,
    into sum: FloatMatrix
  ) {
    let scale = 1 / Float(width).squareRoot()
    reading.query.withUnsafeBufferPointer { query in
      guard let query = query.baseAddress else { return }
      pool.forRanges(count, work: 4 * (places.count + 1) * width) { rows in
        for t in rows {
          let states = places.map { normed[$0].row(t) } + [last(t)]
          let scores = states.map { strata_dot(query, $0, width) * scale }
          let most = scores.max() ?? 0
          let weights = scores.map { expf($0 - most) }
          let all = weights.reduce(0, +)
          let row = sum.row(t)
          row.update(repeating: 0, count: width)
          for (state, weight) in zip(states, weights) { strata_add(row, state, weight / all, width) }
        }
      }
    }
  }
}
