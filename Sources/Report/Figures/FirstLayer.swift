import Plot
import Traces
import Words

/// Options of the kind `first-layer`.
private struct FirstLayerOptions: OptionKeys {
  enum View: String, CaseIterable {
    case histogram, strip
  }
  enum Event: String, CaseIterable {
    case stays, appears
  }

  let view = OptionKey(
    "view", .word(of: View.self), standard: .histogram,
    doc: "Bars for the layers, or the text with its tokens tinted by layer.")
  let event = OptionKey(
    "event", .word(of: Event.self), standard: .stays,
    doc: "The layer from which the token keeps rank 1 to the end, or the first layer where it has rank 1.")
  let embedding = OptionKey.embedding
  let colors = OptionKey.colors(dark: "the last layer")
  let templateTokens = OptionKey.templateTokens
}

extension FigureKind {
  /// How early the layers arrive at the last layer's choice, over the positions of a text.
  package static let firstLayer = FigureKind(
    name: "first-layer",
    summary: "the layer from which the model's final choice has rank 1, as a histogram or over the text",
    options: FirstLayerOptions(),
    takes: .one, needs: .positions(FirstLayerReading.fewest),
    needsByOptions: { $0.view == .histogram ? .positions(FirstLayerReading.fewest) : .nothing }
  ) { traces, options in
    try traces[0].checkShape()
    let roles = try ConversationText(traces[0], options.templateTokens, kind: "first-layer")
    let trace = roles.trace
    if options.view == .histogram, trace.columns.count < FirstLayerReading.fewest {
      throw FigureError.tooFewPositions(
        kind: "first-layer", model: trace.model.name, found: trace.columns.count, least: FirstLayerReading.fewest)
    }
    let shown = try trace.shownRows(embedding: options.embedding)
    guard let last = shown.last, !trace.blankRows.contains(last) else {
      throw FigureError.badTrace(model: trace.model.name, reason: "its last row has no numbers")
    }
    let reading = try FirstLayerReading(roles, shown: shown, stays: options.event == .stays)
    switch options.view {
    case .histogram: return reading.histogram()
    case .strip: return reading.strip(options.colors)
    }
  }
}

/// Where each column's final choice has rank 1.
private struct FirstLayerReading {
  /// A histogram of fewer positions says nothing that a sentence would not say better.
  static let fewest = 5

  let roles: ConversationText
  let shown: [Int]
  let stays: Bool
  /// Index in `shown` for each column.
  let places: [Int]

  private var trace: Trace { roles.trace }

  init(_ roles: ConversationText, shown: [Int], stays: Bool) throws {
    (self.roles, self.shown, self.stays) = (roles, shown, stays)
    let trace = roles.trace
    let last = trace.rows.count - 1
    let blank = trace.blankRows
    guard trace.rows.indices.allSatisfy({ row in blank.contains(row) || trace.top.ids[row].allSatisfy { !$0.isEmpty } })
    else {
      throw FigureError.nothingToShow(
        kind: "first-layer", model: trace.model.name, needs: "most probable tokens", hint: "trace with top: 1 or more")
    }
    places = trace.columns.indices.map { column in
      let read = shown.indices.filter { !blank.contains(shown[$0]) }
      let agrees = read.map { trace.top.ids[shown[$0]][column][0] == trace.top.ids[last][column][0] }
      // The last row agrees with itself.
      return read[stays ? (agrees.lastIndex(of: false) ?? -1) + 1 : agrees.firstIndex(of: true) ?? read.count - 1]
    }
  }

  private var event: String { stays ? "has rank 1 for good" : "first has rank 1" }

  /// The first place by which half of the positions are settled.
  private var half: Int { places.sorted()[(places.count - 1) / 2] }

  private func caption(_ rest: String) -> Caption {
    Caption(
      "The layer \(stays ? "from" : "at") which the final choice of \(trace.modelPhrase) \(event), at "
        + "\(trace.placesPhrase(Array(trace.columns.indices))). \(rest)")
  }

  private var alt: String {
    let counts = shown.indices.map { place in places.count { $0 == place } }
    let most = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
    let name = { (place: Int) in trace.rowPhrase(shown[place]) }
    let word = stays ? "from" : "after"
    return
      "The final choice of \(trace.model.name) \(event) \(word) \(name(places.min() ?? 0)) at the earliest and "
      + "\(word) \(name(places.max() ?? 0)) at the latest; at half of the \(Wording.count(places.count, "position")) this "
      + "is so by \(name(half)). The most frequent is \(name(most)), at \(Wording.count(counts[most], "position"))."
  }

  func histogram() -> FigureDescription {
    let counts = shown.indices.map { place in places.count { $0 == place } }
    return FigureDescription(
      title: stays
        ? "Layer from which the final token has rank 1 for good" : "First layer where the final token has rank 1",
      caption: caption("The bar of the layer by which this is so at half of them is darker.")
        .and(roles.hiddenPositions),
      alt: "Histogram over the layers. " + alt
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(
            labels: shown.map { Label(trace.rowName($0)) }, title: "Layer", mayThin: true,
            across: trace.rowAxis(shown).across),
          marks: .bars(
            BarMarks(
              bars: counts.enumerated().map { place, count in
                BarMarks.Bar(
                  value: Double(count), amount: count == 0 ? "" : CountFormat.full(count), isMarked: place == half)
              }, title: "Positions", unit: "", isCount: true)), direction: .across))
    }
  }

  func strip(_ map: ColorMap) -> FigureDescription {
    // The embedding lies one step before layer 0.
    let layers = shown.map { trace.rows[$0].point == .embedding ? -1 : Double(trace.rows[$0].layer) }
    let domain = (layers.min() ?? 0)...max(layers.max() ?? 1, (layers.min() ?? 0) + 1)
    // Early is light, late is dark: what the last layers decide stands out.
    let scale = ColorScale(map: map, scale: .linear(domain), direction: .darkHigh)
    let values = Dictionary(
      places.enumerated().map { (trace.predictedPosition($0), layers[$1]) }, uniquingKeysWith: { first, _ in first })
    return FigureDescription(
      title: stays ? "Layer from which each token has rank 1 for good" : "First layer where each token has rank 1",
      caption: roles.caption(caption("Each token is tinted by this layer for the choice at its place.")),
      alt: roles.alt("The text with its tokens tinted by layer. " + alt)
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: [Label("")]), marks: .tokens(roles.tokenMarks(values, marked: [], scale: scale))),
        colorBar: ColorBar(title: "Layer", scale: scale, numbers: .decimals, exceeds: false))
    }
  }
}
