import Kernels

extension Embedding {
  /// Writes the embeddings of tokens [T, D], with positions, norms and projections, as the first block reads them.
  ///
  /// - Parameters:
  ///   - ids: Of the tokens; each has a row.
  ///   - positions: Where each stands in its text.
  func write(_ ids: [Int], at positions: [Int], into stream: FloatMatrix, pool: ThreadPool) {
    var target =
      projection == nil ? stream : FloatMatrix(rows: ids.count, columns: tokens.columns + appended.count)
    for (t, id) in ids.enumerated() {
      tokens.decodeRow(id, into: target.row(t))
      for (place, value) in appended.enumerated() { target.row(t)[tokens.columns + place] = value }
    }
    update?.add(ids, to: target, pool: pool)
    if scale != 1 {
      for t in ids.indices {
        let row = target.row(t)
        for i in 0..<target.columns { row[i] *= scale }
      }
    }
    tokenNorm?.apply(target, width: target.columns, rows: 0..<ids.count, into: target, pool: pool)
    if let projection, !projectsLast {
      projection.apply(target, count: ids.count, into: stream, pool: pool)
      target = stream
    }
    place(positions, in: target, pool: pool)
    if let projection, projectsLast {
      projection.apply(target, count: ids.count, into: stream, pool: pool)
    }
    rescaled?.apply(stream, count: ids.count, pool: pool)
  }

  /// Adds segment and positions to embedded tokens, and applies the norm of the sum.
  private func place(_ places: [Int], in target: FloatMatrix, pool: ThreadPool) {
    let width = target.columns
    segment?.withUnsafeBufferPointer { segment in
      guard let start = segment.baseAddress else { return }
      for t in places.indices { strata_add(target.row(t), start, 1, width) }
    }
    if let positions {
      let own = FloatMatrix(rows: 1, columns: width)
      for (t, position) in places.enumerated() {
        positions.table.decodeRow(position + positions.offset, into: own.start)
        strata_add(target.row(t), own.start, 1, width)
      }
    }
    norm?.apply(target, width: width, rows: 0..<places.count, into: target, pool: pool)
  }
}
