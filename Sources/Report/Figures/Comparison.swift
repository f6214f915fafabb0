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
    return try RankMultiples(
      kind: "comparison", embedding: options.embedding, colors: options.colors, maxRank: options.maxRank,
      inputs: options.inputs, direction: options.orientation.direction(), hasEqualRows: options.align == .layer,
      templateTokens: options.templateTokens, steps: options.steps
    ).describe(whole)
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
