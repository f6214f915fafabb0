import Kernels

extension Norm {
  /// Norms `count` rows of `width` values; `y` may be `x`.
  func apply(
    _ x: UnsafePointer<Float>, stride: Int, count: Int, into y: UnsafeMutablePointer<Float>, stride yStride: Int
  ) {
    switch kind {
    case .rootMeanSquare:
      strata_rms_norm(x, stride, count, weight.count, weight, epsilon, y, yStride)
    case .layer:
      if let bias {
        strata_layer_norm(x, stride, count, weight.count, weight, bias, epsilon, y, yStride)
      } else {
        strata_layer_norm(x, stride, count, weight.count, weight, nil, epsilon, y, yStride)
      }
    }
  }

  /// Norms the first `count` rows of a matrix into another of the same width.
  func apply(_ x: FloatMatrix, count: Int, into y: FloatMatrix) {
    apply(x.start, stride: x.columns, count: count, into: y.start, stride: y.columns)
  }
}

extension Projection {
  /// y = W x + b for the first `count` rows.
  func apply(_ x: FloatMatrix, count: Int, into y: FloatMatrix, pool: ThreadPool) {
    var matrix = weights.kernel
    if let bias {
      strata_multiply(pool.handle, x.start, x.columns, count, &matrix, bias, y.start, y.columns)
    } else {
      strata_multiply(pool.handle, x.start, x.columns, count, &matrix, nil, y.start, y.columns)
    }
  }
}

extension Activation {
  /// x = f(x), times `gated` where there is one.
  func apply(_ x: UnsafeMutablePointer<Float>, times gated: UnsafePointer<Float>?, count: Int) {
    let function =
      switch self {
      case .silu: strata_activation_silu
      case .geluTanh: strata_activation_gelu_tanh
      }
    strata_activate(function, x, gated, count)
  }
}
