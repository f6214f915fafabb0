/// A small MLP between a router's input and its projection, with a state that the next router reads (ZAYA1).
struct RouterMLP: Sendable {
  /// From D to the width of the router; its output is the state.
  var down: Projection
  /// [width] the state of the router before is added times this; nil for the first router.
  var keep: [Float]?
  /// Applied to the state.
  var norm: Norm
  /// Layers of the MLP, each with the activation behind it.
  var layers: [Projection]
  var activation: Activation

  /// What the router's projection reads of `x` [T, D], for the first `count` rows.
  ///
  /// `states` [T, width or more] has the state of the router before, and then its own.
  func apply(_ x: FloatMatrix, count: Int, states: FloatMatrix, pool: ThreadPool) -> FloatMatrix {
    let width = down.outputs
    var (result, other) = (FloatMatrix(rows: count, columns: width), FloatMatrix(rows: count, columns: width))
    down.apply(x, count: count, into: result, pool: pool)
    for t in 0..<count {
      let (own, state) = (result.row(t), states.row(t))
      if let keep { for (i, factor) in keep.enumerated() { own[i] += state[i] * factor } }
      state.update(from: own, count: width)
    }
    norm.apply(result, width: width, rows: 0..<count, into: result, pool: pool)
    for layer in layers {
      layer.apply(result, count: count, into: other, pool: pool)
      activation.apply(other, times: nil, count: count, width: width, pool: pool)
      swap(&result, &other)
    }
    return result
  }
}
