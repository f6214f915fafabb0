/// Names left of the runs of a text, each beside the first line of its run, with a hairline between two runs.
struct SpanNames {
  /// Room left of the text; 0 where there are no runs.
  let width: Double
  private let spans: [NamedSpan]
  private let texts: [String]
  private let font: Font
  private let theme: Theme

  private static let longest = 60.0
  private static let gap = 4.0

  /// The names in the theme's font.
  init(_ spans: [NamedSpan], theme: Theme) throws {
    let font = theme.tickFont()
    (self.spans, self.font, self.theme) = (spans, font, theme)
    texts = try spans.map { span in
      let text = try TextMeasurer.drawable(span.name ?? "", font: font)
      return try TextMeasurer.shortened(text, font: font, width: Self.longest)
    }
    let widest = try texts.map { try TextMeasurer.extent($0, font: font).width }.max()
    width = widest.map { $0 + Self.gap } ?? 0
  }

  /// Draws them beside the tokens that begin a run; `starts` are the tokens that are drawn, from the first.
  func draw(into drawing: inout Drawing, starts: [Rect], right: Double, lineGap: Double) throws {
    guard !spans.isEmpty else { return }
    for (span, text) in zip(spans, texts) where starts.indices.contains(span.range.lowerBound) {
      let start = starts[span.range.lowerBound]
      if span.range.lowerBound > 0 {
        let y = start.y - lineGap / 2
        drawing.line(
          Point(theme.margin, y), Point(right, y), Stroke(theme.softInk, width: max(0.4, theme.thinnestStroke)))
      }
      try drawing.text(text, font: font, color: theme.ink, at: Point(theme.margin, start.midY), .left, .middle)
    }
    drawing.drawn.spanNames = true
  }
}
