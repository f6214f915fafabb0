/// Labels of columns on one side of a panel, level if they fit, else reading upwards.
struct ColumnLabels {
  let isTurned: Bool
  /// The stride of labelled columns.
  let stride: Int
  /// Height of labels, gap and title.
  let height: Double
  private let fitted: FittedLabels
  private let title: String?
  private let titleHeight: Double

  /// Longest turned label.
  static let longest = 64.0

  /// The layout for columns `step` wide.
  init(_ side: ColumnAxis.Side, step: Double, theme: Theme) throws {
    title = side.title
    titleHeight = side.title == nil ? 0 : try theme.titleHeight()
    let level = try FittedLabels(side.labels, size: theme.tokenSize, limit: Self.longest, theme: theme)
    if level.width <= step - 2 {
      (isTurned, stride, fitted) = (false, 1, level)
      height = try level.lineHeight() + theme.labelGap + titleHeight
      return
    }
    // A turned line may use the whole column; in narrower columns it gets smaller, then only some columns have a label.
    let lineHeight = try level.lineHeight()
    let size = max(theme.smallestSize, min(theme.tokenSize, theme.tokenSize * step / (lineHeight * 0.95)))
    let turned = try FittedLabels(side.labels, size: size, limit: Self.longest, theme: theme)
    let needed = try turned.lineHeight() * 0.8
    (isTurned, fitted) = (true, turned)
    let every = max(1, Int((needed / step - 1e-9).rounded(.up)))
    stride = every
    let longest = turned.widths.indices.filter { $0 % every == 0 }.map { turned.widths[$0] }.max() ?? 0
    height = longest + theme.labelGap + titleHeight + (title == nil ? 0 : 2)
  }

  /// Draws them from the panel's edge `y`, upwards or downwards.
  func draw(into drawing: inout Drawing, columns: BandScale, edge y: Double, above: Bool, theme: Theme) throws {
    let direction: Double = above ? -1 : 1
    for (index, text) in fitted.texts.enumerated() where index % stride == 0 {
      let place = Point(columns.middle(index), y + direction * theme.labelGap)
      if isTurned {
        try drawing.text(
          text, font: fitted.fonts[index], color: fitted.colors[index], at: place, above ? .left : .right, .middle,
          turned: true)
      } else {
        let metrics = try TextMeasurer.metrics(fitted.fonts[index])
        let baseline = above ? place.y - metrics.descent : place.y + metrics.ascent
        try drawing.text(
          text, font: fitted.fonts[index], color: fitted.colors[index], at: Point(place.x, baseline), .center)
      }
    }
    guard let title else { return }
    let metrics = try TextMeasurer.metrics(theme.titleFont())
    let baseline = above ? y - height + metrics.ascent : y + height - metrics.descent
    let middle = (columns.start + columns.end) / 2
    try drawing.text(title, font: theme.titleFont(), color: theme.ink, at: Point(middle, baseline), .center)
  }
}
