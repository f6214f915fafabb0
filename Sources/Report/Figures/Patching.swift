import Findings
import Plot
import Traces
import Words

/// Options of the kind `patching`.
private struct PatchingOptions: OptionKeys {
  let of = PatchedStates.key
  let limit = OptionKey(
    "limit", .number(0.01...1000), standard: 1,
    doc: "The end of the scale on both sides, for datasets at most; 1 is the whole way from the base to the source.")
  let orientation = OptionKey.orientation
}

/// The states that are put in, as words of an option.
enum PatchedStates: String, CaseIterable {
  case stream, attention, mlp

  static let key = OptionKey(
    "of", .word(of: PatchedStates.self), standard: .stream,
    doc: "The states that are put in: the residual stream, or what attention or the MLP adds.")

  /// Those that options name.
  static func of(_ options: [String: OptionValue]) -> PatchedStates { options[key] }

  var place: Trace.Patching.Place {
    switch self {
    case .stream: .stream
    case .attention: .attention
    case .mlp: .mlp
    }
  }

  /// "the residual stream after each layer".
  var phrase: String {
    switch self {
    case .stream: "the residual stream after each layer"
    case .attention: "what the attention of each layer adds"
    case .mlp: "what the MLP of each layer adds"
    }
  }
}

extension FigureKind {
  /// The effect of each state of a source text, put into the run of a base text.
  package static let patching = FigureKind(
    name: "patching",
    summary: "how much each state of another text, put into the run of this one, moves the answer towards the other's",
    options: PatchingOptions(), needs: .patching
  ) { trace, options in
    try trace.checkShape()
    guard let patching = trace.patching else {
      throw FigureError.nothingToShow(
        kind: "patching", model: trace.model.name, needs: "patched runs",
        hint: "ask for them: patch: {source: \"The keys to the cabinet\"} in a spec, or --patch")
    }
    guard let effects = patching.effects(at: options.of.place) else {
      throw FigureError.nothingToShow(
        kind: "patching", model: trace.model.name, needs: "runs patched at \(options.of.rawValue)",
        hint:
          "add it to patch: of: [\((patching.differences.map(\.place.rawValue) + [options.of.rawValue]).joined(separator: ", "))]"
      )
    }
    let map = PatchingMap(trace, patching, options.of, effects)
    return map.described(limit: options.limit, direction: options.orientation.direction())
  } ofDataset: { summary, options in
    try PatchingCurves(summary, of: options.of).described(limit: options.limit)
  }
}

/// The map of effects, layers by positions.
private struct PatchingMap {
  private let trace: Trace
  private let patching: Trace.Patching
  private let states: PatchedStates
  private let rows: [Trace.Row]
  private let values: [[Double?]]

  init(
    _ trace: Trace, _ patching: Trace.Patching, _ states: PatchedStates, _ effects: [[Double?]]
  ) {
    (self.trace, self.patching, self.states) = (trace, patching, states)
    let blocks = (0..<trace.model.layers).map { Trace.Row(layer: $0, point: .block) }
    rows = states == .stream ? [Trace.Row(layer: 0, point: .embedding)] + blocks : blocks
    values = effects
  }

