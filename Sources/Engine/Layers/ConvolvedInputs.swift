/// Queries and keys that are mixed with those of the tokens before them, and values of which half are those of the token before (ZAYA1).
///
/// Figliolia and others 2025, Compressed Convolutional Attention. Queries and keys, side by side, pass two causal convolutions: one of each
/// channel by itself, then one of each head by itself. What is projected is added behind them: queries and keys whose heads share a mean.
struct ConvolvedInputs: Sendable {
  var query: Projection
  var key: Projection
  /// The first half of a token's values.
  var value: Projection
  /// The second half of the next token's values; that of the first token is what a zero input gives.
  var nextValue: Projection
  /// The first convolution, of each channel by itself: those of queries, then those of keys.
  var channels: Convolution
  /// The second one, of each head by itself: weights [width, width * kernel], whose input `i * kernel + j` is channel i of the `j`-th
  /// token, the oldest first.
  var heads: SplitProjection
  /// Number of tokens that the second convolution reads, a token's own included.
  var kernel: Int

  /// Width of what later tokens read of a token: queries and keys as they are projected, and half of the next values.
  var keptWidth: Int { query.outputs + key.outputs + nextValue.outputs }

  /// spread[c * kernel + j] = channel c of the first convolution's output at each token that the second one reads.
  ///
  /// `kept` [positions, keptWidth] has what was projected at all positions up to this one. Before the first token stands what the first
  /// convolution makes of zeros.
  func spread(_ kept: FloatMatrix, position: Int, into spread: UnsafeMutablePointer<Float>) {
    let (count, oldest) = (channels.channels, position - kernel + 1)
    for j in 0..<kernel {
      let last = oldest + j
      for c in 0..<count { spread[c * kernel + j] = 0 }
      channels.weights.withUnsafeBufferPointer { weights in
        for tap in 0..<channels.kernel {
          let place = last - channels.kernel + 1 + tap
          guard place >= 0 else { continue }
          let row = kept.row(place)
          for c in 0..<count { spread[c * kernel + j] += weights[tap * count + c] * row[c] }
        }
      }
      if let bias = channels.bias { for c in 0..<count { spread[c * kernel + j] += bias[c] } }
    }
  }

  /// Adds queries and keys whose heads share a mean to those of the convolutions: a query half of the sum with its key, a key the mean of
  /// the queries that it got so.
  ///
  /// `raw` has queries and keys as they are projected, `mixed` as the convolutions left them.
  func join(
    _ raw: UnsafePointer<Float>, _ mixed: UnsafePointer<Float>, _ attention: Attention,
    query: UnsafeMutablePointer<Float>, key: UnsafeMutablePointer<Float>
  ) {
    let (width, each, queries) = (attention.headWidth, attention.heads / attention.kvHeads, attention.queryWidth)
    for head in 0..<attention.kvHeads {
      for i in 0..<width {
        let place = queries + head * width + i
        var sum: Float = 0
        for own in head * each..<(head + 1) * each {
          let mean = (raw[own * width + i] + raw[place]) * 0.5
          query[own * width + i] = mixed[own * width + i] + mean
          sum += mean
        }
        key[head * width + i] = mixed[place] + sum / Float(each)
      }
    }
  }
}

/// The projections and convolutions of a batch of tokens.
///
/// They have no state of their own: what later tokens read is kept for each position as keys are, so that a text can go back and continue
/// from any of its positions.
final class ConvolvedPass {
  private let pool: ThreadPool
  private let raw: FloatMatrix  // [T, queries, keys, next values]
  private let spread: FloatMatrix  // [T, channels * kernel]
  private let mixed: FloatMatrix  // [T, channels]

  /// A workspace for up to `capacity` tokens per call.
  init(_ all: [ConvolvedInputs], pool: ThreadPool, capacity: Int) {
    self.pool = pool
    func widest(_ width: (ConvolvedInputs) -> Int) -> FloatMatrix {
      FloatMatrix(rows: capacity, columns: all.map(width).max() ?? 0)
    }
    raw = widest(\.keptWidth)
    spread = widest { $0.channels.channels * $0.kernel }
    mixed = widest(\.channels.channels)
  }

  /// Computes queries, keys and values of `x` [T, D]; nothing is normed or turned yet.
  func project(
    _ inputs: ConvolvedInputs, _ attention: Attention, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix,
    query: FloatMatrix, key: FloatMatrix, value: FloatMatrix
  ) {
    let count = tokens.count
    JoinedProjection(parts: [inputs.query, inputs.key, inputs.nextValue]).apply(x, count: count, into: raw, pool: pool)
    inputs.value.apply(x, count: count, into: value, pool: pool)
    for (t, token) in tokens.enumerated() {
      token.cache.kept(block: block).row(token.position).update(from: raw.row(t), count: inputs.keptWidth)
    }
    let (half, next) = (inputs.value.outputs, inputs.nextValue.outputs)
    let before = tokens.contains { $0.position == 0 } ? ofNothing(inputs.nextValue, width: x.columns) : nil
    pool.forRanges(count, work: 4 * inputs.channels.channels * inputs.kernel) { part in
      for t in part {
        let (kept, position) = (tokens[t].cache.kept(block: block), tokens[t].position)
        inputs.spread(kept, position: position, into: spread.row(t))
        let values = position > 0 ? kept.row(position - 1) + inputs.channels.channels : before?.start
        if let values { (value.row(t) + half).update(from: values, count: next) }
      }
    }
    inputs.heads.apply(spread, rows: 0..<count, into: mixed, pool: pool)
    pool.forRanges(count, work: 4 * inputs.channels.channels) { part in
      for t in part { inputs.join(raw.row(t), mixed.row(t), attention, query: query.row(t), key: key.row(t)) }
    }
  }

  /// What a projection makes of zeros.
  private func ofNothing(_ projection: Projection, width: Int) -> FloatMatrix {
    let (zeros, output) = (
      FloatMatrix(rows: 1, columns: width), FloatMatrix(rows: 1, columns: projection.outputs)
    )
    projection.apply(zeros, count: 1, into: output, pool: pool)
    return output
  }
}
