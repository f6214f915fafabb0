import Findings
import Plot
import Traces
import Words

/// What each head of each layer adds, as a heatmap.
struct AttributionHeads {
  private let words: AttributionWords
  private let limit: Double?
  /// [layer][head], nil where a layer has no such head.
  private let values: [[Double?]]

  init(_ words: AttributionWords, limit: Double?) throws {
    self.words = words
    self.limit = limit
    let heads = Dictionary(
      words.attribution.parts.compactMap { part in part.heads.flatMap { heads in part.layer.map { ($0, heads) } } },
      uniquingKeysWith: { first, _ in first })
    let most = heads.values.map(\.count).max() ?? 0
    guard most > 0 else {
      throw FigureError.nothingToShow(
        kind: "attribution", model: words.trace.model.name, needs: "heads of attention", hint: "show it by: part")
    }
    values = (0..<words.trace.heldLayers).map { layer in
      (0..<most).map { head in heads[layer].flatMap { $0.indices.contains(head) ? Double($0[head]) : nil } }
    }
  }

  func described(_ direction: RowDirection) -> FigureDescription {
    let trace = words.trace
    let known = values.joined().compactMap(\.self)
    let limit = self.limit ?? LinearScale(upTo: max(known.map(abs).max() ?? 0, 0.01)).maximum
    // The ends of the map are nearly black; without them blue and red can be told apart.
    let scale = ColorScale(map: .vik, scale: .linear(-limit...limit), direction: .published, range: 0.14...0.86)
    let rest = Double(words.attribution.difference) - known.reduce(0, +)
    let caption =
      "What each head of attention of \(trace.modelPhrase) adds to \(words.difference), in logits\(words.softcap): "
      + "above 0 it favours \(words.target). All heads together add "
      + "\(AttributionWords.signed(known.reduce(0, +))) of \(AttributionWords.signed(Double(words.attribution.difference))); the "
      + "embedding, MLPs and biases add \(AttributionWords.signed(rest))."
    let isPartial = values.contains { $0.contains { $0 == nil } }
    return FigureDescription(
      title: "What each head adds to \(words.target) over \(words.foil)",
      caption: Caption(caption).and(isPartial ? "Layers without attention, or with fewer heads, have empty cells." : "")
        .and(words.chosen)
        .about(.cellTexts, drawn: "", leftOut: "Colours show what heads add; the figure's table has the numbers.")
        .and("The scale ends at \(NumberStyle.decimals.text(limit)) logits on both sides."),
      alt: "Heatmap of the heads of \(trace.model.name), \(Wording.count(values.count, "layer")) by "
        + "\(Wording.count(values.first?.count ?? 0, "head")). "
        + (AttributionFindings(trace)?.sentence(byHead: true) ?? "")
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: values.indices.map { Label("\($0)") }, title: "Layer", mayThin: true),
          marks: .cells(
            CellMarks(
              columns: ColumnAxis(
                count: values.first?.count ?? 0,
                below: ColumnAxis.Side(
                  labels: (values.first ?? []).indices.map { Label("\($0)") }, title: "Head")),
              values: values, scale: scale,
              texts: .numbers(values.map { $0.map { $0.map(DifferenceWords.signed) ?? "–" } }),
              marked: values.map { $0.map { _ in false } })),
          direction: direction),
        colorBar: ColorBar(
          title: "\(words.target) \u{2212} \(words.foil) (logits)", scale: scale, numbers: .decimals,
          exceeds: known.contains { $0 > limit }, fallsBelow: known.contains { $0 < -limit }))
    }
  }
}
