/// The sizes of all parts of heatmaps under one plan.
struct HeatmapFit {
  let plan: HeatmapPlan
  /// Panels in lines.
  let lines: [[HeatmapBlock]]
  /// Height of everything below the heading.
  private(set) var height = 0.0
  /// How texts are written into the cells of all panels.
  let style: CellWriter.Style
  /// Of how many labels of tokens one is shown.
  let labelStride: Int
  /// Width or height of the smallest cells.
  let smallestCell: Double
  /// Width for words in cells; more than most words need counts no more.
  let roomForWords: Double
  /// Room for the titles of panels; 0 where they have none.
  private(set) var titleHeight = 0.0
  /// Lines of the title of each panel of the figure.
  private(set) var titles: [PanelTitle?] = []

  private static let narrowest = 0.25
  private static let lowest = 1.0
  private static let tallestRow = 12.5
  private static let widestTurnedRow = 26.0
  private static let tallestTurnedColumn = 13.5

  init(_ layout: HeatmapsLayout, _ plan: HeatmapPlan, height available: Double) throws {
    let theme = layout.theme
    self.plan = plan
    let blocks = layout.parts.enumerated().flatMap { index, part -> [HeatmapBlock] in
      let count = part.marks.columns.count
      let each = (count + plan.slices - 1) / plan.slices
      return stride(from: 0, to: count, by: max(1, each)).map {
        HeatmapBlock(part: part, number: index, range: $0..<min($0 + each, count), isTurned: plan.isTurned)
      }
    }
    let perLine = min(plan.perLine, blocks.count)
    let lineCount = (blocks.count + perLine - 1) / perLine
    var bar = try layout.figure.colorBar.map { try ColorBarSize($0, isFlat: plan.isTurned, beside: nil, theme: theme) }
    func width() -> Double {
      let room = theme.width - 2 * theme.margin - (bar?.aside ?? 0) - theme.blockGap * Double(perLine - 1)
      return room / Double(perLine)
    }
    var sized = try blocks.map { try $0.labelled(width: width(), theme: theme) }
    // Titles begin at the cells where rows run across.
    let inset = plan.isTurned ? sized.map(\.leftWidth).max() ?? 0 : 0
    titles = try layout.parts.map { part in
      try part.title.map { try PanelTitle($0.text, width: max(width() - inset, 20), theme: theme) }
    }
    let lines = titles.map { $0?.lines.count ?? 0 }.max() ?? 0
    titleHeight = lines == 0 ? 0 : Double(lines) * (try theme.titleHeight()) + theme.labelGap
    // Labels beside lower bands can take more room than those beside bands of the usual height, and so can a shorter bar.
    for _ in 0..<4 {
      let before = (sized.map(\.leftWidth).max() ?? 0, sized.map(\.rightWidth).max() ?? 0, bar?.aside ?? 0)
      let room = available - layout.top - theme.margin - (bar?.below ?? 0) - theme.blockGap * Double(lineCount - 1)
      height = try Self.size(
        &sized, plan, layout, room: Size(width(), room), perLine: perLine, bar: bar, titles: titleHeight)
      let cells = lineCount == 1 ? sized.map(\.cellsHeight).max() ?? 0 : HeatmapDrawing.tallestBar
      bar = try layout.figure.colorBar.map {
        let size = try ColorBarSize($0, isFlat: plan.isTurned, beside: cells, theme: theme)
        return size.aside > before.2 ? size : bar ?? size
      }
      let after = (sized.map(\.leftWidth).max() ?? 0, sized.map(\.rightWidth).max() ?? 0, bar?.aside ?? 0)
      if after.0 <= before.0 + 1e-6, after.1 <= before.1 + 1e-6, after.2 <= before.2 + 1e-6 { break }
    }
    self.lines = stride(from: 0, to: sized.count, by: perLine).map { Array(sized[$0..<min($0 + perLine, sized.count)]) }
    let smallest = sized.map { min($0.cellSize.width, $0.cellSize.height) }.min() ?? 0
    var style: CellWriter.Style?
    for block in sized {
      let cell = block.cellSize
      let gap = CellView.gap(smallest, theme: theme)
      let own = try CellWriter.style(
        layout.widths[block.number], cell: Size(cell.width - gap, cell.height - gap))
      style = style?.and(own) ?? own
    }
    self.style = style ?? .none
    labelStride = sized.map(\.labelStride).max() ?? 1
    smallestCell = smallest
    roomForWords = min(20, sized.map(\.cellSize.width).min() ?? 0)
  }