  func described(limit: Double, direction: RowDirection) -> FigureDescription {
    let (target, foil) = (label(patching.target), label(patching.foil))
    let scale = ColorScale(map: .vik, scale: .linear(-limit...limit), direction: .published, range: 0.14...0.86)
    let known = values.joined().compactMap(\.self)
    let isPartial = patching.isDefined && values.contains { $0.contains { $0 == nil } }
    var caption = Caption(
      "Effect of putting one state of the run of the source “\(excerpt(patching.source))” into \(trace.modelPhrase) on the base "
        + "“\(trace.promptExcerpt())”: \(states.phrase), at each position. 0 is the base's logit of \(target) minus that of \(foil), "
        + "\(signed(patching.baseDifference)), and 1 the source's, \(signed(patching.sourceDifference)).")
    if !patching.isDefined {
      caption = caption.and(
        "Source and base have the same difference of logits, so no effect is defined and all cells are empty.")
    }
    caption = caption.and(wrong).and(chosen)
      .and(isPartial ? "Layers without such a part have empty cells." : "")
      .about(.cellTexts, drawn: "", leftOut: "Colours show the effects; the figure's table has the numbers.")
      .and("The scale ends at \(NumberStyle.decimals.text(limit)) on both sides.")
    return FigureDescription(
      title:
        "Effect of \(states == .stream ? "each state" : "each part's output") of another text on \(target) over \(foil)",
      caption: caption,
      alt: "Heatmap of effects in \(trace.model.name), \(Wording.count(rows.count, "row")) by "
        + "\(Wording.count(trace.promptLength, "position")). "
        + (PatchingFindings(trace)?.sentence(of: states.place) ?? "No effect is defined.")
    ) { title, alt in
      var columns = ColumnAxis(
        count: trace.promptLength,
        above: ColumnAxis.Side(labels: sourceLabels, title: "Source"),
        below: ColumnAxis.Side(
          labels: (0..<trace.promptLength).map { trace.tokenLabel(at: $0) }, title: "Base"))
      columns.count = trace.promptLength
      let apart = rows.indices.filter { rows[$0].point == .embedding }
      return Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(
            labels: rows.map { Label($0.name) }, title: "Layer", gapsAfter: Set(apart), mayThin: true,
            across: rows.map { Label($0.point == .embedding ? "emb." : $0.name) }),
          marks: .cells(
            CellMarks(
              columns: columns, values: values, scale: scale,
              texts: .numbers(values.map { $0.map { $0.map(Self.text) ?? "–" } }),
              marked: values.map { $0.map { _ in false } })),
          direction: direction),
        colorBar: ColorBar(
          title: "Effect", scale: scale, numbers: .decimals, exceeds: known.contains { $0 > limit * (1 + 1e-6) },
          fallsBelow: known.contains { $0 < -limit * (1 + 1e-6) }))
    }
  }

  /// Tokens of the source where they differ from those of the base; the others are not repeated.
  private var sourceLabels: [Label] {
    patching.sourceTokens.indices.map { position in
      let token = patching.sourceTokens[position]
      guard token.id != trace.tokens[position].id else { return .token("") }
      return .token(TokenDisplay.label(token.text.map { .text($0) } ?? .bytes(token.bytes ?? "")))
    }
  }

  /// Which of the two texts does not prefer the word it should; empty where both do.
  private var wrong: String {
    let (target, foil) = (label(patching.target), label(patching.foil))
    switch (patching.sourceDifference > 0, patching.baseDifference < 0) {
    case (true, true): return ""
    case (false, true): return "The source itself does not prefer \(target)."
    case (true, false): return "The base itself does not prefer \(foil)."
    case (false, false): return "The source itself does not prefer \(target), nor the base \(foil)."
    }
  }

  private var chosen: String {
    let (target, foil) = (label(patching.target), label(patching.foil))
    return switch (patching.chosen.contains(.target), patching.chosen.contains(.foil)) {
    case (true, true):
      "\(target) is what the model predicts after the source, and \(foil) what it predicts after the base, besides \(target)."
    case (true, false): "\(target) is what the model predicts after the source, besides \(foil)."
    case (false, true): "\(foil) is what the model predicts after the base, besides \(target)."
    case (false, false): ""
    }
  }

  private func label(_ id: Int) -> String { "“\(trace.tokenLabel(id: id).text)”" }

  private func signed(_ value: Float) -> String { AttributionWords.signed(Double(value)) }

  private func excerpt(_ text: String) -> String {
    let line = TokenDisplay.line(text)
    return line.count <= 90 ? line : "…" + VisibleText.tail(of: line, count: 89)
  }

  /// "0.9", "−0.1".
  private static func text(_ value: Double) -> String {
    let text = Decimals.fixed(abs(value), 1)
    return value < 0 && text != "0.0" ? "\u{2212}" + text : text
  }
}
