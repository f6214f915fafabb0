import Kernels

/// A further input of every block: from a table by the token, and from the token's first state.
///
/// Gemma Team 2025, Gemma 3n. One row of the table, and of the projection of the first state, holds the inputs of all blocks.
struct PerLayerInputs: Sendable {
  /// Shape [tokens, L * width]; a token beyond it has the first row (Gemma 3n).
  var tokens: WeightMatrix
  /// Rows of the table are multiplied by this.
  var tokenScale: Float
  /// From the first state to all inputs [L * width, D].
  var projection: Projection
  /// The result is multiplied by this.
  var projectionScale: Float
  /// Applied to each block's part of it [width].
  var norm: Norm
  /// The sum of both is multiplied by this.
  var scale: Float
  /// Width of one block's input.
  var width: Int

  /// The inputs [T, L * width] of tokens with their first states [T, D].
  func inputs(_ ids: [Int], _ states: FloatMatrix, pool: ThreadPool) -> FloatMatrix {
    let (own, projected) = (
      FloatMatrix(rows: ids.count, columns: tokens.columns), FloatMatrix(rows: ids.count, columns: tokens.columns)
    )
    projection.apply(states, count: ids.count, into: projected, pool: pool)
    pool.forRanges(ids.count, work: 8 * tokens.columns) { rows in
      for t in rows {
        let (token, context) = (own.row(t), projected.row(t))
        tokens.decodeRow(ids[t] < tokens.rows ? ids[t] : 0, into: token)
        for i in 0..<tokens.columns { context[i] *= projectionScale }
        norm.apply(projected, width: tokens.columns, rows: t..<(t + 1), into: projected)
        for i in 0..<tokens.columns { token[i] = (context[i] + token[i] * tokenScale) * scale }
      }
    }
    return own
  }
}

/// How a block uses its own input: h += norm(projection(f(gate h) * input)).
struct PerLayerUse: Sendable {
  /// Shape [width, D].
  var gate: Projection
  var activation: Activation
  /// Shape [D, width].
  var projection: Projection
  var norm: Norm

  /// `change` = what is added to `stream` [T, D]; `inputs` are the block's [T, width].
  func run(_ stream: FloatMatrix, _ inputs: FloatRows, count: Int, into change: FloatMatrix, pool: ThreadPool) {
    let width = gate.outputs
    let (gated, own) = (FloatMatrix(rows: count, columns: width), FloatMatrix(rows: count, columns: width))
    gate.apply(stream, count: count, into: gated, pool: pool)
    for t in 0..<count { own.row(t).update(from: inputs.row(t), count: width) }
    activation.apply(gated, times: own, count: count, width: width, pool: pool)
    projection.apply(gated, count: count, into: change, pool: pool)
    norm.apply(change, width: change.columns, rows: 0..<count, into: change, pool: pool)
  }
}
