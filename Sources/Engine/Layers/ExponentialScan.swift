import Foundation
import Kernels

/// A matrix for each head whose gates are exponentials: S = kept · S + key ⊗ (written · value), n the same of the keys alone; output = Sᵀ query
/// over the larger of |n · query| and exp(-m).
///
/// Beck and others 2024, xLSTM: the mLSTM. m is the largest exponent so far, from which all exponents are taken, so that none overflows:
/// m' = max(log σ(f) + m, i), kept = exp(log σ(f) + m - m'), written = exp(i - m'). n is kept as a further value, which is always 1.
struct ExponentialScan: Sendable {
  var heads: Int
  var keyWidth: Int
  var valueWidth: Int
  /// From the layer's input to i and f, one number per head.
  var inputs: Projection
  var forgets: Projection
  /// Both are capped: cap · tanh(x / cap); nil for none.
  var cap: Float?
  /// Added to the divisor.
  var epsilon: Float

  /// Values of a head, and the 1 that counts for n.
  private var ownValues: Int { valueWidth + 1 }
  /// Numbers of a token: queries, keys, and values of all heads.
  var width: Int { heads * (2 * keyWidth + ownValues) }
  /// What the scan gives for a token before it is divided.
  var sums: Int { heads * ownValues }
  /// S of all heads, with n behind the values, and a row for each head's m.
  var stateSize: (rows: Int, columns: Int) { (heads * (keyWidth + 1), ownValues) }

  /// What a run works in.
  struct Workspace {
    /// exp(-m), after `gates` f, [T, heads].
    var floors: FloatMatrix
    /// What is written, after `gates` i, [T, heads].
    var written: FloatMatrix
    /// What is kept of the state, [T, heads].
    var kept: FloatMatrix
    /// Queries, keys and values, [T, `width`].
    var joined: FloatMatrix
    /// What the scan gives, [T, `sums`].
    var sums: FloatMatrix
  }

  /// The exponents of the gates of the first `count` rows of `x` [T, D].
  func gates(_ x: FloatMatrix, count: Int, into space: Workspace, pool: ThreadPool) {
    inputs.apply(x, count: count, into: space.written, pool: pool)
    forgets.apply(x, count: count, into: space.floors, pool: pool)
    for t in 0..<count {
      let (i, f) = (space.written.row(t), space.floors.row(t))
      for head in 0..<heads {
        i[head] = capped(i[head])
        f[head] = -softplus(-capped(f[head]))
      }
    }
  }

  private func capped(_ x: Float) -> Float { cap.map { $0 * tanhf(x / $0) } ?? x }

  private func softplus(_ x: Float) -> Float { max(x, 0) + log1pf(expf(-abs(x))) }

  /// The outputs of some tokens whose queries, keys and values stand in the rows of `x`; the state moves on.
  func run(
    _ x: FloatMatrix, _ tokens: Range<Int>, state: RecurrentState, _ space: Workspace, into output: FloatMatrix,
    pool: ThreadPool
  ) {
    guard let matrix = state.scan else { return }
    advance(tokens, matrix, space)
    pool.forRanges(tokens.count, work: 4 * width) { part in
      for t in part { join(x.row(tokens.lowerBound + t), into: space.joined.row(tokens.lowerBound + t)) }
    }
    let first = tokens.lowerBound
    let from = space.joined.row(first)
    let rows = (0..<heads).map { head in
      strata_head_row(
        query: from + head * keyWidth, key: from + (heads + head) * keyWidth,
        value: from + 2 * heads * keyWidth + head * ownValues, stride: space.joined.columns,
        kept: space.kept.row(first) + head, kept_stride: space.kept.columns, written: space.written.row(first) + head,
        written_stride: space.written.columns, skip: 0, state: matrix.row(head * keyWidth),
        output: space.sums.row(first) + head * ownValues, output_stride: space.sums.columns, tokens: tokens.count)
    }
    var how = strata_head_scan(key_width: keyWidth, value_width: ownValues, corrects: 0, kept_by_key: 0)
    strata_scan_heads(pool.handle, rows, rows.count, &how)
    pool.forRanges(tokens.count, work: 4 * width) { part in
      for t in part.map({ first + $0 }) {
        divide(space.sums.row(t), by: space.floors.row(t), into: output.row(t))
      }
    }
  }

  /// Factors of what is kept and written, from the exponents of the gates.
  private func advance(_ tokens: Range<Int>, _ matrix: FloatMatrix, _ space: Workspace) {
    for head in 0..<heads {
      let most = matrix.row(heads * keyWidth + head)
      for t in tokens {
        let (i, f) = (space.written.row(t)[head], space.floors.row(t)[head])
        let next = max(f + most[0], i)
        space.kept.row(t)[head] = expf(f + most[0] - next)
        space.written.row(t)[head] = expf(i - next)
        space.floors.row(t)[head] = expf(-next)
        most[0] = next
      }
    }
  }

  /// Queries by the root of their width, keys, and values with a 1 behind those of each head.
  private func join(_ x: UnsafeMutablePointer<Float>, into row: UnsafeMutablePointer<Float>) {
    let (keys, scale) = (heads * keyWidth, 1 / Float(keyWidth).squareRoot())
    for i in 0..<keys { row[i] = x[i] * scale }
    (row + keys).update(from: x + keys, count: keys)
    for head in 0..<heads {
      let own = row + 2 * keys + head * ownValues
      own.update(from: x + 2 * keys + head * valueWidth, count: valueWidth)
      own[valueWidth] = 1
    }
  }

  private func divide(
    _ sums: UnsafeMutablePointer<Float>, by floors: UnsafeMutablePointer<Float>, into row: UnsafeMutablePointer<Float>
  ) {
    for head in 0..<heads {
      let own = sums + head * ownValues
      let divisor = max(abs(own[valueWidth]), floors[head]) + epsilon
      for i in 0..<valueWidth { row[head * valueWidth + i] = own[i] / divisor }
    }
  }
}
