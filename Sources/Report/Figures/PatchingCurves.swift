import Findings
import Plot
import Traces
import Words

/// Mean effects over the pairs of a dataset, a line for each role of a position, with their intervals.
struct PatchingCurves {
  private typealias Patching = DatasetSummary.Patching

  private let summary: DatasetSummary
  private let patching: DatasetSummary.Patching
  private let states: PatchedStates
  private let rows: [Trace.Row]

  init(_ summary: DatasetSummary, of states: PatchedStates) throws {
    guard let patching = summary.groups.first?.patching else {
      throw FigureError.nothingToShow(
        kind: "patching", model: summary.model.name, needs: "patched runs",
        hint: "ask for them: source: COLUMN of a dataset in a spec, or strata dataset --source COLUMN")
    }
    guard !patching.means(of: states.place).isEmpty else {
      throw FigureError.nothingToShow(
        kind: "patching", model: summary.model.name,
        needs: patching.items == 0 ? "pairs with a defined effect" : "runs patched at \(states.rawValue)",
        hint: patching.items == 0
          ? "choose pairs whose source and base differ in the logits of target and foil"
          : "add it to of: of the dataset, or leave of out")
    }
    (self.summary, self.patching, self.states) = (summary, patching, states)
    let blocks = (0..<summary.heldLayers).map { Trace.Row(layer: $0, point: .block) }
    rows = states == .stream ? [Trace.Row(layer: 0, point: .embedding)] + blocks : blocks
  }

  func described(limit: Double) -> FigureDescription {
    let roles = Patching.Role.allCases.filter { role in all.contains { $0.role == role } }
    let count = CountFormat.full(patching.items)
    let charts = [all] + (hasSecond ? [right] : [])
    let findings = DatasetFindings(summary)?.groups[0].patching
    let counts = all.filter { $0.items != patching.items }.map {
      "\(CountFormat.full($0.items)) \($0.items == 1 ? "has" : "have") \($0.role.inPair)"
    }
    let caption = Caption(
      "Mean effect, over \(count) pairs of the dataset “\(TokenDisplay.line(summary.dataset.name))”, of putting one state of the run "
        + "of the source into \(summary.phrase) on the base: \(states.phrase), at \(Wording.enumeration(roles.map(\.phrase))). "
        + "0 is the base's logit of the target minus that of the foil, and 1 the source's."
    )
    .and(counts.isEmpty ? "" : "Of these pairs \(Wording.enumeration(counts)).")
    .and(findings?.baselines ?? "")
    .and(
      hasSecond
        ? "The lower chart has the \(CountFormat.full(rightItems)) pairs whose two baselines are right." : ""
    )
    .and(rows.count == (all.first?.layers.count ?? 0) ? "" : "Layers without such a part are left out.")
    .and(summary.aboutIntervals("Bands"))
    return FigureDescription(
      title:
        "Mean effect of \(states == .stream ? "states" : "outputs of parts") of the source on the target over the foil",
      caption: caption,
      alt: "Lines over the layers of \(summary.model.name), for \(Wording.enumeration(roles.map(\.phrase))). "
        + (findings?.sentence(of: states.place) ?? "")
    ) { title, alt in
      let range = range(limit)
      return Figure(
        title: "\(title): \(summary.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(
            labels: hasSecond ? [Label("All pairs"), Label("Right pairs")] : [Label("Mean effect")]),
          marks: .lines(
            LineMarks(
              series: roles.map(\.title),
              charts: charts.map { chart(means: $0, roles, range) },
              ticks: LayerTicks.numbers(rows), title: "Layer"))))
    }
  }

  private var all: [Patching.Means] { patching.means(of: states.place) }
  private var right: [Patching.Means] { patching.means(of: states.place, .right) }
  private var rightItems: Int { right.map(\.items).max() ?? 0 }
  /// Whether some baselines are wrong, so that the others get a chart of their own.
  private var hasSecond: Bool { !right.isEmpty && rightItems < patching.items }

  private func chart(
    means: [Patching.Means], _ roles: [Patching.Role], _ range: ClosedRange<Double>
  ) -> LineMarks.Chart {
    LineMarks.Chart(
      scale: .signed(range), reference: 0,
      lines: means.compactMap { means in
        roles.firstIndex(of: means.role).map { series in
          LineMarks.Line(
            series: series,
            points: means.layers.enumerated().map { index, layer in
              let row = layer + (states == .stream ? 1 : 0)
              return .init(
                place: LayerTicks.place(row, of: rows.count), value: means.effect.value[index],
                low: means.effect.low[index], high: means.effect.high[index], name: rows[row].name)
            })
        }
      })
  }

  /// Round ends around 0 and all intervals, not beyond the limit.
  private func range(_ limit: Double) -> ClosedRange<Double> {
    let means = all + (hasSecond ? right : [])
    let most = means.flatMap(\.effect.high).max() ?? 0
    let least = means.flatMap(\.effect.low).min() ?? 0
    let step = LinearScale(upTo: max(most, -least, 0.01)).tickStep
    func end(_ value: Double) -> Double { min(limit, (max(0, value) / step - 1e-9).rounded(.up) * step) }
    let (low, high) = (end(-least), end(most))
    return -low...(low == 0 && high == 0 ? min(limit, step) : high)
  }
}

extension DatasetSummary.Patching.Role {
  /// In a legend.
  fileprivate var title: String {
    switch self {
    case .differing: "Tokens that differ"
    case .between: "Tokens between"
    case .last: "Last token"
    }
  }

  /// What a pair has: "tokens that differ before the last one".
  fileprivate var inPair: String {
    switch self {
    case .differing: "tokens that differ before the last one"
    case .between: "tokens between"
    case .last: "a last token"
    }
  }
}
