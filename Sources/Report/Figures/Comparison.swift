import Plot
import Traces
import Words

/// Options of the kind `comparison`.
private struct ComparisonOptions: OptionKeys {
  enum Alignment: String, CaseIterable {
    case depth, layer
  }
  enum Tokens: String, CaseIterable {
    case output, watched
  }

  let tokens = OptionKey(
    "tokens", .word(of: Tokens.self),
    doc: "The tokens whose ranks are shown; not set, those of the output, or watched ones where there is no output.")
  let align = OptionKey(
    "align", .word(of: Alignment.self), standard: .depth,
    doc: "What has the same length in all panels: whole models, or single layers.")
  let position = OptionKey.position
  let embedding = OptionKey.embedding
  let colors = OptionKey.colors
  let maxRank = OptionKey.maxRank
  let inputs = OptionKey.inputs
  let orientation = OptionKey.orientation
  let templateTokens = OptionKey.templateTokens
}

extension FigureKind {
  /// Rank heatmaps of several models of one prompt, or of several prompts, on one colour scale.
  package static let comparison = FigureKind(
    name: "comparison",
    summary: "rank heatmaps of several models, or of several prompts, in one figure with one colour scale",
    options: ComparisonOptions(),
    takes: .several, needs: .outputOrWatched,
    needsByOptions: { options in
      switch options.tokens {
      case .output: .outputText
      case .watched: .watchedTokens
      case nil: .outputOrWatched
      }
    }
  ) { whole, options in
    for trace in whole { try trace.checkShape() }
    let hasOutput = whole.allSatisfy { $0.columns.contains { $0.target != nil } }
    let tokens = options.tokens ?? (hasOutput || whole.contains { $0.watch.isEmpty } ? .output : .watched)
    if tokens == .watched {
      let panels = try whole.map {
        try WatchedRanks(
          $0, position: options.position, embedding: options.embedding, look: .paper, kind: "comparison")
      }
      let colors = try RankColors(options.colors, maxRank: options.maxRank, ranks: panels.flatMap(\.ranks))
      return WatchedRanks.describe(
        panels, colors: colors, direction: options.orientation.direction(), look: .paper,
        hasEqualRows: options.align == .layer)
    }
    for trace in whole { try trace.requireOutput(kind: "comparison") }
    let roles = try whole.map {
      try ConversationColumns($0, options.templateTokens, by: .next, needsTarget: true, kind: "comparison")
    }
    let traces = roles.map(\.trace)
    let first = traces[0]
    let shown = try traces.map { try $0.shownRows(embedding: options.embedding) }
    let ranks = zip(traces, shown).map { trace, rows in rows.map { trace.rank[$0] } }
    let colors = try RankColors(options.colors, maxRank: options.maxRank, ranks: Array(ranks.joined()))
    let names = Trace.names(of: traces)
    let isOfLenses = traces.areOfLenses
    let isOneModel = traces.allSatisfy { $0.model == first.model && $0.lens == first.lens }
    let isOnePrompt = traces.allSatisfy { $0.prompt == first.prompt }
    let models = isOneModel ? first.modelPhrase : Wording.enumeration(traces.map(\.modelPhrase))
    let noun = ConversationColumns.nouns(roles)
    let isOfRuns = isOneModel && isOnePrompt && traces.contains { $0.changes != nil }
    let what =
      isOfRuns
      ? "runs"
      : isOneModel ? "prompts" : isOfLenses && isOnePrompt ? "lenses" : isOnePrompt ? "models" : "models and prompts"
    let isStretched = options.align == .depth && Set(shown.map(\.count)).count > 1
    return FigureDescription(
      title: "Ranks of \(noun.plural) in \(what) side by side",
      caption: ConversationColumns.caption(
        Caption(
          "Rank of each \(noun.one) after every layer of \(models)"
            + (isOnePrompt ? ", prompt “\(first.promptExcerpt())”" : "") + ", with the same colours in all panels."
            + (isStretched ? " Panels have the same length, so equal lengths are equal shares of the layers." : "")
        ).aboutRanks(colors), roles, hasInputs: options.inputs ?? false),
      alt: "\(traces.count) heatmaps of ranks on one scale. "
        + zip(names, zip(roles, shown)).map { $1.0.alt(alt($0, $1.0, $1.1)) }.joined(separator: " "),
      origins: roles.indices.map { roles[$0].origin(rows: shown[$0], number: $0) }
    ) { title, alt in
      Figure(
        title: "\(title): \(Wording.enumeration(names))", description: alt,
        panel: Panel(
          rows: RowAxis(labels: [Label("")]),
          marks: .multiples(
            MultipleMarks(
              panels: traces.indices.map { index in
                let trace = traces[index]
                return MultipleMarks.Part(
                  title: Label(names[index]), rows: trace.rowAxis(shown[index]),
                  marks: CellMarks(
                    columns: roles[index].tokenAxis(inputs: options.inputs ?? false), counts: ranks[index],
                    scale: colors.scale, marked: 1))
              }, hasEqualRows: options.align == .layer)),
          direction: options.orientation.direction()),
        colorBar: colors.bar)
    }
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

extension Trace {
  /// What distinguishes the traces: the model's name, the prompt, or both.
  package static func names(of traces: [Trace]) -> [String] {
    let models = modelNames(of: traces)
    let isOneModel = models.uniqued.count == 1
    let isOnePrompt = traces.allSatisfy { $0.prompt == traces[0].prompt }
    return zip(traces, models).map { trace, model in
      if isOneModel, traces.count > 1, !isOnePrompt { return "“\(trace.promptExcerpt(48))”" }
      return isOnePrompt ? model : "\(model): “\(trace.promptExcerpt(30))”"
    }
  }

  /// Names that distinguish the models, with their lenses where traces of one name differ in them.
  package static func modelNames(of traces: [Trace]) -> [String] {
    zip(traces, Trace.Model.names(of: traces.map(\.model))).map { trace, name in
      let differs = traces.contains { $0.model.name == trace.model.name && $0.lens != trace.lens }
      return (differs ? "\(name), \(Wording.lensNoun(trace.lens.kind))" : name) + changedSuffix(trace, among: traces)
    }
  }

  /// ", changed" where traces of one model differ in the changes of their runs, with a number where several are changed.
  private static func changedSuffix(_ trace: Trace, among traces: [Trace]) -> String {
    let own = traces.filter { $0.model.name == trace.model.name }
    guard let changes = trace.changes, own.contains(where: { $0.changes != changes }) else { return "" }
    var known: [[Change]] = []
    for other in own.compactMap(\.changes) where !known.contains(other) { known.append(other) }
    return known.count > 1 ? ", changed \((known.firstIndex(of: changes) ?? 0) + 1)" : ", changed"
  }
}

extension ConversationColumns {
  /// The columns, with the tokens that came next below, and the tokens whose states are read above if asked for.
  func tokenAxis(inputs: Bool, look: FigureLook = .paper) -> ColumnAxis {
    let isArticle = look == .article
    var axis = ColumnAxis(
      count: trace.columns.count,
      above: inputs
        ? ColumnAxis.Side(labels: readLabels, title: isArticle ? "Input Token" : "Input token") : nil,
      below: ColumnAxis.Side(labels: nextLabels, title: isArticle ? axisTitle.capitalized : axisTitle))
    axis.spans = spans
    axis.hasSpansBelow = true
    return axis
  }
}
