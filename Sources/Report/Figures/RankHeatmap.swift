import Plot
import Traces
import Words

/// Options of the kind `rank-heatmap`.
private struct RankHeatmapOptions: OptionKeys {
  let embedding = OptionKey.embedding
  let colors = OptionKey.colors
  let maxRank = OptionKey.maxRank
  let look = OptionKey.look
  let inputs = OptionKey.inputs
  let orientation = OptionKey.orientation
  let templateTokens = OptionKey.templateTokens
  let together = OptionKey.together
}

extension FigureKind {
  /// Layers by output tokens: the rank each layer gives to the token that came next.
  package static let rankHeatmap = FigureKind(
    name: "rank-heatmap",
    summary: "the rank of every output token after every layer, on a logarithmic colour scale",
    options: RankHeatmapOptions(),
    takes: .oneOrMore, needs: .outputText
  ) { traces, options in
    guard traces.count == 1, let whole = traces.first else {
      return try RankMultiples(
        kind: "rank-heatmap", embedding: options.embedding, colors: options.colors, maxRank: options.maxRank,
        inputs: options.inputs, direction: options.orientation.direction(options.look), hasEqualRows: true,
        templateTokens: options.templateTokens, steps: options.steps, look: options.look
      ).describe(traces)
    }
    try whole.checkShape()
    try whole.requireOutput(kind: "rank-heatmap")
    let roles = try ConversationColumns(
      whole, options.templateTokens, by: .next, needsTarget: true, kind: "rank-heatmap")
    let trace = roles.trace
    let shown = try trace.shownRows(embedding: options.embedding, look: options.look)
    let ranks = shown.map { trace.rank[$0] }
    let colors = try RankColors(
      options.colors, maxRank: options.maxRank, ranks: ranks, ecco: options.look == .article ? .rankings : nil)
    let columns = roles.tokenAxis(
      inputs: options.inputs ?? (options.look == .article), look: options.look)
    return FigureDescription(
      title: "Rank of each \(roles.noun) after every layer",
      caption: roles.caption(
        Caption(
          "Rank of each \(roles.noun) after every layer of \(trace.modelPhrase), prompt “\(trace.promptExcerpt())”."
        ).aboutRanks(colors), hasInputs: columns.above != nil),
      alt: roles.alt(RankHeatmapText.alt(trace, shown: shown, counted: roles.counted)),
      origins: [roles.origin(rows: shown)]
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: trace.rowAxis(shown, look: options.look),
          marks: .cells(CellMarks(columns: columns, counts: ranks, scale: colors.scale, marked: colors.marked)),
          direction: options.orientation.direction(options.look)),
        colorBar: colors.bar)
    }
  }
}

extension Caption {
  /// What marks rank 1 in the cells, and whether ranks can be read as numbers.
  func aboutRanks(_ colors: RankColors) -> Caption {
    let ranks = about(
      .cellTexts, drawn: "Numbers are ranks.",
      leftOut: "Colours show the ranks; the figure's table has the numbers.")
    guard colors.marked != nil else {
      return ranks.and("Rank 1, the token that the layer would choose, has its own colour.")
    }
    return ranks.about(
      .cellMarks, drawn: "Rank 1, the token that the layer would choose, is marked.",
      leftOut: "Rank 1, the token that the layer would choose, has the darkest colour.")
  }
}

/// What a rank heatmap shows, in words.
private enum RankHeatmapText {
  static func alt(_ trace: Trace, shown: [Int], counted: (Int) -> String) -> String {
    let shown = trace.read(shown)
    let known = trace.columns.indices.filter { trace.columns[$0].target != nil }
    let settled = known.compactMap { column in
      Trace.settles(shown.map { trace.rank[$0][column] }).map { (column: column, row: shown[$0]) }
    }
    let name = { (column: Int) in "“\(trace.tokenLabel(id: trace.columns[column].target).text)”" }
    let blocks = trace.rows.count { $0.point == .block }
    var text =
      "Heatmap of ranks in \(trace.model.name), \(count(blocks, "layer")) by \(counted(known.count)). "
    if known.count == 1, let column = known.first, let last = shown.last {
      text += "\(name(column)) "
      text +=
        settled.first.map { "has rank 1 for good from \(trace.rowPhrase($0.row))" } ?? "does not have rank 1 at the end"
      if let rank = trace.rank[last][column] { text += "; after the last layer its rank is \(CountFormat.full(rank))" }
      if let logprob = trace.logprob[last][column] { text += " with \(Percent.text(logprob: logprob))" }
      return text + "."
    }
    text += settled.count == known.count ? "All of them" : "\(settled.count) of them"
    text += " \(settled.count == 1 ? "has" : "have") rank 1 after the last layer"
    if let earliest = settled.min(by: { $0.row < $1.row }), let latest = settled.max(by: { $0.row < $1.row }) {
      text +=
        earliest.row == latest.row
        ? ", all from \(trace.rowPhrase(earliest.row))"
        : ", \(name(earliest.column)) already from \(trace.rowPhrase(earliest.row)), "
          + "\(name(latest.column)) only from \(trace.rowPhrase(latest.row))"
    }
    return text + "."
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
