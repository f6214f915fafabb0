/// Labels of rows that run across the page, below the cells: all that fit, the first and the last always.
struct TickLabels {
  /// Height of labels, gap and title.
  let height: Double
  private let texts: [MeasuredText]
  private let title: String?
  private let font: Font

  private static let apart = 2.5
  /// How far the first label may reach to the left: the room that any label beside the cells takes.
  private static let reach = 8.0

  /// Labels for rows `step` wide.
  init(_ axis: RowAxis, step: Double, theme: Theme) throws {
    let labels = axis.across ?? axis.labels
    let sizes = [theme.tickSize, max(theme.smallestSize, min(theme.tickSize, 6.5)), theme.smallestSize]
    // A slightly smaller size is better than fewer numbers.
    let widest =
      try labels.dropFirst().map { try TextMeasurer.extent($0.text, font: theme.tickFont()).width }.max() ?? 0
    let size = sizes.first { widest * $0 / theme.tickSize + Self.apart <= step } ?? sizes[1]
    font = theme.tickFont(size: size)
    texts = try labels.map { [font] in try MeasuredText(TextMeasurer.drawable($0.text, font: font), font: font) }
    title = axis.title
    let metrics = try TextMeasurer.metrics(font)
    height =
      theme.labelGap + metrics.ascent + metrics.descent + (title == nil ? 0 : try theme.titleHeight())
  }

  /// Draws them below `y`.
  func draw(into drawing: inout Drawing, columns: BandScale, edge y: Double, theme: Theme) throws {
    let metrics = try TextMeasurer.metrics(font)
    let baseline = y + theme.labelGap + metrics.ascent - 1
    for index in shown(columns) {
      try drawing.text(
        texts[index].text, font: font, color: theme.ink, at: Point(middle(index, columns), baseline), .center)
    }
    guard let title else { return }
    let below = y + height - (try TextMeasurer.metrics(theme.titleFont())).descent
    let middle = (columns.start + columns.end) / 2
    try drawing.text(title, font: theme.titleFont(), color: theme.ink, at: Point(middle, below), .center)
  }

  /// Under the middle of a row; the first and the last label do not reach far beyond the cells.
  private func middle(_ index: Int, _ columns: BandScale) -> Double {
    let half = texts[index].width / 2
    return min(max(columns.middle(index), columns.start + half - Self.reach), columns.end - half)
  }

  /// The first, the last, and multiples of a round number that keep clear of both and of each other.
  private func shown(_ columns: BandScale) -> [Int] {
    let last = texts.count - 1
    func span(_ index: Int) -> ClosedRange<Double> {
      let half = texts[index].width / 2 + Self.apart / 2
      return (middle(index, columns) - half)...(middle(index, columns) + half)
    }
    var kept: [Int] = []
    for stride in [1, 2, 5, 10, 20, 50, 100] {
      kept = last > 0 ? [0] : []
      var isApart = true
      for index in texts.indices.dropFirst().dropLast() where (Int(texts[index].text) ?? index) % stride == 0 {
        // Beside the first and the last, which have labels in any case, a number may be missing.
        guard !span(index).overlaps(span(0)), !span(index).overlaps(span(last)) else { continue }
        if let before = kept.last, before > 0, span(before).overlaps(span(index)) { isApart = false }
        kept.append(index)
      }
      if isApart { break }
    }
    if last > 0, kept == [0], span(0).overlaps(span(last)) { return [last] }
    return kept + [last]
  }
}
