import Foundation
import Plot
import Traces
import Words

/// Options of the kind `lens-grid`.
private struct LensGridOptions: OptionKeys {
  let color = OptionKey.color
  let embedding = OptionKey.embedding
  let colors = OptionKey.colors
  let maxRank = OptionKey.maxRank
  let limit = OptionKey.limit
  let orientation = OptionKey.orientation
  let start = OptionKey("start", .integer(1...1_000_000), standard: 1, doc: "The first position shown.")
  let count = OptionKey(
    "count", .integer(1...1_000_000), doc: "How many positions are shown; all from the first one on by default.")
  let mark = OptionKey.mark
  let templateTokens = OptionKey.templateTokens
}

extension FigureKind {
  /// Layers by positions, the token each layer would choose: the picture of nostalgebraist (2020) and of tuned-lens.
  package static let lensGrid = FigureKind(
    name: "lens-grid",
    summary:
      "the token that every layer would choose at every position, coloured by its probability or another quantity",
    options: LensGridOptions(),
    needs: .nothing
  ) { whole, options in
    try whole.checkShape()
    guard whole.columns.indices.contains(options.start - 1) else {
      throw FigureError.outOfRange(
        what: "position", found: options.start, count: whole.columns.count, kind: "lens-grid")
    }
    let roles = try ConversationColumns(
      whole, options.templateTokens, by: .read, from: options.start - 1, count: options.count, kind: "lens-grid")
    let trace = roles.trace
    let columns = Array(trace.columns.indices)
    let shown = try trace.shownRows(embedding: options.embedding)
    guard trace.read(shown).allSatisfy({ row in columns.allSatisfy { !trace.top.ids[row][$0].isEmpty } }) else {
      throw FigureError.nothingToShow(
        kind: "lens-grid", model: trace.model.name, needs: "most probable tokens", hint: "trace with top: 1 or more")
    }
    let quantity = options.color
    let values = shown.map { row in columns.map { quantity.ofChoice(trace, row, $0) } }
    let colors = try QuantityColors(
      quantity, options.colors, maxRank: options.maxRank, limit: options.limit, values: values)
    let last = trace.rows.count - 1
    let isFinal = shown.map { row in columns.map { trace.top.ids[row][$0].first == trace.top.ids[last][$0].first } }
    let hasTargets = columns.contains { trace.columns[$0].target != nil }
    let marking = TokenMarking(options.mark, of: trace)
    var axis = ColumnAxis(
      count: columns.count,
      above: ColumnAxis.Side(labels: roles.readLabels, title: "Input token"),
      below: hasTargets
        ? ColumnAxis.Side(labels: roles.nextLabels, title: trace.masks == nil ? "Next token" : "Choice") : nil)
    axis.spans = roles.spans
    let whose =
      quantity == .rank
      ? (trace.masks == nil ? "the rank of the token that comes next" : "the rank of the last layer's choice")
      : "the \(quantity.phrase) of the choice"
    return FigureDescription(
      title: "Most probable token after every layer",
      caption: roles.caption(
        Caption(
          "The \(trace.predicted) that every layer of \(trace.modelPhrase) would choose, at "
            + "\(trace.placesPhrase(columns)). Colours show "
            + (quantity.isOfState ? "the \(quantity.phrase) there." : "\(whose).")
        ).about(
          .cellTexts, drawn: "Words are the chosen tokens.",
          leftOut: "The cells are too small for words; the figure's table has the chosen tokens."
        ).about(
          .cellMarks, drawn: "Cells where the last layer chooses the same token are marked.", leftOut: ""
        ).about(marking?.caption),
        hasInputs: true, hasNext: hasTargets),
      alt: roles.alt(alt(trace, shown: shown, columns: columns)),
      origins: [roles.origin(rows: shown)]
    ) { title, alt in
      var marks = CellMarks(
        columns: axis, values: values, scale: colors.scale,
        texts: .labels(shown.map { row in columns.map { trace.tokenLabel(id: trace.top.ids[row][$0].first) } }),
        marked: isFinal)
      marks.frames = marking?.frames(shown.map { row in columns.map { trace.top.ids[row][$0].first } })
      return Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: trace.rowAxis(shown),
          marks: .cells(marks),
          direction: options.orientation.direction()),
        colorBar: colors.bar)
    }
  }

  private static func alt(_ trace: Trace, shown: [Int], columns: [Int]) -> String {
    let last = trace.rows.count - 1
    let shown = trace.read(shown)
    func name(_ column: Int) -> String { "“\(trace.tokenLabel(id: trace.top.ids[last][column].first).text)”" }
    let settled = columns.map { column in
      Trace.settles(shown.map { trace.top.ids[$0][column].first == trace.top.ids[last][column].first ? 1 : 2 }) ?? 0
    }
    var text = "Grid of the token that every layer of \(trace.model.name) would choose, "
    text += "\(Wording.count(shown.count, "row")) by \(Wording.count(columns.count, "position")). "
    if columns.count == 1 {
      return text
        + "The last layer chooses \(name(columns[0])), as do all layers from \(trace.rowPhrase(shown[settled[0]]))."
    }
    let half = settled.sorted()[(settled.count - 1) / 2]
    text += "The last layer chooses "
    text += columns.prefix(6).map(name).joined(separator: ", ") + (columns.count > 6 ? " and so on" : "")
    return text + "; at half of the positions this choice is settled by \(trace.rowPhrase(shown[half]))."
  }
}

extension Marks {
  /// Whether words in cells are what the figure is for.
  var areWords: Bool {
    guard case .cells(let marks) = self, case .labels = marks.texts else { return false }
    return true
  }
}

extension Quantity {
  /// Of the token a layer would choose; the rank is that of the token that comes next.
  fileprivate func ofChoice(_ trace: Trace, _ row: Int, _ column: Int) -> Double? {
    switch self {
    case .probability: trace.top.logprobs[row][column].first.map { exp(Double($0)) }
    case .logprob: trace.top.logprobs[row][column].first.map(Double.init)
    case .rank, .entropy, .kl: value(trace, row, column)
    }
  }
}
