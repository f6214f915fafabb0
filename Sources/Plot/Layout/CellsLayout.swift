/// Lays out a heatmap: row labels, labels above and below, cells, colour bar.
struct CellsLayout {
  let figure: Figure
  let marks: CellMarks
  let theme: Theme
  /// The upper edge of the content below the heading.
  let top: Double

  private static let widestColumn = 46.0
  /// Cells narrower than this are indistinguishable in print.
  private static let narrowestColumn = 0.25
  private static let narrowestComfortable = 22.0
  private static let widestTurned = 24.0
  private static let rowHeight = 12.5
  private static let lowestRow = 1.0
  /// Room after a row that stands apart, such as the embedding.
  private static let rowGap = 2.5

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let axis = figure.panel.rows
    // The parts to the right and left need the panel's height, which depends on the height of the column labels and so on
    // their width; therefore the widest row labels are assumed first.
    let rowLabels = try RowLabels(axis, step: Self.rowHeight, limit: theme.width * 0.3, theme: theme)
    let provisional = try colorBar(height: Self.rowHeight * Double(axis.labels.count))
    let aside = provisional.map { theme.blockGap + $0.width } ?? 0
    let step = try columnStep(available: theme.width - 2 * theme.margin - rowLabels.width - aside)
    let above = try marks.columns.above.map { try ColumnLabels($0, step: step, theme: theme) }
    let below = try marks.columns.below.map { try ColumnLabels($0, step: step, theme: theme) }

    let count = axis.labels.count
    let gaps = Self.rowGap * Double(axis.gapsAfter.filter { $0 < count - 1 }.count)
    let room = theme.height - top - (above?.height ?? overhang) - (below?.height ?? 0) - theme.margin - gaps
    let rowStep = max(Self.lowestRow, min(Self.rowHeight, room / Double(count)))
    let finalLabels = try RowLabels(axis, step: rowStep, limit: theme.width * 0.3, theme: theme)
    let left = theme.margin + finalLabels.width
    let y = top + (above?.height ?? overhang)
    let rows = BandScale(count: count, start: y, step: rowStep, gapsAfter: axis.gapsAfter, gap: Self.rowGap)
    let columns = BandScale(count: marks.columns.count, start: left, step: step)

    try marks.draw(into: &drawing, rows: rows, columns: columns, theme: theme)
    try finalLabels.draw(into: &drawing, rows: rows, right: left, theme: theme)
    try above?.draw(into: &drawing, columns: columns, edge: rows.start, above: true, theme: theme)
    try below?.draw(into: &drawing, columns: columns, edge: rows.end, above: false, theme: theme)

    var size = Size(columns.end + theme.margin, rows.end + (below?.height ?? 0) + theme.margin)
    if let bar = try colorBar(height: rows.length) {
      let corner = Point(columns.end + theme.blockGap, barTop(bar.height, rows: rows))
      try bar.draw(into: &drawing, at: corner)
      size.width = corner.x + bar.width + theme.margin
      // Half a line of the lowest tick label hangs below the strip.
      size.height = max(size.height, corner.y + bar.height + theme.tickSize / 2 + theme.margin)
    }
    return size
  }

  /// Half a line of the colour bar's first label extends above the cells; labels or a heading leave room for it.
  private var overhang: Double { figure.colorBar == nil || figure.heading != nil ? 0 : theme.tickSize / 2 }

  private func colorBar(height: Double) throws -> ColorBarGuide? {
    try figure.colorBar.map { try ColorBarGuide($0, besidePanelOfHeight: height, theme: theme) }
  }

  /// Level with the panel, or extending beyond a lower panel on both sides.
  private func barTop(_ height: Double, rows: BandScale) -> Double {
    if height <= rows.length { return rows.start }
    return max(top + theme.tickSize / 2, rows.start - (height - rows.length) / 2)
  }

  /// Wide enough for level labels, within bounds; narrower, with turned labels, when space is short.
  private func columnStep(available: Double) throws -> Double {
    let each = available / Double(marks.columns.count)
    guard each >= Self.narrowestColumn else {
      throw PlotError.doesNotFit(columns: marks.columns.count, width: theme.width, available: available)
    }
    let labels = [marks.columns.above, marks.columns.below].compactMap { $0?.labels }.joined()
    let widest = try FittedLabels(Array(labels), size: theme.tokenSize, limit: ColumnLabels.longest, theme: theme).width
    let level = min(max(widest + 3, Self.narrowestComfortable), Self.widestColumn)
    // Words in cells may use all the space; turned labels beside them may not.
    if case .labels = marks.texts { return min(each, Self.widestColumn) }
    if widest + 3 <= level, level <= each { return level }
    return min(each, Self.widestTurned)
  }
}
