/// A gate of low rank on a normed input y: y * sigmoid(up(silu(down(y)))).
///
/// Follows transformers' `AXK2GatedRMSNorm` (modeling_axk2.py).
struct NormGate: Sendable {
  /// Shape [rank, D].
  var down: Projection
  /// Shape [D, rank].
  var up: Projection

  /// Multiplies the first `count` rows of `x` [T, D] by it.
  func apply(_ x: FloatMatrix, count: Int, pool: ThreadPool) {
    let width = up.outputs
    let (low, gate) = (FloatMatrix(rows: count, columns: down.outputs), FloatMatrix(rows: count, columns: width))
    down.apply(x, count: count, into: low, pool: pool)
    Activation.silu.apply(low, times: nil, count: count, width: down.outputs, pool: pool)
    up.apply(low, count: count, into: gate, pool: pool)
    Activation.sigmoid.apply(gate, times: x, count: count, width: width, pool: pool)
    for t in 0..<count { x.row(t).update(from: gate.row(t), count: width) }
  }
}
