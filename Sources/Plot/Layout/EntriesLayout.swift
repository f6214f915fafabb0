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
    let labels = try RowLabels(all, step: EntryMarks.highest, limit: limit, theme: theme)
    let available = theme.width - 2 * theme.margin - labels.width
    let count = min(marks.columns.count, max(1, Int(available / EntryMarks.narrowest)))
    let step = min(available / Double(count), EntryMarks.widest)
    let above = try marks.columns.above.map { side in
      try ColumnLabels(
        ColumnAxis.Side(labels: Array(side.labels.prefix(count)), title: side.title), step: step, theme: theme)
    }
    let y = top + (above?.height ?? 0)
    let room = theme.height - y - theme.margin
    let shown = self.shown(rows: all.labels.count, fitting: Int(room / EntryMarks.lowest), mayThin: all.mayThin)
    let rowStep = min(EntryMarks.highest, max(EntryMarks.lowest, room / Double(shown.count)))
    var axis = all
    axis.labels = shown.map { all.labels[$0] }
    if shown.count < all.labels.count, shown.count > 2 {
      axis.title = (all.title ?? "") + " (every \(ordinal(shown[shown.count - 2] - shown[shown.count - 3])))"
    }
    drawing.drawn.shownColumns = count < marks.columns.count ? count : nil
    drawing.drawn.shownRows = shown.count < all.labels.count ? shown : nil
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

  /// All rows if they fit; else every second, third, and so on, counted from the last, and always the first.
  private func shown(rows: Int, fitting: Int, mayThin: Bool) -> [Int] {
    guard mayThin, rows > fitting else { return Array(0..<rows) }
    for stride in [2, 3, 4, 5, 8, 10, 20, 50, 100] {
      var kept = Array(Swift.stride(from: rows - 1, to: 0, by: -stride).reversed())
      kept.insert(0, at: 0)
      if kept.count <= max(fitting, 2) { return kept }
    }
    return [0, rows - 1]
  }

  private func ordinal(_ number: Int) -> String {
    switch number {
    case 2: "2nd"
    case 3: "3rd"
    default: "\(number)th"
    }
  }
}
