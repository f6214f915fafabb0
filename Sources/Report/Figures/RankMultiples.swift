import Plot
import Traces
import Words

/// Rank heatmaps of several traces on one colour scale.
struct RankMultiples {
  let kind: String
  let embedding: Bool
  let colors: ColorMap
  let maxRank: Int
  let inputs: Bool?
  let direction: RowDirection
  /// Whether single layers have the same length in all panels, not whole models.
  let hasEqualRows: Bool
  let templateTokens: TemplateTokens
  /// The training steps of the traces, where all are of checkpoints of one run; nil for other traces.
  let steps: [TrainingStep]?
  var look = FigureLook.paper

  /// What the figure shows.
  ///
  /// - Throws: `FigureError` for a trace without tokens after the prompt.
  func describe(_ all: [Trace]) throws -> FigureDescription {
    for trace in all { try trace.checkShape() }
    let chosen = steps == nil ? Array(all.indices) : Self.chosen(of: all.count)
    let whole = chosen.map { all[$0] }
    let steps = self.steps.map { steps in chosen.map { steps[$0] } }
    for trace in whole { try trace.requireOutput(kind: kind) }
    let roles = try whole.map {
      try ConversationColumns($0, templateTokens, by: .next, needsTarget: true, kind: kind)
    }
    let traces = roles.map(\.trace)
    let first = traces[0]
    let shown = try traces.map { try $0.shownRows(embedding: embedding, look: look) }
    let ranks = zip(traces, shown).map { trace, rows in rows.map { trace.rank[$0] } }
    let colors = try RankColors(
      self.colors, maxRank: maxRank, ranks: Array(ranks.joined()), ecco: look == .article ? .rankings : nil)
    let names = steps.map { $0.map(\.phrase) } ?? Trace.names(of: traces)
    let isOfLenses = traces.areOfLenses
    let isOneModel = traces.allSatisfy { $0.model == first.model && $0.lens == first.lens }
    let isOnePrompt = traces.allSatisfy { $0.prompt == first.prompt }
    let models =
      self.steps.map { TrainingAxis.models(all, $0) }
      ?? (isOneModel ? first.modelPhrase : Wording.enumeration(traces.map(\.modelPhrase)))
    let noun = ConversationColumns.nouns(roles)
    let isOfRuns = isOneModel && isOnePrompt && traces.contains { $0.changes != nil }
    let what =
      isOfRuns
      ? "runs"
      : isOneModel ? "prompts" : isOfLenses && isOnePrompt ? "lenses" : isOnePrompt ? "models" : "models and prompts"
    let isStretched = !hasEqualRows && Set(shown.map(\.count)).count > 1
    let hasInputs = inputs ?? (look == .article)
    // Of several models or prompts, one alone may be left.
    let isAlone = traces.count == 1
    let setting = steps != nil ? " during training" : isAlone ? "" : " in \(what) side by side"
    let ending = isAlone ? "." : ", with the same colours in all panels."
    let pictures = isAlone ? "Heatmap of ranks. " : "\(traces.count) heatmaps of ranks on one scale. "
    return FigureDescription(
      title: "Ranks of \(noun.plural)\(setting)",
      caption: ConversationColumns.caption(
        Caption(
          "Rank of each \(noun.one) after every layer of \(models)"
            + (isOnePrompt ? ", prompt “\(first.promptExcerpt())”" : "") + ending
            + (steps.map { " \(Self.order($0, of: all.count))" } ?? "")
            + (isStretched ? " Panels have the same length, so equal lengths are equal shares of the layers." : "")
        ).aboutRanks(colors), roles, hasInputs: hasInputs),
      alt: pictures
        + zip(names, zip(roles, shown)).map { $1.0.alt(Self.alt($0, $1.0, $1.1)) }.joined(separator: " "),
      origins: roles.indices.map { roles[$0].origin(rows: shown[$0], number: chosen[$0]) }
    ) { title, alt in
      Figure(
        title: "\(title): \(steps?[0].run ?? Wording.enumeration(names))", description: alt,
        panel: Panel(
          rows: RowAxis(labels: [Label("")]),
          marks: .multiples(
            MultipleMarks(
              panels: traces.indices.map { index in
                let trace = traces[index]
                return MultipleMarks.Part(
                  title: Label(names[index]), rows: trace.rowAxis(shown[index], look: look),
                  marks: CellMarks(
                    columns: roles[index].tokenAxis(inputs: hasInputs, look: look), counts: ranks[index],
                    scale: colors.scale, marked: colors.marked))
              }, hasEqualRows: hasEqualRows)),
          direction: direction),
        colorBar: colors.bar)
    }
  }

  /// The most panels of steps: with more, their titles would be cut.
  private static let mostSteps = 12

  /// The checkpoints that have panels: all, or of too many the first, the last, and others at equal distances in their list.
  private static func chosen(of count: Int) -> [Int] {
    guard count > mostSteps else { return Array(0..<count) }
    return (0..<mostSteps).map { ($0 * (count - 1) + (mostSteps - 1) / 2) / (mostSteps - 1) }
  }

  /// In which order panels of steps stand.
  private static func order(_ steps: [TrainingStep], of count: Int) -> String {
    let what = steps[0].unit.map { "\($0) of the training" } ?? "training steps"
    return "Panels stand in the order of the \(what), at equal distances whatever lies between."
      + (steps.count < count
        ? " Shown are \(steps.count) of the \(count) checkpoints, at equal distances in their list." : "")
  }

  private static func alt(_ name: String, _ roles: ConversationColumns, _ shown: [Int]) -> String {
    let trace = roles.trace
    let shown = trace.read(shown)
    let known = trace.columns.indices.filter { trace.columns[$0].target != nil }
    let settled = known.compactMap { column in Trace.settles(shown.map { trace.rank[$0][column] }) }.sorted()
    var text = "\(name) (\(Wording.count(trace.model.layers, "layer"))): \(settled.count) of "
    text += "\(roles.counted(known.count)) \(settled.count == 1 ? "has" : "have") rank 1 at the end"
    if !settled.isEmpty {
      text += ", half of these by \(trace.rowPhrase(shown[settled[(settled.count - 1) / 2]]))"
    }
    return text + "."
  }
}
