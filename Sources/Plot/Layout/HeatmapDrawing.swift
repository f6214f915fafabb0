/// Draws heatmaps whose sizes are known.
struct HeatmapDrawing {
  let fit: HeatmapFit
  let colorBar: ColorBar?
  let theme: Theme
  let top: Double

  /// The tallest bar beside several lines of panels.
  static let tallestBar = 120.0
  private static let rowGap = 2.5

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    var y = top
    var right = 0.0
    var cells: (top: Double, bottom: Double)?
    for line in fit.lines {
      var x = theme.margin
      for block in line {
        let start = y + fit.titleHeight + block.aboveHeight
        try draw(block, at: Point(x, start), into: &drawing)
        var wide = try block.width + overhang(block)
        if let title = fit.titles[block.number] {
          // A title begins at the cells where rows run across, so that the titles of a stack are in line with them.
          let left = fit.plan.isTurned ? x + block.leftWidth : x
          var baseline = y + (try TextMeasurer.metrics(theme.titleFont())).ascent
          for line in title.lines {
            try drawing.text(line, font: title.font, color: theme.ink, at: Point(left, baseline))
            wide = max(wide, left - x + (try TextMeasurer.extent(line, font: title.font).width))
            baseline += try theme.titleHeight()
          }
        }
        cells = (min(cells?.top ?? start, start), max(cells?.bottom ?? 0, start + block.cellsHeight))
        x += wide + theme.blockGap
      }
      right = max(right, x - theme.blockGap)
      y += fit.titleHeight + (line.map(\.height).max() ?? 0) + theme.blockGap
    }
    var size = Size(right + theme.margin, y - theme.blockGap + theme.margin)
    guard let colorBar, let cells else { return size }
    if fit.plan.isTurned {
      let bar = try FlatColorBar(colorBar, width: theme.width - 2 * theme.margin, theme: theme)
      let first = fit.lines[0][0]
      // Under the cells, unless it would leave the page.
      let x = max(theme.margin, min(theme.margin + first.leftWidth, theme.width - theme.margin - bar.width))
      let corner = Point(x, y - theme.blockGap / 2)
      try bar.draw(into: &drawing, at: corner)
      size.width = max(size.width, corner.x + bar.width + theme.margin)
      size.height = corner.y + bar.height + theme.margin
      return size
    }
    let isSingle = fit.lines.count == 1
    let panel = cells.bottom - cells.top
    let guide = try ColorBarGuide(
      colorBar, besidePanelOfHeight: isSingle ? panel : min(Self.tallestBar, panel), theme: theme)
    // Level with the panel, or extending beyond a lower panel on both sides.
    let level =
      guide.height <= panel ? cells.top : max(top + theme.tickSize / 2, cells.top - (guide.height - panel) / 2)
    let corner = Point(right + theme.blockGap, level)
    try guide.draw(into: &drawing, at: corner)
    size.width = corner.x + guide.width + theme.margin
    // Half a line of the lowest tick label hangs below the strip.
    size.height = max(size.height, corner.y + guide.height + theme.tickSize / 2 + theme.margin)
    return size
  }

  private func draw(_ block: HeatmapBlock, at corner: Point, into drawing: inout Drawing) throws {
    let (left, start) = (corner.x + block.leftWidth, corner.y)
    let axis = block.part.rows
    let rows = BandScale(
      count: block.rowCount, start: block.isTurned ? left : start,
      step: block.isTurned ? block.acrossStep : block.downStep, gapsAfter: axis.gapsAfter, gap: Self.rowGap)
    let columns = BandScale(
      count: block.range.count, start: block.isTurned ? start : left,
      step: block.isTurned ? block.downStep : block.acrossStep)
    let view = CellView(
      marks: block.part.marks, range: block.range, isTurned: block.isTurned, rows: rows, columns: columns,
      smallest: fit.smallestCell)
    let drawn = try view.draw(into: &drawing, style: fit.style, theme: theme, part: block.number)
    drawing.drawn.cellTexts = (drawing.drawn.cellTexts ?? true) && drawn.texts
    drawing.drawn.cellMarks = (drawing.drawn.cellMarks ?? true) && drawn.marks
    let (across, down) = block.isTurned ? (rows, columns) : (columns, rows)
    let (before, after) = (block.bandBefore, block.bandAfter)
    // Names of runs stand at the sides of the columns' labels: above and below, or left and right.
    let (above, below) = block.isTurned ? (0, 0) : (before, after)
    let (beforeLeft, afterRight) = block.isTurned ? (before, after) : (0, 0)
    try block.left?.draw(into: &drawing, rows: down, right: left - beforeLeft, theme: theme)
    try block.right?.draw(into: &drawing, rows: down, left: across.end + afterRight, theme: theme)
    try block.above?.draw(into: &drawing, columns: across, edge: down.start - above, above: true, theme: theme)
    try block.below?.draw(into: &drawing, columns: across, edge: down.end + below, above: false, theme: theme)
    try block.ticks?.draw(into: &drawing, columns: across, edge: down.end, theme: theme)
    if let band = block.band {
      let all = try band.draw(
        into: &drawing, columns: columns, edge: block.isBandAfter ? rows.end : rows.start, isAfter: block.isBandAfter,
        isTurned: block.isTurned, theme: theme)
      drawing.drawn.spanNames = (drawing.drawn.spanNames ?? true) && all
    }
  }

  /// How far the titles of columns reach beyond the last column.
  private func overhang(_ block: HeatmapBlock) throws -> Double {
    guard !block.isTurned else { return 0 }
    let titles = [block.part.marks.columns.above, block.part.marks.columns.below].compactMap { $0?.title }
    let widest = try titles.map { try TextMeasurer.extent($0, font: theme.titleFont()).width }.max() ?? 0
    return max(0, widest - block.cellsWidth) / 2
  }
}
