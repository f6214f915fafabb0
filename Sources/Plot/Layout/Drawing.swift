/// Collects the items of a scene while a figure is laid out, and remembers how far they reach.
struct Drawing {
  private(set) var items: [SceneItem] = []
  /// Where cells, bars, points and tokens are, in drawing order.
  private(set) var grids: [CellGrid] = []

  /// What was drawn, and what was left out.
  var drawn = DrawnParts()

  /// Notes where something is that can be pointed at.
  mutating func note(_ grid: CellGrid) { grids.append(grid) }

  /// Which part of a text a point fixes horizontally.
  enum Horizontal { case left, center, right }
  /// Which part of a text a point fixes vertically: `middle` is half the height of capitals.
  enum Vertical { case baseline, middle, top }

  mutating func fill(_ rect: Rect, _ color: Color) {
    items.append(.rectangle(rect, fill: color, stroke: nil, cornerRadius: 0))
  }

  mutating func box(_ rect: Rect, fill: Color?, stroke: Stroke?, cornerRadius: Double = 0) {
    items.append(.rectangle(rect, fill: fill, stroke: stroke, cornerRadius: cornerRadius))
  }

  mutating func frame(_ rect: Rect, inset: Double, _ stroke: Stroke) {
    let inner = Rect(rect.x + inset, rect.y + inset, rect.width - 2 * inset, rect.height - 2 * inset)
    items.append(.rectangle(inner, fill: nil, stroke: stroke, cornerRadius: 0))
  }

  mutating func line(_ from: Point, _ to: Point, _ stroke: Stroke) {
    items.append(.path(Path([.move(from), .line(to)]), fill: nil, stroke: stroke))
  }

  mutating func path(through points: [Point], _ stroke: Stroke) {
    items.append(.path(Drawing.path(points), fill: nil, stroke: stroke))
  }

  mutating func path(closed points: [Point], fill: Color) {
    items.append(.path(Path(Drawing.path(points).segments + [.close]), fill: fill, stroke: nil))
  }

  private static func path(_ points: [Point]) -> Path {
    Path(points.enumerated().map { $0 == 0 ? .move($1) : .line($1) })
  }

  /// Text fixed at a point; with `turned`, it reads upwards and both alignments are meant along and across its own line.
  mutating func text(
    _ text: String, font: Font, color: Color, at point: Point, _ horizontal: Horizontal = .left,
    _ vertical: Vertical = .baseline, turned: Bool = false
  ) throws {
    guard !text.isEmpty else { return }
    let along: Double =
      switch horizontal {
      case .left: 0
      case .center: try TextMeasurer.extent(text, font: font).width / 2
      case .right: try TextMeasurer.extent(text, font: font).width
      }
    let across: Double =
      switch vertical {
      case .baseline: 0
      case .middle: try TextMeasurer.metrics(font).capHeight / 2
      case .top: try TextMeasurer.metrics(font).ascent
      }
    let origin = turned ? Point(point.x + across, point.y + along) : Point(point.x - along, point.y + across)
    items.append(.text(TextRun(text, at: origin, font: font, color: color, rotation: turned ? -90 : 0)))
  }

  /// Text centred on a point, at half the height of capitals.
  mutating func text(_ text: MeasuredText, color: Color, centeredOn point: Point) {
    guard !text.text.isEmpty else { return }
    let origin = Point(point.x - text.width / 2, point.y + text.capHeight / 2)
    items.append(.text(TextRun(text.text, at: origin, font: text.font, color: color, rotation: 0)))
  }
}

/// A text that is drawn many times, measured once.
struct MeasuredText {
  let text: String
  let font: Font
  let width: Double
  let capHeight: Double

  /// - Throws: `PlotError.missingFont`.
  init(_ text: String, font: Font) throws {
    self.text = text
    self.font = font
    width = try TextMeasurer.extent(text, font: font).width
    capHeight = try TextMeasurer.metrics(font).capHeight
  }
}
