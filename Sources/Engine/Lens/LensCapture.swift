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

  /// Takes the states of a column [R, D] for its own purposes: request, position, states, R.
  typealias Keep = (_ request: Int, _ position: Int, _ states: UnsafePointer<Float>, _ rows: Int) -> Void

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
  private let view: LensView
  /// Where the rows of a column are among all points.
  private let places: [Int]
  private let names: [Trace.Row]
  private let lens: LogitLens
  private let tuned: TunedLens?
  private let pool: ThreadPool
  private let rowsPerColumn: Int
  private let states: FloatMatrix  // [columns that fit * rowsPerColumn, D]
  private var pending: [Pending] = []
  private var seen: Set<[Int]> = []

  /// A capture for those of a batch of requests that ask for this view.
  init(
    _ requests: [PreparedRequest], view: LensView, model: LanguageModel, tuned: TunedLens?, pool: ThreadPool
  ) {
    self.requests = requests
    self.model = model
    self.pool = pool
    self.tuned = tuned
    self.view = view
    let points = LensView.points(layers: model.layers)
    let wanted = view.points(layers: model.layers)
    places = wanted.compactMap(points.firstIndex)
    names = wanted
    lens = LogitLens(head: model.network.output.head.first(model.counted(view.norm)), pool: pool)
    columns = requests.map { _ in [] }
    rowsPerColumn = wanted.count
    let fitting = max(1, Self.together / rowsPerColumn)
    states = FloatMatrix(rows: fitting * rowsPerColumn, columns: model.width)
  }

  /// Whether a position was captured already.
  func has(request: Int, position: Int) -> Bool { seen.contains([request, position]) }

  /// Takes a column's states at all points [2 L + 1, D], of which the view's rows are kept; projects what has gathered when there is no more room.
  mutating func add(
    request: Int, position: Int, target: Int?, states column: UnsafePointer<Float>, output: ModelOutput, keep: Keep?
  ) throws {
    let first = pending.count * rowsPerColumn
    for (row, place) in places.enumerated() {
      states.row(first + row).update(from: column + place * model.width, count: model.width)
    }
    keep?(request, position, states.row(first), rowsPerColumn)
    seen.insert([request, position])
    pending.append(Pending(request: request, position: position, target: target, output: output))
    if (pending.count + 1) * rowsPerColumn > states.rows { try flush() }
  }

  /// Projects what has gathered, and checks that every last row is the model's own output.
  mutating func flush() throws {
    guard !pending.isEmpty else { return }
    let queries = pending.enumerated().flatMap { index, column in
      let ids = (column.target.map { [$0] } ?? []) + requests[column.request].watchedIDs
      let last = (index + 1) * rowsPerColumn - 1
      return (0..<rowsPerColumn).map { _ in LogitLens.Query(ids: ids, reference: last) }
    }
    let top = pending.map { requests[$0.request].request.topK }.max() ?? 0
    let normed = pending.indices.map { index in
      // The raw lens norms the top row only: that row is the model's own output, which has the norm exactly once.
      let first = view.norm == .final ? 0 : rowsPerColumn - 1
      return (index * rowsPerColumn + first)..<((index + 1) * rowsPerColumn)
    }
    tuned?.apply(to: states, columns: pending.count, rows: rowsPerColumn, pool: pool)
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
        model: model.identity.name, row: names[row].point == .embedding ? "the embedding" : "layer \(names[row].layer)",
        position: column.position)
    }
    guard let last = readings.last,
      let difference = column.output.difference(from: last, hasTarget: column.target != nil)
    else { return }
    throw RunError.lensDisagrees(model: model.identity.name, position: column.position, detail: difference)
  }
}
