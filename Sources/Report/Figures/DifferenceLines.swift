import Plot
import Traces
import Words

/// Differences of two watched tokens at one position, a line for each trace.
struct DifferenceLines {
  private let traces: [Trace]
  private let pair: (target: Trace.Watch, foil: Trace.Watch)
  /// Column of each trace.
  private let columns: [Int]
  /// Rows of each trace.
  private let shown: [[Int]]
  /// By trace and shown row.
  private let values: [[Double?]]

  init(_ traces: [Trace], _ options: RecipeOptions<DifferenceOptions>) throws {
    self.traces = traces
    let pairs = try Trace.differencePairs(traces, options)
    pair = pairs[0]
    columns = try traces.map { try $0.column(options.position, kind: "difference") }
    shown = try traces.map { try $0.shownRows(embedding: options.embedding) }
    let (columns, shown) = (columns, shown)
    values = traces.indices.map { index in
      shown[index].map { row in
        DifferenceWords.difference(
          pairs[index].target.logprob[row][columns[index]], pairs[index].foil.logprob[row][columns[index]])
      }
    }
  }

  func described(_ options: RecipeOptions<DifferenceOptions>) -> FigureDescription {
    let first = traces[0]
    let names = Trace.names(of: traces)
    let (above, below) = ("“\(pair.target.label)”", "“\(pair.foil.label)”")
    // Turned to the left, the end of the title is the upper end of the axis.
    func short(_ label: String) -> String { label.count <= 10 ? label : label.prefix(9) + "…" }
    let axis = "“\(short(pair.foil.label))” ← nats → “\(short(pair.target.label))”"
    // What the lens reads from the embedding can lie far beyond the layers, which are what the figure is about.
    let blocks = zip(shown, zip(traces, values)).flatMap { rows, entry in
      zip(rows, entry.1).compactMap { entry.0.rows[$0].point == .embedding ? nil : $1 }
    }
    let limit = DifferenceWords.limit(options.limit, blocks)
    // Layers of models with different rows do not correspond.
    let isRelative = traces.contains { $0.rows != first.rows }
    let words = DifferenceWords.tokens(
      pair.target, pair.foil, models: Wording.enumeration(traces.map(\.modelPhrase).uniqued),
      " as the \(Wording.predicted(traces)) of " + Wording.enumeration(traces.map(\.promptWithBlank).uniqued)
        + (traces.count == 1 ? first.columnPhrase(columns[0]) : ""))
    let stories = zip(traces, values).enumerated().map { index, entry in
      "\(traces.count == 1 ? entry.0.model.name : names[index]): "
        + DifferenceWords.story(entry.1, above: above, below: below)
    }
    return FigureDescription(
      title: words.title, caption: Caption(words.caption),
      alt: "Log-probability of \(above) minus that of \(below) over the layers, "
        + "\(traces.count == 1 ? "as a line" : "a line each"). \(stories.joined(separator: "; "))."
    ) { title, alt in
      let isOnePrompt = traces.allSatisfy { $0.prompt == first.prompt }
      return Figure(
        title: "\(title): \(Wording.enumeration(traces.map(\.model.name).uniqued))", description: alt,
        heading: isOnePrompt ? Label(first.text(before: columns[0]) + " ____") : nil,
        panel: Panel(
          rows: RowAxis(labels: [Label(axis)]),
          marks: .lines(
            LineMarks(
              series: traces.count == 1 ? [first.model.name] : names,
              charts: [
                LineMarks.Chart(
                  scale: .symmetric(limit), reference: 0,
                  lines: traces.indices.flatMap { index in
                    LineMarks.Line.pieces(
                      values[index].map { $0.map { ($0, $0, $0) } },
                      names: shown[index].map(traces[index].rowName), series: index)
                  })
              ],
              ticks: isRelative ? LayerTicks.shares : LayerTicks.numbers(shown[0].map { first.rows[$0] }),
              title: isRelative ? "Share of layers passed" : "Layer", namesAtEnds: traces.count > 1))))
    }
  }
}
