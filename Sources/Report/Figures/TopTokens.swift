import Foundation
import Plot
import Traces
import Words

/// Options of the kind `top-tokens`.
struct TopTokensOptions: OptionKeys {
  let position = OptionKey.position
  let embedding = OptionKey.embedding
  let k = OptionKey(
    "k", .integer(1...100), standard: 10,
    doc: "How many tokens, at most as many as the trace holds and the width allows.")
  let layer = OptionKey("layer", .layer, doc: "Show one layer only, as a bar chart.")
  let mark = OptionKey.mark
}

extension FigureKind {
  /// The most probable tokens after each layer, or after one.
  package static let topTokens = FigureKind(
    name: "top-tokens",
    summary: "the most probable tokens after every layer with their probabilities, or a bar chart of one layer",
    options: TopTokensOptions(),
    needs: .nothing
  ) { trace, options in
    try trace.checkShape()
    let column = try trace.column(options.position, kind: "top-tokens")
    let count = min(
      options.k, trace.read(Array(trace.rows.indices)).flatMap { trace.top.ids[$0].map(\.count) }.min() ?? 0)
    guard count > 0 else {
      throw FigureError.nothingToShow(
        kind: "top-tokens", model: trace.model.name, needs: "most probable tokens", hint: "trace with top: 10")
    }
    let reading = TopReading(trace: trace, column: column, count: count, mark: options.mark)
    if let layer = options.layer {
      if let mark = options.mark {
        throw FigureError.badValue(
          .sets(mark), option: "mark", kind: "top-tokens", expected: "no value beside layer, which shows bars")
      }
      let row = try trace.row(layer, kind: "top-tokens")
      try trace.requireNumbers(row, kind: "top-tokens")
      return reading.chart(of: row)
    }
    return reading.grid(try trace.shownRows(embedding: options.embedding))
  }
}

/// The top of the vocabulary in one column of a trace.
private struct TopReading {
  let trace: Trace
  let column: Int
  let count: Int
  let mark: [MarkedSet]?

  /// The token that is marked in every row: the one that came next, else the model's own first choice.
  private var chosen: Int? { trace.columns[column].target ?? trace.top.ids.last?[column].first }

  private var chosenName: String { "“\(trace.tokenLabel(id: chosen).text)”" }

  func grid(_ shown: [Int]) -> FigureDescription {
    let entries = shown.map { row in
      (0..<min(count, trace.top.ids[row][column].count)).map { rank in
        let logprob = trace.top.logprobs[row][column][rank]
        return EntryMarks.Entry(
          label: trace.tokenLabel(id: trace.top.ids[row][column][rank]), fraction: exp(Double(logprob)),
          amount: Percent.whole(logprob: logprob), isMarked: trace.top.ids[row][column][rank] == chosen)
      }
    }
    let title = "Most probable tokens after every layer"
    // A layer at which the most probable token changes is shown in any case.
    let first = shown.map { trace.top.ids[$0][column].first }
    var axis = trace.rowAxis(shown)
    axis.kept = Set(first.indices.dropFirst().filter { first[$0] != first[$0 - 1] && first[$0 - 1] != nil })
    let marking = TokenMarking(mark, of: trace)
    return FigureDescription(
      title: title,
      caption: Caption(
        "The most probable \(trace.predicted)s after the layers of \(trace.modelPhrase), prompt "
          + "“\(trace.promptExcerpt())”\(place). Bars show probabilities; \(chosenName), \(chosenRole), is framed\(marking == nil ? "" : " by a thin line")."
      ).about(marking?.caption),
      alt: "Grid of the \(count) most probable tokens in every layer of \(trace.model.name). " + story(shown)
    ) { title, alt in
      var marks = EntryMarks(
        columns: ColumnAxis(
          count: count,
          above: ColumnAxis.Side(
            labels: (1...count).map { Label("\($0)") }, title: "Most probable tokens, by rank")),
        entries: entries)
      marks.frames = marking?.frames(shown.map { row in trace.top.ids[row][column].prefix(count).map { $0 } })
      return Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(rows: axis, marks: .entries(marks)))
    }
  }

  func chart(of row: Int) -> FigureDescription {
    let ids = trace.top.ids[row][column].prefix(count)
    let logprobs = trace.top.logprobs[row][column].prefix(count)
    let best = ids.first.map { "“\(trace.tokenLabel(id: $0).text)”" } ?? ""
    return FigureDescription(
      title: "Most probable tokens after \(trace.rowPhrase(row))",
      caption: Caption(
        "The \(count) most probable \(trace.predicted)s after \(trace.rowPhrase(row)) of \(trace.modelPhrase), prompt "
          + "“\(trace.promptExcerpt())”\(place). \(chosenName), \(chosenRole), is darker."),
      alt: "Bar chart of the \(count) most probable tokens after \(trace.rowPhrase(row)) of \(trace.model.name): "
        + "\(best) is first with \(logprobs.first.map { Percent.text(logprob: $0) } ?? "")."
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: ids.map { trace.tokenLabel(id: $0) }),
          marks: .bars(
            BarMarks(
              bars: zip(ids, logprobs).map { id, logprob in
                BarMarks.Bar(
                  value: exp(Double(logprob)) * 100, amount: Percent.text(logprob: logprob), isMarked: id == chosen)
              }, title: "Probability", unit: " %"))))
    }
  }

  private var place: String { trace.columnPhrase(column) }

  private var chosenRole: String {
    trace.columns[column].target == nil || trace.masks != nil ? "the model's first choice" : "the token that came next"
  }

  /// The layers at which the chosen token enters the list and becomes first for good.
  private func story(_ shown: [Int]) -> String {
    let shown = trace.read(shown)
    let places = shown.map { trace.top.ids[$0][column].prefix(count).firstIndex { $0 == chosen }.map { $0 + 1 } }
    var text = chosenName
    guard let enters = places.firstIndex(where: { $0 != nil }) else { return text + " is in none of them." }
    text += " enters at \(trace.rowPhrase(shown[enters]))"
    if let settled = Trace.settles(places) {
      text += " and has rank 1 for good from \(trace.rowPhrase(shown[settled]))"
    }
    if let last = shown.last, let place = trace.top.ids[last][column].firstIndex(where: { $0 == chosen }) {
      text += "; after the last layer it has \(Percent.text(logprob: trace.top.logprobs[last][column][place]))"
    }
    return text + "."
  }
}
