/// The names of framed sets with their frames, in lines above a panel.
struct FrameLegend {
  let height: Double
  let width: Double
  private let items: [(text: String, place: Point)]
  private let theme: Theme
  private let lineHeight: Double

  private static let sample = Size(10, 7)
  private static let gap = 3.0
  private static let between = 10.0

  /// The legend of a panel; without height where nothing is framed.
  init(_ frames: FrameSets?, theme: Theme) throws {
    self.theme = theme
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    lineHeight = max(Self.sample.height, metrics.ascent + metrics.descent) + 1.5
    let room = theme.width - 2 * theme.margin
    var items: [(text: String, place: Point)] = []
    var (x, line, widest) = (0.0, 0.0, 0.0)
    for name in frames?.names ?? [] {
      let before = Self.sample.width + Self.gap
      let text = try TextMeasurer.shortened(
        try TextMeasurer.drawable(name, font: font), font: font, width: room - before)
      let wide = before + (try TextMeasurer.extent(text, font: font).width)
      if x > 0, x + wide > room { (x, line) = (0, line + 1) }
      items.append((text, Point(x, line * lineHeight)))
      widest = max(widest, x + wide)
      x += wide + Self.between
    }
    self.items = items
    width = items.isEmpty ? 0 : widest + 2 * theme.margin
    height = items.isEmpty ? 0 : (line + 1) * lineHeight + theme.labelGap
  }

  /// Draws it below `top`.
  func draw(into drawing: inout Drawing, top: Double) throws {
    for (look, item) in zip(FrameLook.all, items) {
      let y = top + item.place.y
      let box = Rect(
        theme.margin + item.place.x, y + (lineHeight - 1.5 - Self.sample.height) / 2, Self.sample.width,
        Self.sample.height)
      look.draw(around: box, into: &drawing, theme: theme)
      try drawing.text(
        item.text, font: theme.tickFont(), color: theme.ink,
        at: Point(box.maxX + Self.gap, box.midY), .left, .middle)
    }
  }
}
