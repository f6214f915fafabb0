/// Lays out a colour bar: a strip, ticks and their labels, and a turned title that may take two lines.
struct ColorBarGuide {
  let bar: ColorBar
  let height: Double
  /// Width of everything.
  let width: Double
  private let labels: [String]
  private let labelWidth: Double
  private let titleLines: [String]
  private let theme: Theme

  private static let stripWidth = 8.0
  /// A bar shorter than this cannot keep its tick labels apart.
  static let shortest = 52.0

  init(_ bar: ColorBar, besidePanelOfHeight panel: Double, theme: Theme) throws {
    self.bar = bar
    self.theme = theme
    height = max(panel, Self.shortest)
    let ticks = bar.scale.scale.ticks
    labels = ticks.enumerated().map { index, tick in
      (bar.exceeds && index == ticks.count - 1 && tick == bar.scale.scale.domain.upperBound ? "≥" : "")
        + CountFormat.short(Int(tick.rounded()))
    }
    labelWidth = try labels.map { try TextMeasurer.extent($0, font: theme.tickFont()).width }.max() ?? 0
    let isLong = try TextMeasurer.extent(bar.title, font: theme.titleFont()).width > height
    titleLines = isLong ? Self.halves(of: bar.title) : [bar.title]
    let titles = try theme.titleHeight() * Double(titleLines.count)
    width = Self.stripWidth + theme.tickLength + 2 + labelWidth + 3 + titles
  }

  /// A title in two lines, the second beginning with its parenthesis; in one where it has none.
  private static func halves(of title: String) -> [String] {
    guard let split = title.firstIndex(of: "("), split > title.startIndex else { return [title] }
    return [String(title[..<title.index(before: split)]), String(title[split...])]
  }

  /// Draws it with its top left corner at a point.
  func draw(into drawing: inout Drawing, at corner: Point) throws {
    let scale = bar.scale
    let slices = 96
    for slice in 0..<slices {
      let top = corner.y + height * Double(slice) / Double(slices)
      let color = scale.color(fraction: (Double(slice) + 0.5) / Double(slices))
      // Each slice reaches to the bottom, and the next ones cover it: no hairlines.
      drawing.fill(Rect(corner.x, top, Self.stripWidth, corner.y + height - top), color)
    }
    let stroke = Stroke(theme.ink, width: theme.axisStroke)
    drawing.frame(Rect(corner.x, corner.y, Self.stripWidth, height), inset: 0, stroke)
    let right = corner.x + Self.stripWidth
    for (tick, label) in zip(scale.scale.ticks, labels) {
      let y = corner.y + scale.scale.fraction(of: tick) * height
      drawing.line(Point(right, y), Point(right + theme.tickLength, y), stroke)
      try drawing.text(
        label, font: theme.tickFont(), color: theme.ink, at: Point(right + theme.tickLength + 2, y), .left, .middle)
    }
    let metrics = try TextMeasurer.metrics(theme.titleFont())
    var x = right + theme.tickLength + 2 + labelWidth + 3 + metrics.ascent
    for line in titleLines {
      try drawing.text(
        line, font: theme.titleFont(), color: theme.ink, at: Point(x, corner.y + height / 2), .center, turned: true)
      x += metrics.ascent + metrics.descent
    }
  }
}
