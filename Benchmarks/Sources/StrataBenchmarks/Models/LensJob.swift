import Foundation
import Kernels

/// One call of the lens kernel with all that it reads and writes, and what a plain computation says of some of its rows.
final class LensJob {
  let rows: Int
  private let rowsPerPosition: Int
  private let top: Int
  private let matrix: StoredMatrix
  private let states: ArraySlice<Float>
  private let targets: [Int32]
  private let arena = Arena()
  private var head: strata_head
  private var request: strata_lens_request
  private var result: strata_lens_result

  /// The first `positions` positions of `states`; the last row of each is the one that others are compared with.
  init(_ states: [Float], positions: Int, rowsPerPosition: Int, top: Int, _ matrix: StoredMatrix) {
    rows = positions * rowsPerPosition
    self.rowsPerPosition = rowsPerPosition
    self.top = top
    self.matrix = matrix
    self.states = states[..<(rows * matrix.columns)]
    var random = RandomNumbers(seed: 3)
    targets = (0..<rows).map { _ in Int32(random.below(matrix.rows)) }
    head = strata_head(matrix: matrix.kernel, bias: nil, scale: 1, softcap: 0, update: nil)
    let references = (0..<rows).map { Int32(($0 / rowsPerPosition + 1) * rowsPerPosition - 1) }
    request = strata_lens_request(
      states: arena.copy(self.states), rows: rows, reference: arena.copy(references), ids: arena.copy(targets),
      offsets: arena.copy((0...rows).map { Int32($0) }), top: Int32(top), marks: nil)
    result = strata_lens_result(
      log_sum_exp: arena.room(rows, of: Double.self), entropy: arena.room(rows, of: Double.self),
      divergence: arena.room(rows, of: Double.self), logits: arena.room(rows, of: Float.self),
      greater: arena.room(rows, of: Int64.self), top_ids: arena.room(rows * top, of: Int32.self),
      top_logits: arena.room(rows * top, of: Float.self), marked: nil)
  }

  /// Runs the lens once.
  ///
  /// - Throws: `CheckFailed` when memory cannot be had.
  func run(_ pool: KernelPool) throws {
    guard strata_lens(pool.handle, &head, &request, &result) == 0 else {
      throw CheckFailed("the lens had not enough memory for \(rows) rows")
    }
  }

  /// Compares the last result with a plain computation in double for the first row, one in the middle and the last.
  func check(_ what: String) throws {
    for row in Set([0, rows / 2, rows - 1]).sorted() {
      let logits = plainLogits(row)
      let likely = plainLogits((row / rowsPerPosition + 1) * rowsPerPosition - 1)
      let (sum, likelySum) = (logSumExp(logits), logSumExp(likely))
      var entropy = 0.0
      var divergence = 0.0
      for (own, other) in zip(logits, likely) {
        entropy -= exp(own - sum) * (own - sum)
        divergence += exp(other - likelySum) * ((other - likelySum) - (own - sum))
      }
      try close(result.log_sum_exp[row], sum, 1e-4, "\(what), row \(row): log sum exp")
      try close(result.entropy[row], entropy, 1e-3, "\(what), row \(row): entropy")
      try close(result.divergence[row], divergence, 1e-3, "\(what), row \(row): KL")
      let target = logits[Int(targets[row])]
      try close(Double(result.logits[row]), target, 1e-4, "\(what), row \(row): logit of the target")
      // Logits closer than rounding may stand in either order.
      let ranks = logits.count { $0 > target + 1e-4 }...logits.count { $0 > target - 1e-4 }
      guard ranks.contains(Int(result.greater[row])) else {
        throw CheckFailed("\(what), row \(row): \(result.greater[row]) logits are greater, a plain loop says \(ranks)")
      }
      for (k, logit) in logits.sorted(by: >).prefix(top).enumerated() {
        try close(Double(result.top_logits[row * top + k]), logit, 1e-4, "\(what), row \(row): top \(k + 1)")
        let id = Int(result.top_ids[row * top + k])
        try close(logits[id], logit, 1e-4, "\(what), row \(row): logit of top \(k + 1), token \(id)")
      }
    }
  }

  private func plainLogits(_ row: Int) -> [Double] {
    let state = states[(row * matrix.columns)..<((row + 1) * matrix.columns)]
    return (0..<matrix.rows).map { plainDot(state, matrix.row($0)).sum }
  }

  private func logSumExp(_ logits: [Double]) -> Double {
    let largest = logits.max() ?? 0
    return largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
  }

  private func close(_ found: Double, _ expected: Double, _ bound: Double, _ what: String) throws {
    guard abs(found - expected) <= bound else {
      throw CheckFailed("\(what) is \(found), a plain loop says \(expected)")
    }
  }
}

/// Memory for C calls that stays where it is until the arena goes.
final class Arena {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  /// Room for `count` values, zeros.
  func room<Value: Numeric>(_ count: Int, of type: Value.Type) -> UnsafeMutablePointer<Value> {
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: count)
    pointer.initialize(repeating: 0, count: count)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  /// A copy of some values.
  func copy<Values: Collection>(_ values: Values) -> UnsafePointer<Values.Element> where Values.Element: Numeric {
    let pointer = room(values.count, of: Values.Element.self)
    for (index, value) in values.enumerated() { pointer[index] = value }
    return UnsafePointer(pointer)
  }
}
