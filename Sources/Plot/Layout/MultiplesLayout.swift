/// Lays out heatmaps in rows with one colour bar; each row has as many as keep their columns wide enough.
struct MultiplesLayout {
  let figure: Figure
  let marks: MultipleMarks
  let theme: Theme
  let top: Double

  /// The narrowest column: below this width panels go into another row.
  private static let narrowestBeside = 6.0
  private static let widestColumn = 30.0
  private static let narrowestColumn = 0.25
  private static let rowHeight = 11.0
  private static let lowestRow = 1.0
  private static let rowGap = 2.5
  private static let tallestBar = 120.0

  /// A panel without its place.
  private struct Fitted {
    var part: MultipleMarks.Part
    var rowStep: Double
    var columnStep: Double
    var labels: RowLabels
    var above: ColumnLabels?
    var below: ColumnLabels?
    var title: String

    var count: Int { part.rows.labels.count }
    var gaps: Double { MultiplesLayout.rowGap * Double(part.rows.gapsAfter.filter { $0 < count - 1 }.count) }
    var width: Double { labels.width + columnStep * Double(part.marks.columns.count) }
    var cells: Double { rowStep * Double(count) + gaps }
  }

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let titleHeight = try theme.titleHeight() + theme.labelGap
    let aside = try figure.colorBar.map {
      try ColorBarGuide($0, besidePanelOfHeight: Self.tallestBar, theme: theme).width + theme.blockGap
    }
    let width = theme.width - 2 * theme.margin - (aside ?? 0)
    let across = try beside(width)
    let lines = stride(from: 0, to: marks.panels.count, by: across).map {
      Array(marks.panels[$0..<min($0 + across, marks.panels.count)])
    }
    let room = (theme.height - top - theme.margin - theme.blockGap * Double(lines.count - 1)) / Double(lines.count)
    var y = top
    var right = 0.0
    for line in lines {
      let fitted = try fit(line, across: across, width: width, height: room - titleHeight)
      // Cells of one row of panels begin at the same height.
      let above = fitted.map { $0.above?.height ?? 0 }.max() ?? 0
      let start = y + titleHeight + above
      var x = theme.margin
      for panel in fitted {
        let left = x + panel.labels.width
        let rows = BandScale(
          count: panel.count, start: start, step: panel.rowStep, gapsAfter: panel.part.rows.gapsAfter, gap: Self.rowGap)
        let columns = BandScale(count: panel.part.marks.columns.count, start: left, step: panel.columnStep)
        try panel.part.marks.draw(into: &drawing, rows: rows, columns: columns, theme: theme)
        try panel.labels.draw(into: &drawing, rows: rows, right: left, theme: theme)
        try panel.above?.draw(into: &drawing, columns: columns, edge: rows.start, above: true, theme: theme)
        try panel.below?.draw(into: &drawing, columns: columns, edge: rows.end, above: false, theme: theme)
        let baseline = y + (try TextMeasurer.metrics(theme.titleFont())).ascent
        try drawing.text(panel.title, font: theme.titleFont(), color: theme.ink, at: Point(x, baseline))
        x += try max(panel.width + overhang(panel), titleWidth(panel.title)) + theme.blockGap
      }
      right = max(right, x - theme.blockGap)
      let tallest = fitted.map { $0.cells + ($0.below?.height ?? 0) }.max() ?? 0
      y = start + tallest + theme.blockGap
    }
    let bottom = y - theme.blockGap
    var size = Size(right + theme.margin, bottom + theme.margin)
    if let bar = figure.colorBar {
      let first = top + titleHeight
      let guide = try ColorBarGuide(bar, besidePanelOfHeight: min(Self.tallestBar, bottom - first), theme: theme)
      let corner = Point(right + theme.blockGap, first + theme.tickSize / 2)
      try guide.draw(into: &drawing, at: corner)
      size.width = corner.x + guide.width + theme.margin
      size.height = max(size.height, corner.y + guide.height + theme.tickSize / 2 + theme.margin)
    }
    return size
  }

  /// How far the titles of columns reach beyond the last column.
  private func overhang(_ panel: Fitted) throws -> Double {
    let sides = [panel.part.marks.columns.above, panel.part.marks.columns.below]
    let widest = try sides.compactMap { $0?.title }.map(titleWidth).max() ?? 0
    return max(0, widest - panel.columnStep * Double(panel.part.marks.columns.count)) / 2
  }

  private func titleWidth(_ title: String) throws -> Double {
    try TextMeasurer.extent(title, font: theme.titleFont()).width
  }

  /// How many panels stand beside each other.
  private func beside(_ width: Double) throws -> Int {
    for count in stride(from: marks.panels.count, to: 1, by: -1) {
      let each = (width - theme.blockGap * Double(count - 1)) / Double(count)
      let isWideEnough = try marks.panels.allSatisfy { part in
        let labels = try RowLabels(part.rows, step: Self.rowHeight, limit: each * 0.3, theme: theme)
        return (each - labels.width) / Double(part.marks.columns.count) >= Self.narrowestBeside
      }
      if isWideEnough { return count }
    }
    return 1
  }

  private func fit(_ line: [MultipleMarks.Part], across: Int, width: Double, height: Double) throws -> [Fitted] {
    let each = (width - theme.blockGap * Double(across - 1)) / Double(across)
    var fitted = try line.map { part -> Fitted in
      let labels = try RowLabels(part.rows, step: Self.rowHeight, limit: each * 0.3, theme: theme)
      let step = min(Self.widestColumn, (each - labels.width) / Double(part.marks.columns.count))
      guard step >= Self.narrowestColumn else {
        throw PlotError.doesNotFit(
          columns: part.marks.columns.count, width: theme.width, available: each - labels.width)
      }
      return Fitted(
        part: part, rowStep: Self.rowHeight, columnStep: step, labels: labels,
        above: try part.marks.columns.above.map { try ColumnLabels($0, step: step, theme: theme) },
        below: try part.marks.columns.below.map { try ColumnLabels($0, step: step, theme: theme) },
        title: try TextMeasurer.shortened(
          TextMeasurer.drawable(part.title.text, font: theme.titleFont()), font: theme.titleFont(), width: each))
    }
    let around = fitted.map { ($0.above?.height ?? 0) + ($0.below?.height ?? 0) + $0.gaps }.max() ?? 0
    let most = fitted.map(\.count).max() ?? 1
    let room = max(Self.lowestRow * Double(most), height - around)
    let step = max(Self.lowestRow, min(Self.rowHeight, room / Double(most)))
    for index in fitted.indices {
      let count = Double(fitted[index].count)
      let tall = step * Double(most)
      // Panels of equal height: the rows of a model with fewer layers are higher.
      fitted[index].rowStep = marks.hasEqualRows ? step : min(tall / count, 3 * Self.rowHeight)
      fitted[index].labels = try RowLabels(
        fitted[index].part.rows, step: fitted[index].rowStep, limit: each * 0.3, theme: theme)
    }
    return fitted
  }
}
