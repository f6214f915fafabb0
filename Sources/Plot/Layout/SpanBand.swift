/// A band along the columns of a heatmap that names runs of them: a bracket and a name for each, a hairline between two.
struct SpanBand {
  /// From the cells to the far side.
  let thickness: Double
  /// Columns of the block, from 0.
  private let spans: [NamedSpan]
  private let font: Font

  /// Between the cells and the brackets, and between the brackets and the names.
  private static let gap = 1.5
  private static let bracket = 0.6
  /// Fewer letters of a name say nothing.
  private static let fewestLetters = 2

  /// The names of the runs that are in some columns; nil where there are none.
  init?(_ spans: [NamedSpan], in range: Range<Int>, theme: Theme) throws {
    self.spans = spans.compactMap { span in
      let shown = span.range.clamped(to: range)
      guard !shown.isEmpty else { return nil }
      return NamedSpan(
        range: (shown.lowerBound - range.lowerBound)..<(shown.upperBound - range.lowerBound), name: span.name)
    }
    guard !self.spans.isEmpty else { return nil }
    font = theme.tickFont(size: max(theme.smallestSize, min(theme.tickSize, 6.5)))
    let metrics = try TextMeasurer.metrics(font)
    thickness = Self.gap * 2 + max(Self.bracket, theme.thinnestStroke) + metrics.ascent + metrics.descent
  }

  /// Draws it above cells that begin at `edge`, or left of them when turned; with `isAfter`, below or right of cells that end there.
  ///
  /// - Returns: false when a name is left out for want of room.
  func draw(
    into drawing: inout Drawing, columns: BandScale, edge: Double, isAfter: Bool, isTurned: Bool, theme: Theme
  ) throws -> Bool {
    let metrics = try TextMeasurer.metrics(font)
    let width = max(Self.bracket, theme.thinnestStroke)
    let hairline = Stroke(theme.softInk, width: max(0.4, theme.thinnestStroke))
    let away: Double = isAfter ? 1 : -1
    let line = edge + away * (Self.gap + width / 2)
    let baseline = edge + away * (2 * Self.gap + width + (isAfter ? metrics.ascent : metrics.descent))
    func place(_ along: Double, _ across: Double) -> Point { isTurned ? Point(across, along) : Point(along, across) }
    var hasAll = true
    for (index, span) in spans.enumerated() {
      let begin = columns.begin(span.range.lowerBound)
      let end = columns.begin(span.range.upperBound - 1) + columns.step
      if index > 0 {
        drawing.line(place(begin, edge + away * (thickness - 1)), place(begin, edge + away * 0.5), hairline)
      }
      guard let name = span.name else { continue }
      let inset = min(1.2, (end - begin) / 4)
      drawing.line(place(begin + inset, line), place(end - inset, line), Stroke(theme.softInk, width: width))
      let text = try TextMeasurer.drawable(name, font: font)
      let cut = try TextMeasurer.shortened(text, font: font, width: end - begin - 2)
      guard cut == text || cut.count > Self.fewestLetters else {
        hasAll = false
        continue
      }
      try drawing.text(
        cut, font: font, color: theme.ink, at: place((begin + end) / 2, baseline), .center, turned: isTurned)
    }
    return hasAll
  }
}
