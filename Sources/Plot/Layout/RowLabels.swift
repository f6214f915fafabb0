/// Labels of rows, to the left of a panel, right-aligned, with a turned title.
struct RowLabels {
  /// Width of title, labels and gap.
  let width: Double
  /// The stride of labelled rows; the first and the last always have a label.
  let stride: Int
  private let fitted: FittedLabels
  /// Whether labels are numbers of rows; tokens can be numbers too.
  private let isNumbered: Bool
  private let title: String?
  /// From the panel to the title, past the labels that stand beside it.
  private let titleInset: Double

  /// The layout for rows `step` high.
  init(_ axis: RowAxis, step: Double, limit: Double, theme: Theme) throws {
    isNumbered = axis.mayThin
    let length = step * Double(axis.labels.count)
    // Tokens are not numbers of an axis: a title beside a few of them would be longer than they are tall.
    let isLong = try axis.title.map { try TextMeasurer.extent($0, font: theme.titleFont()).width > length } ?? false
    title = isLong && !axis.mayThin ? nil : axis.title
    let largest = axis.labels.contains(where: \.isToken) ? theme.tokenSize : theme.tickSize
    let size = max(theme.smallestSize, min(largest, step / 1.15))
    fitted = try FittedLabels(axis.labels, size: size, limit: limit, theme: theme)
    let needed = size * 1.05
    // Round steps.
    stride = [1, 2, 5, 10, 20, 50, 100].first { Double($0) * step >= needed } ?? 100
    guard let title else {
      (titleInset, width) = (0, fitted.width + theme.labelGap)
      return
    }
    // A long label above or below the title's ends, such as the embedding's, need not push it away.
    let reach = try TextMeasurer.extent(title, font: theme.titleFont()).width / 2 + theme.tickSize
    let middle = Double(axis.labels.count) / 2
    let widths = fitted.widths
    let beside = widths.indices.filter { abs((Double($0) + 0.5 - middle) * step) < reach + step / 2 }
    titleInset = theme.labelGap + (beside.map { widths[$0] }.max() ?? 0) + 4
    width = max(fitted.width + theme.labelGap, titleInset + (try theme.titleHeight()))
  }

  /// Draws them so that they end before `x`.
  func draw(into drawing: inout Drawing, rows: BandScale, right x: Double, theme: Theme) throws {
    try draw(into: &drawing, rows: rows, at: x - theme.labelGap, .right, theme: theme)
    guard let title else { return }
    let metrics = try TextMeasurer.metrics(theme.titleFont())
    let place = Point(x - titleInset - metrics.descent, (rows.start + rows.end) / 2)
    try drawing.text(title, font: theme.titleFont(), color: theme.ink, at: place, .center, turned: true)
  }

  /// Draws them so that they begin after `x`.
  func draw(into drawing: inout Drawing, rows: BandScale, left x: Double, theme: Theme) throws {
    try draw(into: &drawing, rows: rows, at: x + theme.labelGap, .left, theme: theme)
    guard let title else { return }
    let metrics = try TextMeasurer.metrics(theme.titleFont())
    let place = Point(x + titleInset + metrics.ascent, (rows.start + rows.end) / 2)
    try drawing.text(title, font: theme.titleFont(), color: theme.ink, at: place, .center, turned: true)
  }

  private func draw(
    into drawing: inout Drawing, rows: BandScale, at x: Double, _ side: Drawing.Horizontal, theme: Theme
  ) throws {
    let count = fitted.texts.count
    // With an unlabelled first row (the embedding) numbers stay multiples of the stride.
    for (index, text) in fitted.texts.enumerated() {
      let number = isNumbered ? Int(text) ?? index : index
      let isEnd = index == 0 || index == count - 1
      let crowdsEnd = count - 1 - index < stride || (index < stride && index > 0 && stride > 1)
      guard isEnd || (number % stride == 0 && !crowdsEnd) else { continue }
      try drawing.text(
        text, font: fitted.fonts[index], color: fitted.colors[index], at: Point(x, rows.middle(index)), side, .middle)
    }
  }
}
