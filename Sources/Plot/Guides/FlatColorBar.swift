/// Lays out a colour bar below panels: its title, and a strip from the lower bound to the upper with ticks below.
struct FlatColorBar {
  let bar: ColorBar
  /// Size of everything.
  let width: Double
  let height: Double
  private let labels: [MeasuredText]
  private let titleWidth: Double
  private let isTitleAbove: Bool
  private let strip: Double
  private let theme: Theme

  private static let longest = 130.0
  private static let shortest = 70.0
  private static let thickness = 6.0
  private static let gap = 5.0

  /// The bar in at most `available`.
  init(_ bar: ColorBar, width available: Double, theme: Theme) throws {
    self.bar = bar
    self.theme = theme
    labels = try bar.ticks.map { try MeasuredText($0.label, font: theme.tickFont()) }
    titleWidth = try TextMeasurer.extent(bar.title, font: theme.titleFont()).width
    let ends = ((labels.first?.width ?? 0) + (labels.last?.width ?? 0)) / 2
    let beside = available - titleWidth - Self.gap - ends
    isTitleAbove = beside < Self.shortest
    strip = min(Self.longest, max(40, isTitleAbove ? available - ends : beside))
    width = isTitleAbove ? max(titleWidth, strip + ends) : titleWidth + Self.gap + strip + ends
    let ticks = try TextMeasurer.metrics(theme.tickFont())
    height =
      max(Self.thickness, isTitleAbove ? try theme.titleHeight() + Self.thickness : Self.thickness) + theme.tickLength
      + 1
      + ticks.ascent + ticks.descent
  }

  /// Draws it with its top left corner at a point.
  func draw(into drawing: inout Drawing, at corner: Point) throws {
    let scale = bar.scale
    let (before, after) = (labels.first?.width ?? 0, theme.titleFont())
    let metrics = try TextMeasurer.metrics(after)
    let lineHeight = try theme.titleHeight()
    let top = corner.y + (isTitleAbove ? lineHeight : 0)
    let left = corner.x + (isTitleAbove ? 0 : titleWidth + Self.gap) + before / 2
    let baseline = isTitleAbove ? corner.y + metrics.ascent : top + Self.thickness / 2 + metrics.capHeight / 2
    try drawing.text(bar.title, font: theme.titleFont(), color: theme.ink, at: Point(corner.x, baseline))
    let first = left + (scale.below == nil ? 0 : ColorBarGuide.tip)
    let last = left + strip - (scale.above == nil ? 0 : ColorBarGuide.tip)
    let box = Rect(first, top, last - first, Self.thickness)
    let slices = 96
    for slice in 0..<slices {
      let edge = box.x + box.width * Double(slice) / Double(slices)
      let color = scale.color(fraction: (Double(slice) + 0.5) / Double(slices))
      // Each slice reaches to the end, and the next ones cover it: no hairlines.
      drawing.fill(Rect(edge, box.y, box.maxX - edge, box.height), color)
    }
    let stroke = Stroke(theme.ink, width: theme.axisStroke)
    drawing.frame(box, inset: 0, stroke)
    for (color, edge, tip) in [(scale.below, first, left), (scale.above, last, left + strip)] {
      guard let color else { continue }
      let points = [Point(edge, box.y), Point(tip, box.midY), Point(edge, box.maxY)]
      drawing.path(closed: points, fill: color)
      drawing.path(through: points, stroke)
    }
    let ticks = try TextMeasurer.metrics(theme.tickFont())
    for (tick, label) in zip(bar.ticks, labels) {
      let x = box.x + scale.scale.fraction(of: tick.value) * box.width
      drawing.line(Point(x, box.maxY), Point(x, box.maxY + theme.tickLength), stroke)
      try drawing.text(
        label.text, font: label.font, color: theme.ink,
        at: Point(x, box.maxY + theme.tickLength + 1 + ticks.ascent), .center)
    }
  }
}
