/// (x + shift) * scale, value by value.
struct ShiftedScale: Sendable {
  /// Shape [D].
  var shift: [Float]
  /// Shape [D].
  var scale: [Float]

  /// Changes the first `count` rows [count, D].
  func apply(_ x: FloatMatrix, count: Int, pool: ThreadPool) {
    shift.withUnsafeBufferPointer { shift in
      scale.withUnsafeBufferPointer { scale in
        pool.forRanges(count, work: 2 * shift.count) { part in
          for t in part {
            let row = x.row(t)
            for i in shift.indices { row[i] = (row[i] + shift[i]) * scale[i] }
          }
        }
      }
    }
  }
}

/// How the output of a block's part and the stream are scaled before they are added (ZAYA1).
///
/// `Attributor` does not know it: the family that has it passes on states of its routers.
struct ResidualScaling: Sendable {
  var output: ShiftedScale
  var stream: ShiftedScale
}
