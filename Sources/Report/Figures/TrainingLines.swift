import Plot
import Traces
import Words

/// Tokens over the layers at several steps of a training: a chart for each token, with a line for each step.
struct TrainingLines {
  /// One of the checkpoints.
  struct Checkpoint {
    var trace: Trace
    var step: TrainingStep
    /// The column that is shown.
    var column: Int
    /// The rows that are shown.
    var rows: [Int]
  }

  private let checkpoints: [Checkpoint]
  private let scale: TokenSeries.Scale
  /// By checkpoint, then by chart; nil where a checkpoint does not follow the token of a chart.
  private let series: [[TokenSeries?]]
  /// The tokens of the charts; nil for the one chart in which each checkpoint has a token of its own.
  private let names: [String]?

  /// - Throws: `FigureError` for a trace without tokens to follow, and for too many tokens.
  init(_ checkpoints: [Checkpoint], _ scale: TokenSeries.Scale) throws {
    (self.checkpoints, self.scale) = (checkpoints, scale)
    let all = try checkpoints.map { try TokenSeries.all($0.trace, column: $0.column, kind: "trajectory") }
    let known = all.flatMap { $0.map(\.name) }.uniqued
    if known.count > 1, checkpoints.allSatisfy(\.trace.watch.isEmpty) {
      // Each of them goes on in its own way.
      (names, series) = (nil, all.map { [$0.first] })
    } else {
      names = known
      series = all.map { own in known.map { name in own.first { $0.name == name } } }
    }
    guard known.count <= LineMarks.mostSeries || names == nil else {
      throw FigureError.tooManyLines(
        kind: "trajectory", found: known.count, most: LineMarks.mostSeries, hint: "watch fewer tokens, or sets of them")
    }
  }

  /// What the figure shows.
  func describe(chart: LineMarks.Chart.Scale, isRelative: Bool) throws -> FigureDescription {
    let traces = checkpoints.map(\.trace)
    guard let axis = TrainingAxis(checkpoints.map(\.step)), let last = checkpoints.last else {
      throw FigureError.badTrace(
        model: traces[0].model.name, reason: "its checkpoints are not those of one run in order")
    }
    let isRelative = isRelative || traces.contains { $0.rows != traces[0].rows }
    let charts = (names ?? [""]).indices.map { index in
      LineMarks.Chart(
        scale: chart,
        lines: checkpoints.indices.flatMap { number -> [LineMarks.Line] in
          let one = checkpoints[number]
          return series[number][index]?.lines(scale, of: one.trace, rows: one.rows, series: number) ?? []
        })
    }
    let tokens = names.map { Wording.enumeration($0.map { "“\($0)”" }) }
    let isOnePrompt = traces.allSatisfy { $0.prompt == traces[0].prompt }
    let prompt = isOnePrompt ? " of \(traces[0].promptWithBlank)" : ""
    let what = tokens ?? "each checkpoint's own choice"
    return FigureDescription(
      title: "\(scale.title) of \(tokens ?? "the output token") over the layers during training",
      caption: Caption(
        "\(scale.title) of \(what) after every layer of \(axis.models(traces)), as the \(Wording.predicted(traces))\(prompt)."
          + (names == nil ? " \(own)" : "") + " \(axis.sentence)"),
      alt: "Lines over the layers, one for each of \(axis.steps.phrase): \(scale.phrase) of \(what). "
        + [0, checkpoints.count - 1].map(ending).joined(separator: " ")
    ) { title, alt in
      let labels = names.map { $0.count == 1 ? [scale.axis] : $0.map { "\(scale.title) of “\($0)”" } } ?? [scale.axis]
      var marks = LineMarks(
        series: axis.names, charts: charts,
        ticks: isRelative ? LayerTicks.shares : LayerTicks.numbers(last.rows.map { last.trace.rows[$0] }),
        title: isRelative ? "Share of layers passed" : "Layer")
      marks.gradation = axis.gradation
      return Figure(
        title: "\(title): \(axis.steps[0].run)", description: alt,
        panel: Panel(rows: RowAxis(labels: labels.map { Label($0) }), marks: .lines(marks)), colorBar: axis.bar)
    }
  }

  /// Which token is whose, where each checkpoint has its own.
  private var own: String {
    let tokens = series.map { $0[0]?.name ?? "" }
    let parts = tokens.uniqued.map { token in
      let steps = zip(tokens, checkpoints).filter { $0.0 == token }.map { Wording.grouped($0.1.step.number) }
      return "“\(token)” at \(Wording.enumeration(steps))"
    }
    return "The lines are of different tokens: \(parts.joined(separator: "; "))."
  }

  /// Where its lines end: "In first (step 64), after the last layer “is” has rank 1 (43.00 %), for good from layer 12".
  private func ending(_ number: Int) -> String {
    let one = checkpoints[number]
    let ends = series[number].compactMap { $0?.ending(one.trace, rows: one.rows) }
    return "In \(one.trace.model.name), after the last layer " + ends.joined(separator: "; ") + "."
  }
}
