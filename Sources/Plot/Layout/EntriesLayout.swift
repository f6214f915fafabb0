/// Lays out a grid of words with bars: row labels, column labels, entries.
struct EntriesLayout {
  let figure: Figure
  let marks: EntryMarks
  let theme: Theme
  let top: Double

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let all = figure.panel.rows
    let limit = theme.width * 0.2
    let labels = try RowLabels(all, step: EntryMarks.highest(theme), limit: limit, theme: theme)
    let available = theme.width - 2 * theme.margin - labels.width
    let count = min(marks.columns.count, max(1, Int(available / EntryMarks.narrowest)))
    let step = min(available / Double(count), EntryMarks.widest)
    let above = try marks.columns.above.map { side in
      try ColumnLabels(
        ColumnAxis.Side(labels: Array(side.labels.prefix(count)), title: side.title), step: step, theme: theme)
    }
    let y = top + (above?.height ?? 0)
    // More rows than fit a comfortable height are thinned, where rows may be.
    let most = all.mayThin ? min(theme.height, Theme.tallest) : theme.height
    // The rows stand a little apart after the embedding.
    let room = most - y - theme.margin - 2 * Double(all.gapsAfter.count)
    let fitting = Int(room / EntryMarks.lowest(theme))
    let (shown, every) = all.mayThin ? self.shown(all, fitting: fitting) : (Array(all.labels.indices), 1)
    let rowStep = min(EntryMarks.highest(theme), max(EntryMarks.lowest(theme), room / Double(shown.count)))
    drawing.drawn.shownColumns = count < marks.columns.count ? count : nil
    drawing.drawn.shownRows = every == 1 ? nil : DrawnParts.Rows(indices: shown, stride: every)
    var axis = all
    axis.labels = shown.map { all.labels[$0] }
    // Every row that is shown has its label: which ones are shown is what the axis says.
    axis.mayThin = false
    let rows = BandScale(count: shown.count, start: y, step: rowStep, gapsAfter: axis.gapsAfter, gap: 2)
    let fitted = try RowLabels(axis, step: rowStep, limit: limit, theme: theme)
    let left = theme.margin + fitted.width
    let columns = BandScale(count: count, start: left, step: step)
    for row in stride(from: 0, to: shown.count, by: 1) {
      let line = Rect(left, rows.begin(row), columns.length, 0)
      if row > 0, !axis.gapsAfter.contains(row - 1) {
        drawing.line(Point(line.x, line.y), Point(line.maxX, line.y), Stroke(theme.faint, width: theme.thinnestStroke))
      }
    }
    try marks.draw(into: &drawing, showing: shown, rows: rows, columns: columns, count: count, theme: theme)
    drawing.note(CellGrid(columns: columns.bands, rows: rows.bands, shown: shown))
    try fitted.draw(into: &drawing, rows: rows, right: left, theme: theme)
    try above?.draw(into: &drawing, columns: columns, edge: rows.start, above: true, theme: theme)
    return Size(columns.end + theme.margin, rows.end + theme.margin)
  }

  /// All rows if they fit; else the kept ones and every second, third and so on, counted from the last, and always the first.
  ///
  /// When the kept ones alone are too many, the last of them stay.
  private func shown(_ axis: RowAxis, fitting: Int) -> (rows: [Int], stride: Int) {
    let count = axis.labels.count
    guard count > max(fitting, 2) else { return (Array(0..<count), 1) }
    let kept = axis.kept.filter { (0..<count).contains($0) }
    for step in [2, 3, 4, 5, 8, 10, 20, 50, 100] {
      let even = Set(Swift.stride(from: count - 1, to: 0, by: -step)).union([0])
      let rows = even.union(kept)
      if rows.count <= max(fitting, 2) { return (rows.sorted(), step) }
    }
    let last = kept.union([count - 1]).subtracting([0]).sorted().suffix(max(1, fitting - 1))
    return ([0] + last, count)
  }
}
