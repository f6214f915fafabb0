import Foundation
import Kernels

extension Norm {
  /// Normalises `count` values from `x` on, span by span; `y` may be `x`.
  func apply(row x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    let span = span ?? weight.count
    weight.withUnsafeBufferPointer { weights in
      guard let weight = weights.baseAddress else { return }
      for start in stride(from: 0, to: count, by: span) {
        let own = weight + start % weights.count
        switch kind {
        case .rootMeanSquare:
          strata_rms_norm(x + start, span, 1, span, own, epsilon, y + start, span)
        case .layer:
          if let bias {
            bias.withUnsafeBufferPointer { biases in
              guard let bias = biases.baseAddress else { return }
              strata_layer_norm(x + start, span, 1, span, own, bias + start % weights.count, epsilon, y + start, span)
            }
          } else {
            strata_layer_norm(x + start, span, 1, span, own, nil, epsilon, y + start, span)
          }
        }
      }
    }
  }

  /// Normalises the first `width` values of some rows of a matrix into another, which may be the same.
  func apply(_ x: FloatMatrix, width: Int, rows: Range<Int>, into y: FloatMatrix) {
    for row in rows { apply(row: x.row(row), count: width, into: y.row(row)) }
  }

  /// The same on all threads.
  func apply(_ x: FloatMatrix, width: Int, rows: Range<Int>, into y: FloatMatrix, pool: ThreadPool) {
    pool.forRanges(rows.count, work: 2 * width) { part in
      apply(x, width: width, rows: rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound, into: y)
    }
  }
}

extension Projection {
  /// y = W x + b for the first `count` rows, plus the update if there is one.
  func apply(_ x: FloatMatrix, count: Int, into y: FloatMatrix, pool: ThreadPool) {
    apply(x.all, count: count, into: y.all, pool: pool)
  }

  /// The same for some rows, into the columns of y from `column` on.
  func apply(_ x: FloatMatrix, rows: Range<Int>, into y: FloatMatrix, column: Int = 0, pool: ThreadPool) {
    let first = rows.lowerBound
    apply(x.part(from: 0, row: first), count: rows.count, into: y.part(from: column, row: first), pool: pool)
  }

  /// The same with parts of rows.
  func apply(_ input: FloatRows, count: Int, into y: FloatRows, pool: ThreadPool) {
    var x = input
    let low = first.map { FloatMatrix(rows: count, columns: $0.rows) }
    if let first, let low {
      first.multiply(input, count: count, bias: nil, into: low.all, pool: pool)
      x = low.all
    }
    weights.multiply(x, count: count, bias: bias, into: y, pool: pool)
    ownUpdate?.add(x, count: count, to: y, pool: pool)
    update?.add(x, count: count, to: y, pool: pool)
    if let scales {
      for t in 0..<count {
        let values = y.row(t)
        for (i, factor) in scales.enumerated() { values[i] *= factor }
      }
    }
    guard scale != 1 else { return }
    for t in 0..<count {
      let values = y.row(t)
      for i in 0..<outputs { values[i] *= scale }
    }
  }
}

extension KeyScores {
  /// The scores [T, key heads] by the values of `count` tokens.
  func apply(_ values: FloatMatrix, count: Int, into scores: FloatMatrix, pool: ThreadPool) {
    projection.apply(values, count: count, into: scores, pool: pool)
    let heads = strengths.count
    Activation.softplus.apply(scores, times: nil, count: count, width: heads, pool: pool)
    for t in 0..<count {
      let row = scores.row(t)
      for head in 0..<heads { row[head] = expf(strengths[head] * row[head]) }
    }
  }
}

extension JoinedProjection {
  /// y = the outputs of all parts side by side, for the first `count` rows.
  func apply(_ x: FloatMatrix, count: Int, into y: FloatMatrix, pool: ThreadPool) {
    var column = 0
    for part in parts {
      part.apply(x, rows: 0..<count, into: y, column: column, pool: pool)
      column += part.outputs
    }
  }
}

extension JoinedProjection {
  /// The same where each part has an input of its own.
  func apply(each inputs: [FloatMatrix], count: Int, into y: FloatMatrix, pool: ThreadPool) {
    var column = 0
    for (part, x) in zip(parts, inputs) {
      part.apply(x, rows: 0..<count, into: y, column: column, pool: pool)
      column += part.outputs
    }
  }
}

extension SplitProjection {
  /// y = the outputs of all parts side by side, each of its own part of x, for some rows.
  func apply(_ x: FloatMatrix, rows: Range<Int>, into y: FloatMatrix, pool: ThreadPool) {
    var (from, to) = (0, 0)
    for part in parts {
      let first = rows.lowerBound
      part.apply(
        x.part(from: from, row: first), count: rows.count, into: y.part(from: to, row: first), pool: pool)
      from += part.weights.columns
      to += part.outputs
    }
  }
}

extension WeightMatrix {
  /// y = W x + b for the first `count` rows.
  fileprivate func multiply(_ x: FloatRows, count: Int, bias: [Float]?, into y: FloatRows, pool: ThreadPool) {
    var matrix = kernel
    if let bias {
      strata_multiply(pool.handle, x.start, x.stride, count, &matrix, bias, y.start, y.stride)
    } else {
      strata_multiply(pool.handle, x.start, x.stride, count, &matrix, nil, y.start, y.stride)
    }
  }
}

