/// Captured states on their way through the lens: gathered until there are enough for a good product, then reduced.
struct LensCapture {
  /// States projected together at most, whole columns at a time.
  private static let together = 256

  /// A finished column of one request.
  struct Column {
    var position: Int
    var target: Int?
    /// One reading per row, from the embedding up; target first, then the watched ids, where there are any.
    var readings: [LogitLens.Reading]
  }

  /// A captured column that waits.
  private struct Pending {
    var request: Int
    var position: Int
    var target: Int?
    var output: ModelOutput
  }

  /// Finished columns of every request, in the order of their positions.
  private(set) var columns: [[Column]]

  private let requests: [PreparedRequest]
  private let model: LanguageModel
  private let norm: Trace.Lens.Norm
  private let lens: LogitLens
  private let pool: ThreadPool
  private let rowsPerColumn: Int
  private let states: FloatMatrix  // [columns that fit * rowsPerColumn, D]
  private var pending: [Pending] = []
  private var seen: Set<[Int]> = []

  /// A capture for those of a batch of requests that ask for this norm.
  init(_ requests: [PreparedRequest], norm: Trace.Lens.Norm, model: LanguageModel, pool: ThreadPool) {
    self.requests = requests
    self.model = model
    self.pool = pool
    self.norm = norm
    lens = LogitLens(head: model.network.output.head.first(model.counted(norm)), pool: pool)
    columns = requests.map { _ in [] }
    rowsPerColumn = model.layers + 1
    let fitting = max(1, Self.together / rowsPerColumn)
    states = FloatMatrix(rows: fitting * rowsPerColumn, columns: model.width)
  }

  /// Whether a position was captured already.
  func has(request: Int, position: Int) -> Bool { seen.contains([request, position]) }

  /// Takes a column's states [L + 1, D]; projects what has gathered when there is no more room.
  mutating func add(
    request: Int, position: Int, target: Int?, states column: UnsafePointer<Float>, output: ModelOutput
  ) throws {
    let first = pending.count * rowsPerColumn
    states.row(first).update(from: column, count: rowsPerColumn * model.width)
    seen.insert([request, position])
    pending.append(Pending(request: request, position: position, target: target, output: output))
    if (pending.count + 1) * rowsPerColumn > states.rows { try flush() }
  }

  /// Projects what has gathered, and checks that every last row is the model's own output.
  mutating func flush() throws {
    guard !pending.isEmpty else { return }
    let queries = pending.enumerated().flatMap { index, column in
      let ids = (column.target.map { [$0] } ?? []) + requests[column.request].watch
      let last = (index + 1) * rowsPerColumn - 1
      return (0..<rowsPerColumn).map { _ in LogitLens.Query(ids: ids, reference: last) }
    }
    let top = pending.map { requests[$0.request].request.topK }.max() ?? 0
    let normed = pending.indices.map { index in
      // The raw lens norms the top row only: that row is the model's own output, which has the norm exactly once.
      let first = norm == .final ? 0 : rowsPerColumn - 1
      return (index * rowsPerColumn + first)..<((index + 1) * rowsPerColumn)
    }
    let prepared = model.network.output.prepare(states, normed: normed, pool: pool)
    let readings = try lens.read(prepared, queries, top: top, model: model.identity.name)
    for (index, column) in pending.enumerated() {
      let own = Array(readings[(index * rowsPerColumn)..<((index + 1) * rowsPerColumn)])
      try check(own, column)
      columns[column.request].append(Column(position: column.position, target: column.target, readings: own))
    }
    pending.removeAll()
  }

  private func check(_ readings: [LogitLens.Reading], _ column: Pending) throws {
    if let row = readings.firstIndex(where: { !$0.logSumExp.isFinite || !$0.entropy.isFinite }) {
      throw RunError.notFinite(
        model: model.identity.name, row: row == 0 ? "the embedding" : "layer \(row - 1)", position: column.position)
    }
    guard let last = readings.last,
      let difference = column.output.difference(from: last, hasTarget: column.target != nil)
    else { return }
    throw RunError.lensDisagrees(model: model.identity.name, position: column.position, detail: difference)
  }
}
