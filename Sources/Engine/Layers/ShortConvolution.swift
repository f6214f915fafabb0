import Kernels

/// A causal convolution of each channel by itself, added to its own input: y = scale * (x + weights * x).
///
/// Canon layers (Allen-Zhu 2025), as in Inkling. What it reads of earlier tokens is kept for each position as keys are, so that a text can
/// go back and continue from any of its positions; before a text stand zeros.
struct ShortConvolution: Sendable {
  var convolution: Convolution
  /// The sum is multiplied by this (Inkling 2).
  var scale: Float = 1
  /// From the input of the layer to weights of the token's own, which are added to the others: [groups * kernel], for each group of
  /// neighbouring channels those of its own input first (Inkling 2).
  var taps: Projection?

  /// Width of its input, and of its output.
  var channels: Int { convolution.channels }

  /// Changes the rows `x` [T, channels]; `input` [T, D] is what they were projected from.
  ///
  /// - Parameter column: Where its channels begin among what the cache keeps of a token of the block.
  func apply(
    _ x: FloatMatrix, of input: FloatMatrix?, _ tokens: [ForwardPass.BatchToken], block: Int, column: Int,
    pool: ThreadPool
  ) {
    for (t, token) in tokens.enumerated() {
      (token.cache.kept(block: block).row(token.position) + column).update(from: x.row(t), count: channels)
    }
    var own: FloatMatrix?
    if let taps, let input {
      let found = FloatMatrix(rows: tokens.count, columns: taps.outputs)
      taps.apply(input, count: tokens.count, into: found, pool: pool)
      own = found
    }
    pool.forRanges(tokens.count, work: 4 * channels * convolution.kernel) { part in
      for t in part {
        let kept = tokens[t].cache.kept(block: block)
        write(kept, column: column, position: tokens[t].position, taps: own?.row(t), into: x.row(t))
      }
    }
  }

  /// One token's output.
  ///
  /// `kept` has the inputs of all positions up to this one, from `column` on.
  func write(
    _ kept: FloatMatrix, column: Int, position: Int, taps: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>
  ) {
    let (count, kernel) = (channels, convolution.kernel)
    for c in 0..<count { y[c] = 0 }
    convolution.weights.withUnsafeBufferPointer { weights in
      for lag in (0..<kernel).reversed() where position >= lag {
        let (row, first) = (kept.row(position - lag) + column, (kernel - 1 - lag) * count)
        for c in 0..<count { y[c] += weights[first + c] * row[c] }
        guard let taps, let groups = self.taps.map({ $0.outputs / kernel }) else { continue }
        let width = count / groups
        for group in 0..<groups {
          let weight = taps[group * kernel + lag]
          for c in group * width..<(group + 1) * width { y[c] += weight * row[c] }
        }
      }
    }
    let row = kept.row(position) + column
    for c in 0..<count { y[c] = (y[c] + row[c]) * scale }
  }
}
