import Kernels

/// The kernels' threads, and calls with arrays for pointers.
final class KernelPool {
  let handle: OpaquePointer

  /// - Throws: `CheckFailed` when the threads cannot be made.
  init(threads: Int) throws {
    guard let handle = strata_pool_create(threads) else { throw CheckFailed("no pool of \(threads) threads") }
    self.handle = handle
  }

  deinit { strata_pool_destroy(handle) }

  /// y = x w^T for `rows` rows.
  func multiply(_ x: [Float], rows: Int, _ w: StoredMatrix, into y: inout [Float]) {
    var matrix = w.kernel
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        strata_multiply(handle, x.baseAddress, w.columns, rows, &matrix, nil, y.baseAddress, w.rows)
      }
    }
  }
}

/// A product and a sum in double, in the plainest order, with the sum of magnitudes that its rounding is measured by.
func plainDot(_ a: ArraySlice<Float>, _ b: [Float]) -> (sum: Double, magnitude: Double) {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      var sum = 0.0
      var magnitude = 0.0
      for i in 0..<min(a.count, b.count) {
        let product = Double(a[i]) * Double(b[i])
        sum += product
        magnitude += abs(product)
      }
      return (sum, magnitude)
    }
  }
}
