import Traces

/// Reads the states of one text with the lens, as `BatchRun` reads those that it has computed.
struct StatesRun {
  /// The most columns whose states are decoded together.
  private static let together = 64

  private let text: StatesFile.Text
  private let request: PreparedRequest
  private let place: Place
  private let model: LanguageModel
  private let lens: FittedLens?
  private let pool: ThreadPool

  /// Where the states are that a request looks at.
  struct Place {
    /// The points of the network that the file has.
    var rows: TraceRequest.Rows
    /// [C] indices into the positions that the file has.
    var columns: [Int]
    /// Whether norm and head are those of the run, so that its other numbers are kept.
    var isOfRun: Bool
  }

  /// A reading of a text for a request with its tokens.
  init(
    _ text: StatesFile.Text, _ request: PreparedRequest, _ place: Place, model: LanguageModel, lens: FittedLens?,
    pool: ThreadPool
  ) {
    (self.text, self.request, self.place) = (text, request, place)
    (self.model, self.lens, self.pool) = (model, lens, pool)
  }

  /// The trace of all columns that the request captures.
  ///
  /// - Throws: `StatesFileError`, and `RunError` as a run of the model does.
  func trace() throws -> Trace {
    let view = request.request.view
    let held = points(of: LensView(norm: .final, rows: place.rows))
    guard text.rows == held.count else {
      throw StatesFileError.layers(
        path: text.place, model: model.identity.name, found: text.rows, expected: held.count)
    }
    let places = try points(of: view).map { point in
      guard let row = held.firstIndex(of: point) else { throw StatesFileError.missingRows(path: text.place) }
      return (row: row, point: point)
    }
    let columns = place.columns
    guard !columns.isEmpty else { throw StatesFileError.noColumns(path: text.place) }
    var capture = LensCapture([request], view: view, model: model, fitted: lens, pool: pool)
    for first in stride(from: 0, to: columns.count, by: StatesRun.together) {
      try read(Array(columns[first..<min(first + StatesRun.together, columns.count)]), places, into: &capture)
    }
    try capture.flush()
    let run = place.isOfRun ? text.asked : nil
    let builder = TraceBuilder(
      model: model, lens: lens, request: request, ids: request.known, attribution: run?.attribution,
      patched: run?.patching, pool: pool)
    var trace = try builder.trace(capture.columns[0])
    // Whether its tokens begin with BOS is decided.
    if let asked = text.asked { trace.model.bos = asked.model.bos }
    // The states are those of a run that was changed so.
    if let changes = text.asked?.changes {
      trace.changes = changes
      trace.schema = Trace.secondSchemaName
    }
    return trace
  }

  /// The points of a view among all points of the network.
  private func points(of view: LensView) -> [Int] {
    let all = LensView.points(model.network)
    return view.points(model.network).compactMap { all.firstIndex(of: $0) }
  }

  /// Decodes some columns, asks for the model's own output after each, and hands them to the lens.
  private func read(_ columns: [Int], _ places: [(row: Int, point: Int)], into capture: inout LensCapture) throws {
    let wanted = request.request.rows.wanted
    let states = StepStates(columns.map { _ in wanted }, layers: model.layers, width: model.width)
    let stream = FloatMatrix(rows: columns.count, columns: model.width)
    for (row, point) in places {
      for (index, column) in columns.enumerated() { try text.read(row: row, column: column, into: stream.row(index)) }
      states.keep(point: point, stream)
    }
    let looks = columns.enumerated().map { index, column in
      StepOutputs.Look(
        token: index, target: target(text.positions[column]), counted: model.counted(request.request.norm))
    }
    let outputs = StepOutputs(looks, states, model: model, pool: pool)
    for (index, look) in looks.enumerated() {
      let position = text.positions[columns[index]]
      guard let output = outputs[look], output.logSumExp.isFinite else {
        throw RunError.notFinite(model: model.identity.name, row: "the last layer", position: position)
      }
      if let difference = outputs.difference(look) {
        throw RunError.outputDisagrees(model: model.identity.name, position: position, detail: difference)
      }
      let target = request.masks == nil ? look.target : output.largest
      try capture.add([.init(request: 0, position: position, target: target, output: output)], keep: nil) {
        states.state(index, point: $0)
      }
    }
  }

  /// The token after a position, where the state predicts the next token.
  private func target(_ position: Int) -> Int? {
    guard request.masks == nil, position + 1 < request.known.count else { return nil }
    return request.known[position + 1]
  }
}
