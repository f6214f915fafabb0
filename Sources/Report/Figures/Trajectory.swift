import Plot
import Traces
import Words

extension FigureKind {
  /// Watched tokens at one position as lines over the layers.
  package static let trajectory = FigureKind(
    name: "trajectory",
    summary: "the rank, probability or log-probability of watched tokens over the layers, as lines",
    options: [
      Option(
        name: "scale", values: .choice(TokenSeries.Scale.allCases.map(\.rawValue)), standard: .text("rank"),
        doc: "The quantity on the vertical axis."),
      .position, .embedding, .maxRank,
      Option(
        name: "limit", values: .number(0.1...1000), standard: .number(20),
        doc: "The end of the scale of log-probabilities, in nats below 0."),
      Option(
        name: "depth", values: .choice(["layer", "relative"]), standard: .text("layer"),
        doc: "The horizontal axis: layers by number, or the share of layers passed."),
      .together,
    ],
    takes: .oneOrMore, needs: .outputOrWatched
  ) { traces, options in
    let scale = options.text("scale").flatMap(TokenSeries.Scale.init(rawValue:)) ?? .rank
    var series: [(series: TokenSeries, trace: Trace, column: Int, rows: [Int], name: String)] = []
    for (trace, name) in zip(traces, Trace.names(of: traces)) {
      try trace.checkShape()
      let column = try trace.column(options, kind: "trajectory")
      let rows = try trace.shownRows(embedding: options.flag("embedding"))
      for one in try TokenSeries.all(trace, column: column, kind: "trajectory") {
        series.append((one, trace, column, rows, traces.count == 1 ? one.name : "\(name): \(one.name)"))
      }
    }
    guard series.count <= LineMarks.mostSeries else {
      throw FigureError.tooManyLines(
        kind: "trajectory", found: series.count, most: LineMarks.mostSeries,
        hint: "watch fewer tokens, or sets of them, or show fewer models together")
    }
    let first = series[0]
    // Layers of models with different rows do not correspond.
    let isRelative =
      options.text("depth") == "relative" || traces.contains { $0.rows != traces[0].rows }
    let lines = series.enumerated().flatMap { index, one in
      one.series.lines(scale, of: one.trace, rows: one.rows, series: index)
    }
    let isOnePrompt = traces.allSatisfy { $0.prompt == traces[0].prompt }
    let tokens = Wording.enumeration(series.map { "“\($0.series.name)”" }.uniqued)
    let models = Wording.enumeration(traces.map(\.modelPhrase).uniqued)
    let columnPhrase = traces.count == 1 ? first.trace.columnPhrase(first.column) : ""
    let prompt = isOnePrompt ? " of “\(first.trace.promptExcerpt()) ____”" : ""
    return FigureDescription(
      title: "\(scale.title) of \(tokens) over the layers",
      caption: "\(scale.title) of \(tokens) after every layer of \(models) as the next token\(prompt)\(columnPhrase).",
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
              series: series.map(\.name), charts: [LineMarks.Chart(scale: scale.chart(options), lines: lines)],
              ticks: isRelative ? LayerTicks.shares : LayerTicks.numbers(first.rows.map { first.trace.rows[$0] }),
              title: isRelative ? "Share of layers passed" : "Layer", namesAtEnds: true))))
    }
  }
}

extension FigureKind.Option {
  /// Whether models share a figure.
  package static let together = FigureKind.Option(
    name: "together", values: .flag, standard: .flag(false), doc: "Show all models of a prompt in one figure.")
}

extension TokenSeries.Scale {
  /// At the beginning of a sentence.
  fileprivate var title: String { phrase.prefix(1).uppercased() + phrase.dropFirst() }

  /// Within a sentence.
  fileprivate var phrase: String {
    switch self {
    case .rank: "rank"
    case .probability: "probability"
    case .logprob: "log-probability"
    }
  }

  fileprivate var axis: String {
    switch self {
    case .rank: "Rank (log scale)"
    case .probability: "Probability"
    case .logprob: "Log-probability (nats)"
    }
  }

  fileprivate func chart(_ options: FigureOptions) -> LineMarks.Chart.Scale {
    switch self {
    case .rank: .ranks(Double(options.integer("max_rank") ?? 100_000))
    case .probability: .share
    case .logprob: .below(-(options.number("limit") ?? 20))
    }
  }
}
