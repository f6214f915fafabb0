import Kernels

/// What happens to the stream before a block, where stacks of blocks run several times and pass on a state each (HRM-Text).
struct Junction: Sendable {
  /// Applied to the stream first.
  var norm: Norm?
  /// The number of the place where the stream is then kept.
  var keeps: Int?
  /// The number of the place whose state is then added.
  var adds: Int?
  /// Added last, shape [D].
  var constant: [Float]?
}

/// The kept states of a batch of tokens, beside a pass through the blocks.
final class JunctionPass {
  private let pool: ThreadPool
  private let kept: [FloatMatrix]  // [T, D] each

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Stack, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let places = network.blocks.compactMap { $0.junction?.keeps }.max().map { $0 + 1 } ?? 0
    kept = (0..<places).map { _ in FloatMatrix(rows: capacity, columns: network.width) }
  }

  /// Changes the stream [T, D] as the junction says.
  func pass(_ junction: Junction, _ stream: FloatMatrix, count: Int) {
    let width = stream.columns
    junction.norm?.apply(stream, width: width, rows: 0..<count, into: stream, pool: pool)
    if let place = junction.keeps { kept[place].start.update(from: stream.start, count: count * width) }
    if let place = junction.adds { strata_add(stream.start, kept[place].start, 1, count * width) }
    junction.constant?.withUnsafeBufferPointer { constant in
      guard let start = constant.baseAddress else { return }
      for t in 0..<count { strata_add(stream.row(t), start, 1, width) }
    }
  }
}
