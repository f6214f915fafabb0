import Traces

/// Collects captured states until there are enough for an efficient product, then runs the lens on them.
struct LensCapture {
  /// The most states projected together, in whole columns: enough that packing the unembedding is a small part.
  private static let together = 992

  /// A finished column of one request.
  struct Column {
    var position: Int
    var target: Int?
    /// One reading per row, from the embedding up, nil where the lens has none; the target first, then any watched ids.
    var readings: [LogitLens.Reading?]
  }

  /// Receives the states of a column [R, D]: request, position, states, R.
  typealias Keep = (_ request: Int, _ position: Int, _ states: UnsafePointer<Float>, _ rows: Int) -> Void

  /// A request for which a column is captured.
  struct Taker {
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
  /// The view's rows, and their indices among all points.
  private let rows: [(row: Trace.Row, place: Int)]
  /// The rows that the lens reads.
  private let names: [Trace.Row]
  private let lens: LogitLens
  private let fitted: FittedLens?
  private let pool: ThreadPool
  private let rowsPerColumn: Int
  private let states: FloatMatrix  // [columns that fit * rowsPerColumn, D]
  /// Pending columns, each with the requests that share it.
  private var pending: [[Taker]] = []

  /// A capture for the requests of a batch with this view.
  init(
    _ requests: [PreparedRequest], view: LensView, model: LanguageModel, fitted: FittedLens?, pool: ThreadPool
  ) {
    self.requests = requests
    self.model = model
    self.pool = pool
    self.fitted = fitted
    self.view = view
    let points = LensView.points(model.network)
    rows = view.points(model.network).compactMap { row in points.firstIndex(of: row).map { (row: row, place: $0) } }
    names = rows.map(\.row).filter { fitted?.reads($0, layers: model.layers) ?? true }
    lens = LogitLens(
      head: model.network.output.head.first(model.counted(view.norm)), pool: pool,
      marks: requests.lazy.compactMap(\.marks).first)
    columns = requests.map { _ in [] }
    rowsPerColumn = names.count
    let fitting = max(1, Self.together / rowsPerColumn)
    states = FloatMatrix(rows: fitting * rowsPerColumn, columns: model.width)
  }

  /// Adds the view's rows of a column, once for all requests that share it; projects the pending columns when full.
  mutating func add(_ takers: [Taker], keep: Keep?, state: (_ point: Int) -> UnsafePointer<Float>?) throws {
    let first = pending.count * rowsPerColumn
    let all = keep == nil ? nil : FloatMatrix(rows: rows.count, columns: model.width)
    var next = first
    for (index, (row, place)) in rows.enumerated() {
      guard let state = state(place) else { preconditionFailure("a state of the view was not kept") }
      all?.row(index).update(from: state, count: model.width)
      guard next < first + rowsPerColumn, names[next - first] == row else { continue }
      states.row(next).update(from: state, count: model.width)
      next += 1
    }
    if let keep, let all {
      for taker in takers { keep(taker.request, taker.position, all.start, rows.count) }
    }
    pending.append(takers)
    if (pending.count + 1) * rowsPerColumn > states.rows { try flush() }
  }

  /// Projects the pending columns, and checks that every last row is the model's own output.
  mutating func flush() throws {
    guard !pending.isEmpty else { return }
    let queries = pending.enumerated().flatMap { index, takers in
      let ids = takers.flatMap(ids)
      let last = (index + 1) * rowsPerColumn - 1
      return (0..<rowsPerColumn).map { _ in LogitLens.Query(ids: ids, reference: last) }
    }
    let top = pending.joined().map { requests[$0.request].request.topK }.max() ?? 0
    let normed = pending.indices.map { index in
      // The raw lens normalises only the top row: it is the model's own output, with exactly one final norm.
      let first = view.norm == .final ? 0 : rowsPerColumn - 1
      return (index * rowsPerColumn + first)..<((index + 1) * rowsPerColumn)
    }
    fitted?.apply(to: states, columns: pending.count, rows: names, pool: pool)
    let prepared = model.network.output.prepare(states, normed: normed, pool: pool)
    let readings = try lens.read(prepared, queries, top: top, model: model.identity.name)
    for (index, takers) in pending.enumerated() {
      let shared = readings[(index * rowsPerColumn)..<((index + 1) * rowsPerColumn)]
      var first = 0
      for taker in takers {
        let asked = first..<(first + ids(of: taker).count)
        first = asked.upperBound
        let own = takers.count == 1 ? Array(shared) : shared.map { $0.only(asked) }
        try check(own, taker)
        columns[taker.request].append(
          Column(position: taker.position, target: taker.target, readings: inAllRows(own)))
      }
    }
    pending.removeAll()
  }

  /// The readings of a column in the view's rows.
  private func inAllRows(_ readings: [LogitLens.Reading]) -> [LogitLens.Reading?] {
    guard readings.count < rows.count else { return readings }
    var left = zip(names, readings).makeIterator()
    var next = left.next()
    return rows.map { row, _ in
      guard let (name, reading) = next, name == row else { return nil }
      next = left.next()
      return reading
    }
  }

  /// Ids whose rank and logit a request wants: the target first, if there is one.
  private func ids(of taker: Taker) -> [Int] {
    (taker.target.map { [$0] } ?? []) + requests[taker.request].watchedIDs
  }

  private func check(_ readings: [LogitLens.Reading], _ column: Taker) throws {
    if let row = readings.firstIndex(where: {
      // Finite logits that lie far apart have a divergence beyond float32.
      !$0.logSumExp.isFinite || !$0.entropy.isFinite || !Float($0.divergence).isFinite
    }) {
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
