import Kernels

/// The lens over GPT-2 XL's shape: captured states times the unembedding, with every reduction that a trace has.
enum LensCase: BenchmarkCase {
  static let name = "lens"
  static let summary = "49 rows of 1, 20 and 200 positions through a head of 50257 x 1600, reductions included"

  private static let width = 1600
  private static let vocabulary = 50257
  /// The embedding and 48 blocks.
  private static let rowsPerPosition = 49
  private static let positions = [1, 20, 200]
  private static let top = 10

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    let pool = try KernelPool(threads: context.threads)
    var random = RandomNumbers(seed: 7)
    let most = (positions.max() ?? 1) * rowsPerPosition
    // Normed states have about unit variance.
    let states = random.values(most * width, scale: 1.7)
    return try [StoredFormat.f32, .f16].flatMap { stored -> [Measurement] in
      let matrix = try StoredMatrix(stored, rows: vocabulary, columns: width, seed: 5)
      return try positions.map { positions -> Measurement in
        let job = LensJob(states, positions: positions, rowsPerPosition: rowsPerPosition, top: top, matrix)
        let what = "\(positions) position\(positions == 1 ? "" : "s") x \(rowsPerPosition) rows, \(stored.name)"
        // The run that is checked warms up.
        try job.run(pool)
        try job.check(what)
        let timing = try context.told { try time { try job.run(pool) } }
        let operations = 2 * Double(job.rows) * Double(width) * Double(vocabulary)
        let (median, bytes) = (timing.median, Double(matrix.bytes))
        return Measurement.rate(
          what, unit: "GFLOP/s", of: operations / 1e9, in: timing,
          limit: operations / context.machine.gigaflops > bytes / context.machine.gigabytes ? .products : .reads
        ) { $0.seconds(operations: operations, bytes: bytes) / median }
      }
    }
  }
}
