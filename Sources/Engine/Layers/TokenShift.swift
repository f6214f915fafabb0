import Foundation
import Kernels

/// Mixtures of a token's input and that of the token before it, which projections read in the place of the input (RWKV).
///
/// Peng and others 2023. Before the first token of a text stand zeros.
struct TokenShift: Sendable {
  /// What reads the mixtures.
  enum Place: Hashable { case mixer, mlp }

  /// For each mixture, the share of the token's own input [D]; the token before it has the rest of one.
  var shares: [[Float]]

  /// The mixtures of inputs [T, D]; the texts' caches keep the last of them.
  func mix(
    _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix, of place: Place, block: Int, pool: ThreadPool
  ) -> [FloatMatrix] {
    let (count, width) = (tokens.count, x.columns)
    let mixtures = shares.map { _ in FloatMatrix(rows: count, columns: width) }
    pool.forRanges(count, work: 4 * shares.count * width) { rows in
      for t in rows {
        let isFirst = t == 0 || tokens[t - 1].cache !== tokens[t].cache
        let last = isFirst ? tokens[t].cache.lastInput(of: place, block: block) : nil
        let (own, before) = (x.row(t), isFirst ? last?.start : x.row(t - 1))
        for (mixture, shares) in zip(mixtures, shares) {
          let row = mixture.row(t)
          for i in 0..<width { row[i] = own[i] * shares[i] + (before?[i] ?? 0) * (1 - shares[i]) }
        }
      }
    }
    var start = 0
    for t in tokens.indices where t + 1 == count || tokens[t + 1].cache !== tokens[t].cache {
      tokens[t].cache.keep(x, rows: start..<(t + 1), from: tokens[start].position, of: place, block: block)
      start = t + 1
    }
    return mixtures
  }
}

/// An MLP that reads a mixture of neighbouring tokens' inputs, and whose output a gate multiplies (RWKV).
struct ShiftedMLP: Sendable {
  /// Two mixtures, of which the MLP reads the first and the gate the second.
  var shift: TokenShift
  /// Shape [D, D]; its sigmoid multiplies the output.
  var gate: Projection

  /// y *= sigmoid(gate x) for the first `count` rows.
  func gate(_ y: FloatMatrix, _ x: FloatMatrix, count: Int, pool: ThreadPool) {
    let gates = FloatMatrix(rows: count, columns: y.columns)
    gate.apply(x, count: count, into: gates, pool: pool)
    Activation.sigmoid.apply(gates, times: y, count: count, width: y.columns, pool: pool)
    y.start.update(from: gates.start, count: count * y.columns)
  }
}

/// output = (N + exp(first + key) · value) / (M + exp(first + key)) for each channel, then N = exp(decay) · N + exp(key) · value and
/// M = exp(decay) · M + exp(key).
///
/// Peng and others 2023, RWKV: the weighted mean of all values so far, a token's own with a bonus. N and M are kept divided by the
/// exponential of the largest exponent so far, as transformers keeps them.
struct WeightedScan: Sendable {
  /// N, M and the largest exponent.
  static let rows = 3

  /// Shape [channels], negative.
  var decays: [Float]
  /// Shape [channels], added to the key of a token for its own output.
  var firsts: [Float]

  /// The outputs of some tokens whose keys, then values, stand in the rows of `x`; the state moves on.
  func run(
    _ x: FloatMatrix, _ tokens: Range<Int>, state: RecurrentState, into output: FloatMatrix, width: Int,
    pool: ThreadPool
  ) {
    guard let kept = state.scan else { return }
    let isNew = state.position == 0
    pool.forRanges(width, work: 32 * tokens.count) { channels in
      for i in channels {
        var (sum, weight, most) = (kept.row(0)[i], kept.row(1)[i], isNew ? -1e38 : kept.row(2)[i])
        for t in tokens {
          let (key, value) = (x.row(t)[i], x.row(t)[width + i])
          let top = max(most, key + firsts[i])
          let (past, own) = (expf(most - top), expf(key + firsts[i] - top))
          output.row(t)[i] = (past * sum + own * value) / (past * weight + own)
          let next = max(most + decays[i], key)
          let (kept, added) = (expf(most + decays[i] - next), expf(key - next))
          sum = kept * sum + added * value
          weight = kept * weight + added
          most = next
        }
        kept.row(0)[i] = sum
        kept.row(1)[i] = weight
        kept.row(2)[i] = most
      }
    }
  }
}