  /// Gives panels their sizes and labels; returns the height of everything.
  private static func size(
    _ sized: inout [HeatmapBlock], _ plan: HeatmapPlan, _ layout: HeatmapsLayout, room: Size, perLine: Int,
    bar: ColorBarSize?, titles titleHeight: Double
  ) throws -> Double {
    let theme = layout.theme
    let lineCount = (sized.count + perLine - 1) / perLine
    if plan.isTurned {
      try Self.stretchRows(&sized, width: room.width, hasEqualRows: layout.hasEqualRows, theme: theme)
    } else {
      for index in sized.indices {
        try sized[index].setColumns(width: room.width, alone: layout.parts.count == 1, theme: theme)
      }
    }
    for block in sized where block.acrossStep < Self.narrowest {
      let columns = plan.isTurned ? block.rowCount : block.range.count
      throw PlotError.doesNotFit(columns: columns, width: theme.width, available: block.acrossStep * Double(columns))
    }
    for index in sized.indices {
      // Panels below each other share the title of their axis.
      let isLast = index / perLine == lineCount - 1
      try sized[index].setAcrossLabels(hasTitle: isLast || !plan.isTurned, theme: theme)
    }
    // Cells of one line of panels begin at the same height, and all cells share their height where rows run across.
    let above = sized.map(\.neededAbove).max() ?? 0
    let below = stride(from: 0, to: sized.count, by: perLine).map { start in
      sized[start..<min(start + perLine, sized.count)].map(\.belowHeight).max() ?? 0
    }.reduce(0, +)
    let overhang = bar?.overhang(isUnderLabels: above > 0 || titleHeight > 0 || layout.figure.heading != nil) ?? 0
    let perBlock = (room.height - below) / Double(lineCount) - titleHeight - max(above, overhang)
    let most = Double(sized.map(\.downCount).max() ?? 1)
    let gaps = plan.isTurned ? 0 : sized.map(\.gaps).max() ?? 0
    let tallest = plan.isTurned ? Self.tallestTurnedColumn : Self.tallestRow
    let step = max(Self.lowest, min(tallest, (perBlock - gaps) / most))
    for index in sized.indices {
      // Panels of equal height: the rows of a model with fewer layers are higher.
      let isStretched = !plan.isTurned && !layout.hasEqualRows && layout.parts.count > 1
      let own = isStretched ? min(step * most / Double(sized[index].downCount), 3 * Self.tallestRow) : step
      try sized[index].setDown(step: own, above: max(above, overhang), theme: theme)
    }
    var height = theme.blockGap * Double(lineCount - 1)
    for start in stride(from: 0, to: sized.count, by: perLine) {
      height += titleHeight + (sized[start..<min(start + perLine, sized.count)].map(\.height).max() ?? 0)
    }
    return max(height, bar?.least ?? 0) + (bar?.below ?? 0) + theme.margin
  }

  /// Rows run across: panels are equally wide, or rows are.
  private static func stretchRows(
    _ blocks: inout [HeatmapBlock], width: Double, hasEqualRows: Bool, theme: Theme
  ) throws {
    let left = blocks.map(\.leftWidth).max() ?? 0
    let right = blocks.map(\.rightWidth).max() ?? 0
    let gaps = blocks.map(\.gaps).max() ?? 0
    let most = Double(blocks.map(\.rowCount).max() ?? 1)
    let length = min(width - left - right, Self.widestTurnedRow * most + gaps)
    for index in blocks.indices {
      let count = hasEqualRows ? most : Double(blocks[index].rowCount)
      blocks[index].acrossStep = (length - blocks[index].gaps) / count
      blocks[index].leftWidth = left
    }
  }
}

/// The title of a panel: in one line, set smaller where it is too long, or in two, the second after a colon.
struct PanelTitle {
  let lines: [String]
  let font: Font

  init(_ title: String, width: Double, theme: Theme) throws {
    var font = theme.titleFont()
    let text = try TextMeasurer.drawable(title, font: font)
    let wide = try TextMeasurer.extent(text, font: font).width
    if wide > width { font.size = max(theme.smallestSize, (font.size * width / wide * 4).rounded(.down) / 4) }
    if try TextMeasurer.extent(text, font: font).width <= width + 1e-6 {
      (lines, self.font) = ([text], font)
      return
    }
    let parts = text.split(separator: ": ", maxSplits: 1).map(String.init)
    self.font = font
    lines = try (parts.count == 2 ? [parts[0] + ":", parts[1]] : [text]).map {
      try TextMeasurer.shortened($0, font: font, width: width)
    }
  }
}

/// What a colour bar takes: room beside the panels, or below them when it lies flat.
private struct ColorBarSize {
  var aside = 0.0
  var below = 0.0
  /// The least height of what stands beside it.
  var least = 0.0
  private let half: Double

  /// Beside a panel of a height, or a panel whose height is not known yet.
  init(_ bar: ColorBar, isFlat: Bool, beside panel: Double?, theme: Theme) throws {
    half = isFlat ? 0 : theme.tickSize / 2
    if isFlat {
      below = try FlatColorBar(bar, width: theme.width - 2 * theme.margin, theme: theme).height + theme.blockGap / 2
    } else {
      let guide = try ColorBarGuide(bar, besidePanelOfHeight: panel ?? HeatmapDrawing.tallestBar, theme: theme)
      aside = guide.width + theme.blockGap
      least = ColorBarGuide.shortest + theme.tickSize
    }
  }

  /// Half a line of the bar's first label extends above the cells; labels or a heading leave room for it.
  func overhang(isUnderLabels: Bool) -> Double { isUnderLabels ? 0 : half }
}
