import Kernels

/// Products with stored weights of GPT-2 XL's shapes.
enum KernelsCase: BenchmarkCase {
  static let name = "kernels"
  static let summary = "products of 1 to 512 rows with stored weights of GPT-2 XL's shapes"

  /// K, the width, and N, the rows of the weights.
  private static let shapes = [(k: 1600, n: 6400), (k: 6400, n: 1600), (k: 1600, n: 50257)]
  private static let rows = [1, 4, 20, 200, 512]
  /// With few rows, weights must come from memory, as they do in a model: this much is read before any is read again.
  private static let cold = 256 << 20
  /// A call may take well below a millisecond; so many operations are timed together.
  private static let operations = 4e9

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    let pool = try KernelPool(threads: context.threads)
    return try StoredFormat.all.flatMap { stored -> [Measurement] in
      // Blocks of Q4_K are 256 wide, which 1600 is no multiple of.
      let block = stored.format.blockElements
      return try shapes.flatMap { try run(stored, ($0.k / block * block, $0.n), pool, context) }
    }
  }

  private static func run(
    _ stored: StoredFormat, _ shape: (k: Int, n: Int), _ pool: KernelPool, _ context: BenchmarkContext
  ) throws -> [Measurement] {
    let first = try StoredMatrix(stored, rows: shape.n, columns: shape.k, seed: 1)
    let copies = max(1, (cold + first.bytes - 1) / first.bytes)
    let matrices = try (0..<copies).map {
      $0 == 0 ? first : try StoredMatrix(stored, rows: shape.n, columns: shape.k, seed: UInt64($0) + 1)
    }
    var random = RandomNumbers(seed: 99)
    let x = random.values((rows.max() ?? 1) * shape.k, scale: 1)
    var y = [Float](repeating: 0, count: (rows.max() ?? 1) * shape.n)
    return try rows.flatMap { rows -> [Measurement] in
      let each = 2 * Double(rows) * Double(shape.k) * Double(shape.n)
      let calls = rows <= 4 ? copies : max(1, Int(operations / each))
      let what = "\(rows) x \(shape.n) x \(shape.k), \(stored.name)"
      pool.multiply(x, rows: rows, first, into: &y)
      try check(what, x, rows, first, y)
      let timing = context.time {
        for call in 0..<calls { pool.multiply(x, rows: rows, matrices[call % copies], into: &y) }
      }
      let all = Measurement.operations(what, each * Double(calls), in: timing)
      return rows > 1 ? [all] : [all, .bytes(what, Double(first.bytes * calls), in: timing)]
    }
  }

  /// Compares a sample of the results with a plain loop.
  private static func check(_ what: String, _ x: [Float], _ rows: Int, _ w: StoredMatrix, _ y: [Float]) throws {
    var random = RandomNumbers(seed: UInt64(rows))
    let places = [(0, 0), (rows - 1, w.rows - 1)] + (0..<30).map { _ in (random.below(rows), random.below(w.rows)) }
    for (m, n) in places {
      let plain = plainDot(x[(m * w.columns)..<((m + 1) * w.columns)], w.row(n))
      let found = Double(y[m * w.rows + n])
      // Sixteen partial sums of K / 16 products, each rounded once, and a fold.
      let bound = plain.magnitude * (Double(w.columns) / 16 + 5) * 0x1p-24
      guard abs(found - plain.sum) <= bound else {
        throw CheckFailed("\(what): [\(m), \(n)] is \(found), a plain loop says \(plain.sum) within \(bound)")
      }
    }
  }
}
