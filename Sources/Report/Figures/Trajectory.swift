import Plot
import Traces
import Words

/// Options of the kind `trajectory`.
private struct TrajectoryOptions: OptionKeys {
  enum Depth: String, CaseIterable {
    case layer, relative
  }

  let scale = OptionKey(
    "scale", .word(of: TokenSeries.Scale.self), standard: .rank, doc: "The quantity on the vertical axis.")
  let position = OptionKey.position
  let embedding = OptionKey.embedding
  let maxRank = OptionKey.maxRank
  let limit = OptionKey(
    "limit", .number(0.1...1000), standard: 20,
    doc: "The end of the scale of log-probabilities, in nats below 0.")
  let depth = OptionKey(
    "depth", .word(of: Depth.self), standard: .layer,
    doc: "The horizontal axis: layers by number, or the share of layers passed.")
  let together = OptionKey.together
}

extension FigureKind {
  /// Watched tokens at one position as lines over the layers.
  package static let trajectory = FigureKind(
    name: "trajectory",
    summary: "the rank, probability or log-probability of watched tokens over the layers, as lines",
    options: TrajectoryOptions(),
    takes: .oneOrMore, needs: .outputOrWatched
  ) { traces, options in
    let scale = options.scale
    if let steps = options.steps { return try duringTraining(traces, steps, options) }
    var series: [(series: TokenSeries, trace: Trace, column: Int, rows: [Int], name: String, number: Int)] = []
    for (number, (trace, name)) in zip(traces, Trace.names(of: traces)).enumerated() {
      try trace.checkShape()
      let column = try trace.column(options.position, kind: "trajectory")
      let rows = try trace.shownRows(embedding: options.embedding)
      for one in try TokenSeries.all(trace, column: column, kind: "trajectory") {
        series.append((one, trace, column, rows, traces.count == 1 ? one.name : "\(name): \(one.name)", number))
      }
    }
    // Of several traces, a token has its colour in all of them, and a trace its dash.
    let names = series.map(\.series.name).uniqued
    let isCombined = traces.count > 1 && names.count > 1
    let most = isCombined ? LineMarks.mostCombined : LineMarks.mostSeries
    guard series.count <= most, names.count <= LineMarks.mostSeries, traces.count <= LineMarks.mostSeries else {
      throw FigureError.tooManyLines(
        kind: "trajectory", found: series.count, most: most,
        hint: "watch fewer tokens, or sets of them, or show fewer models together")
    }
    let first = series[0]
    // Layers of models with different rows do not correspond.
    let isRelative = options.depth == .relative || traces.contains { $0.rows != traces[0].rows }
    let lines = series.enumerated().flatMap { index, one in
      one.series.lines(scale, of: one.trace, rows: one.rows, series: index)
    }
    let isOnePrompt = traces.allSatisfy { $0.prompt == traces[0].prompt }
    let tokens = Wording.enumeration(series.map { "“\($0.series.name)”" }.uniqued)
    let models = Wording.enumeration(traces.map(\.modelPhrase).uniqued)
    let columnPhrase = traces.count == 1 ? first.trace.columnPhrase(first.column) : ""
    let prompt = isOnePrompt ? " of \(first.trace.promptWithBlank)" : ""
    return FigureDescription(
      title: "\(scale.title) of \(tokens) over the layers",
      caption: Caption(
        "\(scale.title) of \(tokens) after every layer of \(models) as the \(Wording.predicted(traces))\(prompt)\(columnPhrase)."
          + (isCombined
            ? " Colours tell tokens apart, kinds of line tell "
              + "\(!isOnePrompt ? "texts" : traces.areOfLenses ? "lenses" : "models") apart." : "")),
      alt: "Lines over the layers: \(scale.phrase) of \(tokens). After the last layer "
        + series.map { "\($0.series.ending($0.trace, rows: $0.rows)) in \($0.trace.model.name)" }
        .joined(separator: "; ") + "."
    ) { title, alt in
      Figure(
        title: "\(title): \(Wording.enumeration(traces.map(\.model.name).uniqued))", description: alt,
        panel: Panel(
          rows: RowAxis(labels: [Label(scale.axis)]),
          marks: .lines(
            LineMarks(
              series: series.map(\.name),
              charts: [
                LineMarks.Chart(scale: scale.chart(maxRank: options.maxRank, limit: options.limit), lines: lines)
              ],
              ticks: isRelative ? LayerTicks.shares : LayerTicks.numbers(first.rows.map { first.trace.rows[$0] }),
              title: isRelative ? "Share of layers passed" : "Layer", namesAtEnds: true,
              looks: isCombined
                ? series.map { one in
                  LineMarks.Look(color: names.firstIndex(of: one.series.name) ?? 0, dash: one.number)
                } : nil))))
    }
  }
}

extension FigureKind {
  /// The checkpoints of one run: a chart for each token, a line for each step.
  private static func duringTraining(
    _ traces: [Trace], _ steps: [TrainingStep], _ options: RecipeOptions<TrajectoryOptions>
  ) throws -> FigureDescription {
    let lines = try zip(traces, steps).map { trace, step in
      try trace.checkShape()
      return TrainingLines.Checkpoint(
        trace: trace, step: step, column: try trace.column(options.position, kind: "trajectory"),
        rows: try trace.shownRows(embedding: options.embedding))
    }
    return try TrainingLines(lines, options.scale).describe(
      chart: options.scale.chart(maxRank: options.maxRank, limit: options.limit), isRelative: options.depth == .relative
    )
  }
}

extension TokenSeries.Scale {
  /// At the beginning of a sentence.
  var title: String { phrase.prefix(1).uppercased() + phrase.dropFirst() }

  /// Within a sentence.
  var phrase: String {
    switch self {
    case .rank: "rank"
    case .probability: "probability"
    case .logprob: "log-probability"
    }
  }

  var axis: String {
    switch self {
    case .rank: "Rank (log scale)"
    case .probability: "Probability"
    case .logprob: "Log-probability (nats)"
    }
  }

  func chart(maxRank: Int, limit: Double) -> LineMarks.Chart.Scale {
    switch self {
    case .rank: .ranks(Double(maxRank))
    case .probability: .share
    case .logprob: .below(-limit)
    }
  }
}
