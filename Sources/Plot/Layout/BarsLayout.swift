/// Lays out a bar chart: labels, bars, an axis below.
struct BarsLayout {
  let figure: Figure
  let marks: BarMarks
  let theme: Theme
  let top: Double

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let axis = figure.panel.rows
    let room = theme.height - top - 2 * theme.margin - (try marks.axisHeight(theme: theme))
    let step = min(BarMarks.rowHeight, max(theme.smallestSize, room / Double(axis.labels.count)))
    let labels = try RowLabels(axis, step: step, limit: theme.width * 0.3, theme: theme)
    let left = theme.margin + labels.width
    let amounts = try marks.amountWidth(theme: theme) + 4
    let width = max(40, min(BarMarks.widest, theme.width - left - amounts - theme.margin))
    let rows = BandScale(count: axis.labels.count, start: top + 2, step: step)
    try marks.draw(into: &drawing, rows: rows, left: left, width: width, theme: theme)
    drawing.note(CellGrid(columns: [theme.margin...(left + width + amounts)], rows: rows.bands))
    try labels.draw(into: &drawing, rows: rows, right: left, theme: theme)
    let height = rows.end + (try marks.axisHeight(theme: theme)) + theme.margin
    return Size(left + width + amounts + theme.margin, height)
  }
}