extension LowRankUpdate {
  /// y += scale * (B (A x) + b) for the first `count` rows.
  func add(_ x: FloatRows, count: Int, to y: FloatRows, pool: ThreadPool) {
    let low = FloatMatrix(rows: count, columns: down.rows)
    down.multiply(x, count: count, bias: nil, into: low.all, pool: pool)
    let change = FloatMatrix(rows: count, columns: up.rows)
    up.multiply(low.all, count: count, bias: bias, into: change.all, pool: pool)
    pool.forRanges(count, work: up.rows) { rows in
      for t in rows { strata_add(y.row(t), change.row(t), scale, up.rows) }
    }
  }
}

extension EmbeddingUpdate {
  /// y += scale * B a for the embeddings of some tokens [T, embedding width].
  func add(_ ids: [Int], to y: FloatMatrix, pool: ThreadPool) {
    let low = FloatMatrix(rows: ids.count, columns: table.columns)
    for (t, id) in ids.enumerated() { table.decodeRow(id, into: low.row(t)) }
    let change = FloatMatrix(rows: ids.count, columns: up.rows)
    up.multiply(low.all, count: ids.count, bias: nil, into: change.all, pool: pool)
    for t in ids.indices { strata_add(y.row(t), change.row(t), scale, up.rows) }
  }
}

extension Activation {
  /// x = f(x) for the first `width` values of `count` rows, times those of `gated` where there is one, on all threads.
  func apply(_ x: FloatMatrix, times gated: FloatMatrix?, count: Int, width: Int, pool: ThreadPool) {
    apply(x, times: gated, rows: 0..<count, width: width, pool: pool)
  }

  /// The same for some rows.
  func apply(_ x: FloatMatrix, times gated: FloatMatrix?, rows: Range<Int>, width: Int, pool: ThreadPool) {
    pool.forRanges(rows.count, work: 4 * width) { part in
      for t in part { apply(x.row(rows.lowerBound + t), times: gated?.row(rows.lowerBound + t), count: width) }
    }
  }

  /// x = f(x), times `gated` where there is one.
  func apply(_ x: UnsafeMutablePointer<Float>, times gated: UnsafePointer<Float>?, count: Int) {
    if case .xIELU(let shape) = self {
      strata_xielu(x, gated, shape.positive, shape.negative, shape.beta, shape.epsilon, count)
    } else if let kernel {
      strata_activate(kernel, x, gated, count)
    }
  }

  /// The kernel of a function without parameters; nil for one with parameters.
  private var kernel: strata_activation? {
    switch self {
    case .silu: strata_activation_silu
    case .geluTanh: strata_activation_gelu_tanh
    case .gelu: strata_activation_gelu
    case .relu: strata_activation_relu
    case .leakyReLU: strata_activation_leaky_relu
    case .relu6: strata_activation_relu6
    case .squaredReLU: strata_activation_relu_squared
    case .sigmoid: strata_activation_sigmoid
    case .tanh: strata_activation_tanh
    case .linear: strata_activation_linear
    case .clippedGELU: strata_activation_gelu_clipped
    case .quickGELU: strata_activation_gelu_quick
    case .mish: strata_activation_mish
    case .hardswish: strata_activation_hardswish
    case .laplace: strata_activation_laplace
    case .rootSoftplus: strata_activation_sqrt_softplus
    case .softplus: strata_activation_softplus
    case .xIELU: nil
    }
  }
}

extension Head {
  /// The row of one token.
  func only(_ id: Int) -> Head {
    Head(
      weights: weights.slice(id..<id + 1), bias: bias.map { [$0[id]] }, scales: scales.map { [$0[id]] }, scale: scale,
      softcap: softcap, update: update?.slice(id..<id + 1))
  }

  /// The logits [count, V] of head inputs.
  func logits(of inputs: FloatMatrix, count: Int, pool: ThreadPool) -> FloatMatrix {
    let logits = FloatMatrix(rows: count, columns: weights.rows)
    withKernel { strata_logits(pool.handle, &$0, inputs.start, count, logits.start) }
    return logits
  }

  /// Calls `body` with the head in the kernels' form.
  func withKernel<Result>(_ body: (inout strata_head) -> Result) -> Result {
    func call(
      _ bias: UnsafePointer<Float>?, _ scales: UnsafePointer<Float>?, _ update: UnsafePointer<strata_update>?
    ) -> Result {
      var head = strata_head()
      head.matrix = weights.kernel
      head.bias = bias
      head.scales = scales
      head.scale = scale
      head.softcap = softcap ?? 0
      head.update = update
      return body(&head)
    }
    return withPointer(bias) { bias in
      withPointer(scales) { scales in
        guard let update else { return call(bias, scales, nil) }
        return withPointer(update.bias) { updateBias in
          var stored = strata_update(
            down: update.down.kernel, up: update.up.kernel, bias: updateBias, scale: update.scale)
          return call(bias, scales, &stored)
        }
      }
    }
  }

  /// Calls `body` with the address of values, nil for none.
  private func withPointer<Result>(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Result) -> Result {
    guard let values else { return body(nil) }
    return values.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

extension Output {
  /// Width of the head's input.
  func headWidth(_ width: Int) -> Int { projection?.outputs ?? width }

  /// Computes the head's input from states: the norm of the rows in `normed`, then the projection if there is one, with its activation
  /// and its norm.
  func prepare(_ states: FloatMatrix, normed rows: [Range<Int>], pool: ThreadPool) -> FloatMatrix {
    for range in rows { norm?.apply(states, width: states.columns, rows: range, into: states, pool: pool) }
    guard let projection else { return states }
    let projected = FloatMatrix(rows: states.rows, columns: projection.outputs)
    projection.apply(states, count: states.rows, into: projected, pool: pool)
    activation?.apply(projected, times: nil, count: states.rows, width: projected.columns, pool: pool)
    projectedNorm?.apply(projected, width: projected.columns, rows: 0..<states.rows, into: projected, pool: pool)
    return projected
  }
}
