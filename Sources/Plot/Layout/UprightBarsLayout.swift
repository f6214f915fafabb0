/// Lays out upright bars over rows that run across the page: amounts above them, an axis to the left and one below.
struct UprightBarsLayout {
  let figure: Figure
  let marks: BarMarks
  let theme: Theme
  let top: Double

  private static let widest = 26.0
  private static let tallest = 90.0

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    let lineHeight = metrics.ascent + metrics.descent
    let axis = figure.panel.rows
    let scale = LinearScale(upTo: marks.bars.map(\.value).max() ?? 1, whole: marks.isCount)
    let numbers = scale.ticks.map { Decimal3.text($0) + marks.unit }
    let widest = try numbers.map { try TextMeasurer.extent($0, font: font).width }.max() ?? 0
    let left = theme.margin + (try theme.titleHeight()) + theme.labelGap + widest + theme.tickLength + 1
    let first = try (axis.across ?? axis.labels).first.map { try TextMeasurer.extent($0.text, font: font).width } ?? 0
    let last = try axis.labels.last.map { try TextMeasurer.extent($0.text, font: font).width } ?? 0
    let count = Double(axis.labels.count)
    let step = min(Self.widest, (theme.width - left - theme.margin - last / 2) / count)
    let start = max(left, theme.margin + first / 2 - step / 2)
    let across = BandScale(count: axis.labels.count, start: start, step: step)
    let ticks = try TickLabels(axis, step: step, theme: theme)
    let upper = top + lineHeight
    let height = max(36, min(Self.tallest, theme.height - upper - ticks.height - theme.margin))
    let bottom = upper + height
    let stroke = Stroke(theme.ink, width: theme.axisStroke)
    func y(_ value: Double) -> Double { bottom - scale.fraction(of: value) * height }
    for (tick, number) in zip(scale.ticks, numbers) {
      if tick > 0 {
        drawing.line(
          Point(start, y(tick)), Point(across.end, y(tick)), Stroke(theme.faint, width: theme.axisStroke))
      }
      drawing.line(Point(start - theme.tickLength, y(tick)), Point(start, y(tick)), stroke)
      try drawing.text(
        number, font: font, color: theme.ink, at: Point(start - theme.tickLength - 1, y(tick)), .right, .middle)
    }
    // Amounts are above all bars or above none.
    let amounts = try marks.bars.map { try MeasuredText($0.amount, font: font) }
    let fits = amounts.allSatisfy { $0.width <= step }
    for (index, bar) in marks.bars.enumerated() where bar.value > 0 {
      let inset = step * 0.14
      let rect = Rect(across.begin(index) + inset, y(bar.value), step - 2 * inset, bottom - y(bar.value))
      let fill = bar.isMarked ? theme.accent : theme.colorMap.color(darkness: 0.4)
      drawing.box(rect, fill: fill, stroke: step < 4 ? nil : Stroke(theme.ink, width: theme.thinnestStroke))
      if fits {
        let text = try MeasuredText(bar.amount, font: Font(family: font.family, size: font.size, bold: bar.isMarked))
        drawing.text(text, color: theme.ink, centeredOn: Point(rect.midX, rect.y - metrics.capHeight / 2 - 2))
      }
    }
    drawing.line(Point(start, upper), Point(start, bottom), stroke)
    drawing.line(Point(start, bottom), Point(across.end, bottom), stroke)
    var grid = CellGrid(columns: across.bands, rows: [upper...bottom])
    grid.isTurned = true
    drawing.note(grid)
    try ticks.draw(into: &drawing, columns: across, edge: bottom, theme: theme)
    let place = Point(
      start - left + theme.margin + (try TextMeasurer.metrics(theme.titleFont())).ascent, bottom - height / 2)
    try drawing.text(marks.title, font: theme.titleFont(), color: theme.ink, at: place, .center, turned: true)
    return Size(
      max(across.end, across.middle(axis.labels.count - 1) + last / 2) + theme.margin,
      bottom + ticks.height + theme.margin)
  }
}
