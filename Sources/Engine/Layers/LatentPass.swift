/// The products of latent attention for a batch of tokens: before attention the queries and the row of the cache, after it the
/// values of each head.
///
/// A row of queries or keys has, for each head, the part that turns and then the part of the latent vector's width.
final class LatentPass {
  private let pool: ThreadPool
  private let low: FloatMatrix  // [T, rank of queries]
  private let queries: FloatMatrix  // [T, H * (plain + turned)]
  private let gates: FloatMatrix  // [T, H * width of a value]
  private let compressed: FloatMatrix  // [T, rank + turned]
  private let expanded: FloatMatrix  // [T, H * width of a value]

  /// A workspace for up to `capacity` tokens per call.
  init(_ all: [LatentInputs], pool: ThreadPool, capacity: Int) {
    self.pool = pool
    func widest(_ width: (LatentInputs) -> Int) -> FloatMatrix {
      FloatMatrix(rows: capacity, columns: all.map(width).max() ?? 0)
    }
    low = widest { inputs in inputs.queryRise.map { ($0.readsRaw ? 2 : 1) * inputs.query.outputs } ?? 0 }
    queries = widest(\.queryWidth)
    gates = widest(\.gatesWidth)
    compressed = widest(\.compression.outputs)
    expanded = widest(\.expandedWidth)
  }

  /// Computes `query` [T, H * (turned + rank)] and `key` [T, turned + rank] of `x` [T, D]; nothing is turned yet.
  func project(_ inputs: LatentInputs, _ x: FloatMatrix, count: Int, query: FloatMatrix, key: FloatMatrix) {
    if let rise = inputs.queryRise {
      inputs.query.apply(x, count: count, into: low, pool: pool)
      if rise.readsRaw {
        let width = inputs.query.outputs
        for t in 0..<count { (low.row(t) + width).update(from: low.row(t), count: width) }
      }
      rise.norm.apply(low, width: inputs.query.outputs, rows: 0..<count, into: low, pool: pool)
      rise.projection.apply(low, count: count, into: queries, pool: pool)
    } else {
      inputs.query.apply(x, count: count, into: queries, pool: pool)
    }
    let (rank, plain, turned) = (inputs.rank, inputs.plain, inputs.turned)
    for (head, keys) in inputs.keys.enumerated() {
      let (from, to) = (head * (plain + turned + inputs.gateWidth), head * (turned + rank))
      for t in 0..<count { (query.row(t) + to).update(from: queries.row(t) + from + plain, count: turned) }
      keys.apply(queries.part(from: from), count: count, into: query.part(from: to + turned), pool: pool)
      let width = inputs.gateWidth
      for t in 0..<count where width > 0 {
        (gates.row(t) + head * width).update(from: queries.row(t) + from + plain + turned, count: width)
      }
    }
    inputs.compression.apply(x, count: count, into: compressed, pool: pool)
    inputs.norm.apply(compressed, width: rank, rows: 0..<count, into: compressed, pool: pool)
    for t in 0..<count {
      key.row(t).update(from: compressed.row(t) + rank, count: turned)
      (key.row(t) + turned).update(from: compressed.row(t), count: rank)
    }
  }

  /// The values of all heads [T, H * width of a value] from what they attend to [T, H * rank].
  func expand(_ inputs: LatentInputs, _ attended: FloatMatrix, count: Int) -> FloatMatrix {
    for (head, values) in inputs.values.enumerated() {
      values.apply(
        attended.part(from: head * inputs.rank), count: count, into: expanded.part(from: head * inputs.valueWidth),
        pool: pool)
    }
    guard inputs.gateWidth > 0 else { return expanded }
    Activation.sigmoid.apply(gates, times: expanded, count: count, width: inputs.gatesWidth, pool: pool)
    return gates
  }
}
