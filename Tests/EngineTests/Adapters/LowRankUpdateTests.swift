import Foundation
import Kernels
import Testing

@testable import Engine

@Suite("What is added to a product")
struct LowRankUpdateTests {
  /// Values between -1 and 1 that look random.
  private func values(_ rows: Int, _ columns: Int, seed: Int) -> FloatMatrix {
    let matrix = FloatMatrix(rows: rows, columns: columns)
    let all = hashed(rows * columns, seed: UInt64(seed))
    for (index, value) in all.enumerated() { matrix.start[index] = value }
    return matrix
  }

  private func update(_ out: Int, _ input: Int, rank: Int, bias: Bool) -> LowRankUpdate {
    LowRankUpdate(
      down: WeightMatrix(values(rank, input, seed: 2), name: "A"),
      up: WeightMatrix(values(out, rank, seed: 3), name: "B"),
      bias: bias ? hashed(out, seed: 4) : nil, scale: 1.75)
  }

  /// W x, plus the scale times B (A x) + b, each sum in the order of the kernels.
  private func expected(
    _ x: UnsafePointer<Float>, _ weights: FloatMatrix, _ update: LowRankUpdate, _ row: Int, _ a: FloatMatrix,
    _ b: FloatMatrix
  ) -> Float {
    let low = (0..<a.rows).map { strata_dot(x, a.row($0), weights.columns) }
    let change = strata_dot(low, b.row(row), a.rows) + (update.bias?[row] ?? 0)
    return strata_dot(x, weights.row(row), weights.columns) + update.scale * change
  }

  @Test("is added by a projection to the bit", arguments: [1, 3, 9, 40], [false, true])
  func projections(rows: Int, bias: Bool) throws {
    let (out, input, rank) = (37, 24, 3)
    let (weights, x) = (values(out, input, seed: 1), values(rows, input, seed: 7))
    var projection = Projection(weights: WeightMatrix(weights, name: "W"))
    projection.update = update(out, input, rank: rank, bias: bias)
    let (a, b) = (values(rank, input, seed: 2), values(out, rank, seed: 3))
    for threads in [1, 3] {
      let (y, part) = (FloatMatrix(rows: rows, columns: out), FloatMatrix(rows: rows, columns: 10))
      let pool = try ThreadPool(threads: threads)
      projection.apply(x, count: rows, into: y, pool: pool)
      projection.slice(20..<30).apply(x, count: rows, into: part, pool: pool)
      for row in 0..<rows {
        for i in 0..<out {
          let whole = expected(x.row(row), weights, try #require(projection.update), i, a, b)
          #expect(y.row(row)[i] == whole)
          if (20..<30).contains(i) { #expect(part.row(row)[i - 20] == whole) }
        }
      }
    }
  }

  @Test("is added by a head to the bit, in whole logits and in the lens", arguments: [1, 5, 40], [255, 256, 257, 600])
  func heads(rows: Int, vocabulary: Int) throws {
    let (width, rank) = (24, 5)
    let (weights, x) = (values(vocabulary, width, seed: 1), values(rows, width, seed: 7))
    var head = Head(weights: WeightMatrix(weights, name: "W"))
    head.update = update(vocabulary, width, rank: rank, bias: true)
    let (a, b) = (values(rank, width, seed: 2), values(vocabulary, rank, seed: 3))
    let pool = try ThreadPool(threads: 2)
    let logits = FloatMatrix(rows: rows, columns: vocabulary)
    head.withKernel { strata_logits(pool.handle, &$0, x.start, rows, logits.start) }
    let ids = [0, vocabulary - 1, 17]
    let readings = try LogitLens(head: head, pool: pool).read(
      x, (0..<rows).map { _ in LogitLens.Query(ids: ids, reference: rows - 1) }, top: 3, model: "m")
    for row in 0..<rows {
      let own = (0..<vocabulary).map { logits.row(row)[$0] }
      for id in ids {
        #expect(own[id] == expected(x.row(row), weights, try #require(head.update), id, a, b))
      }
      #expect(readings[row].logits == ids.map { own[$0] })
      #expect(readings[row].topLogits == Array(own.sorted(by: >).prefix(3)))
      #expect(readings[row].ranks == ids.map { id in 1 + own.count { $0 > own[id] } })
    }
    let part = try LogitLens(head: head.first(200), pool: pool).read(
      x, (0..<rows).map { _ in LogitLens.Query(ids: [17], reference: 0) }, top: 1, model: "m")
    #expect(part.map { $0.logits[0] } == (0..<rows).map { logits.row($0)[17] })
  }

  @Test("is added to the embeddings of tokens, each by itself")
  func embeddings() throws {
    let (width, rank) = (20, 3)
    let (table, up) = (values(50, rank, seed: 2), values(width, rank, seed: 3))
    let update = EmbeddingUpdate(
      table: WeightMatrix(table, name: "A"), up: WeightMatrix(up, name: "B"), scale: 0.5)
    let pool = try ThreadPool(threads: 2)
    let ids = [3, 49, 3, 0, 7, 8, 9, 10, 11, 12]
    let y = values(ids.count, width, seed: 9)
    let before = (0..<ids.count).map { row in (0..<width).map { y.row(row)[$0] } }
    update.add(ids, to: y, pool: pool)
    for (row, id) in ids.enumerated() {
      for i in 0..<width {
        #expect(y.row(row)[i] == before[row][i] + 0.5 * strata_dot(table.row(id), up.row(i), rank))
      }
    }
  }
}
