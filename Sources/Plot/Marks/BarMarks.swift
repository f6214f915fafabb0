/// Horizontal bars from 0, each with its amount written at its end.
public struct BarMarks: Equatable, Sendable {
  /// One per row, in the unit of the scale.
  public var bars: [Bar]
  /// Below the ticks.
  public var title: String
  /// How the ticks are written: a unit after the number, such as " %".
  public var unit: String
  /// Whether bars are counts, which have no fractions.
  public var isCount: Bool

  /// A bar.
  public struct Bar: Equatable, Sendable {
    /// Its length.
    public var value: Double
    /// Its length as written.
    public var amount: String
    /// Whether it is filled with the accent and its label is bold; the others are lighter.
    public var isMarked: Bool
    /// A bar.
    public init(value: Double, amount: String, isMarked: Bool) {
      self.value = value
      self.amount = amount
      self.isMarked = isMarked
    }
  }

  /// Bars.
  public init(bars: [Bar], title: String, unit: String, isCount: Bool = false) {
    self.isCount = isCount
    self.bars = bars
    self.title = title
    self.unit = unit
  }

  /// Height of a row with room enough.
  static let rowHeight = 12.0
  /// The largest width: longer bars are no easier to compare.
  static let widest = 200.0
}

extension BarMarks {
  /// The width to the right of the longest bar for its amount.
  func amountWidth(theme: Theme) throws -> Double {
    try bars.map { try TextMeasurer.extent($0.amount, font: theme.tickFont()).width }.max() ?? 0
  }

  /// Height of ticks, their labels and the title.
  func axisHeight(theme: Theme) throws -> Double {
    let ticks = try TextMeasurer.metrics(theme.tickFont())
    return theme.tickLength + 1 + ticks.ascent + ticks.descent + (try theme.titleHeight())
  }

  /// Draws bars, axis and amounts; `left` and `width` are those of the scale.
  func draw(into drawing: inout Drawing, rows: BandScale, left: Double, width: Double, theme: Theme) throws {
    let scale = LinearScale(upTo: bars.map(\.value).max() ?? 1, whole: isCount)
    let stroke = Stroke(theme.ink, width: theme.axisStroke)
    let thickness = rows.step * 0.68
    for tick in scale.ticks.dropFirst() {
      let x = left + scale.fraction(of: tick) * width
      drawing.line(Point(x, rows.start), Point(x, rows.end), Stroke(theme.faint, width: theme.axisStroke))
    }
    for (row, bar) in bars.enumerated() {
      let length = scale.fraction(of: bar.value) * width
      let rect = Rect(left, rows.middle(row) - thickness / 2, length, thickness)
      // A bar without length would only thicken the axis.
      guard length > 0 || !bar.amount.isEmpty else { continue }
      let fill = bar.isMarked ? theme.accent : theme.colorMap.color(darkness: 0.4)
      drawing.box(rect, fill: fill, stroke: Stroke(theme.ink, width: theme.thinnestStroke))
      var font = theme.tickFont()
      font.bold = bar.isMarked
      try drawing.text(
        bar.amount, font: font, color: theme.ink, at: Point(left + length + 3, rows.middle(row)), .left, .middle)
    }
    drawing.line(Point(left, rows.start), Point(left, rows.end), stroke)
    drawing.line(Point(left, rows.end), Point(left + width, rows.end), stroke)
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    let baseline = rows.end + theme.tickLength + 1 + metrics.ascent
    for tick in scale.ticks {
      let x = left + scale.fraction(of: tick) * width
      drawing.line(Point(x, rows.end), Point(x, rows.end + theme.tickLength), stroke)
      try drawing.text(Decimal3.text(tick) + unit, font: font, color: theme.ink, at: Point(x, baseline), .center)
    }
    let title = theme.titleFont()
    let below = baseline + metrics.descent + (try TextMeasurer.metrics(title).ascent)
    try drawing.text(self.title, font: title, color: theme.ink, at: Point(left + width / 2, below), .center)
  }
}
