/// One panel of a heatmap with its labels, without its place.
struct HeatmapBlock {
  let part: MultipleMarks.Part
  /// Of its heatmap in the figure.
  let number: Int
  /// The columns that it shows.
  let range: Range<Int>
  let isTurned: Bool

  /// Of rows when turned, else of columns.
  var acrossStep = 0.0
  /// Of columns when turned, else of rows.
  private(set) var downStep = 0.0
  /// Width of labels left and right of the cells.
  var leftWidth = 0.0
  private(set) var rightWidth = 0.0
  private(set) var left: RowLabels?
  private(set) var right: RowLabels?
  private(set) var above: ColumnLabels?
  private(set) var below: ColumnLabels?
  private(set) var ticks: TickLabels?
  /// Names of runs of columns, between the cells and the labels that they are about.
  private(set) var band: SpanBand?
  /// The longest label beside the cells.
  private var limit = 0.0
  /// Room above the cells.
  private(set) var aboveHeight = 0.0

  private static let rowGap = 2.5
  private static let widestColumn = 46.0
  private static let widestColumnBeside = 30.0
  private static let narrowestComfortable = 22.0
  private static let widestTurned = 24.0
  private static let typicalRow = 12.5

  init(part: MultipleMarks.Part, number: Int, range: Range<Int>, isTurned: Bool) {
    (self.part, self.number, self.range, self.isTurned) = (part, number, range, isTurned)
  }

  var rowCount: Int { part.rows.labels.count }
  /// Bands from top to bottom.
  var downCount: Int { isTurned ? range.count : rowCount }
  /// White between rows that stand apart.
  var gaps: Double { Self.rowGap * Double(part.rows.gapsAfter.filter { $0 < rowCount - 1 }.count) }
  var cellSize: Size { Size(acrossStep, downStep) }
  /// Width of the cells.
  var cellsWidth: Double {
    isTurned ? acrossStep * Double(rowCount) + gaps : acrossStep * Double(range.count)
  }
  var width: Double { leftWidth + cellsWidth + rightWidth }
  /// Whether the names stand below the cells, or right of them when turned.
  var isBandAfter: Bool {
    let axis = part.marks.columns
    return axis.hasSpansBelow && axis.above != nil && axis.below != nil
  }
  /// Room of the names above the cells, or left of them when turned.
  var bandBefore: Double { isBandAfter ? 0 : band?.thickness ?? 0 }
  /// Room of the names below the cells, or right of them when turned.
  var bandAfter: Double { isBandAfter ? band?.thickness ?? 0 : 0 }
  /// Room that labels and names above the cells need.
  var neededAbove: Double { (above?.height ?? 0) + (isTurned ? 0 : bandBefore) }
  var belowHeight: Double { max(below?.height ?? 0, ticks?.height ?? 0) + (isTurned ? 0 : bandAfter) }
  var cellsHeight: Double { downStep * Double(downCount) + (isTurned ? 0 : gaps) }
  var height: Double { aboveHeight + cellsHeight + belowHeight }
  /// Of how many labels of tokens one is shown.
  var labelStride: Int {
    isTurned ? max(left?.stride ?? 1, right?.stride ?? 1) : max(above?.stride ?? 1, below?.stride ?? 1)
  }

  /// The columns' labels beside the cells when turned: what is below them goes to the left, or, where both sides have
  /// labels, what is above goes to the left and what is below to the right.
  private var sides: (left: ColumnAxis.Side?, right: ColumnAxis.Side?) {
    let axis = part.marks.columns
    if let above = axis.above, let below = axis.below { return (slice(above), slice(below)) }
    return (slice(axis.below ?? axis.above), nil)
  }

  private func slice(_ side: ColumnAxis.Side?) -> ColumnAxis.Side? {
    side.map { ColumnAxis.Side(labels: Array($0.labels[range]), title: $0.title) }
  }

  private func axis(_ side: ColumnAxis.Side) -> RowAxis {
    RowAxis(labels: side.labels, title: range.count >= 4 ? side.title : nil)
  }

  /// With the labels beside the cells, for rows of a usual height.
  func labelled(width: Double, theme: Theme) throws -> HeatmapBlock {
    var block = self
    block.limit = width * 0.3
    block.band = try SpanBand(part.marks.columns.spans, in: range, theme: theme)
    try block.setBeside(step: Self.typicalRow, theme: theme)
    return block
  }

  private mutating func setBeside(step: Double, theme: Theme) throws {
    guard isTurned else {
      left = try RowLabels(part.rows, step: step, limit: limit, theme: theme)
      leftWidth = max(leftWidth, left?.width ?? 0)
      return
    }
    let sides = self.sides
    left = try sides.left.map { try RowLabels(axis($0), step: step, limit: limit, theme: theme) }
    right = try sides.right.map { try RowLabels(axis($0), step: step, limit: limit, theme: theme) }
    leftWidth = max(leftWidth, (left?.width ?? 0) + bandBefore)
    rightWidth = max(rightWidth, (right?.width ?? 0) + bandAfter)
  }

  /// The width of columns when rows run down.
  mutating func setColumns(width: Double, alone: Bool, theme: Theme) throws {
    let each = (width - leftWidth) / Double(range.count)
    acrossStep = alone ? try columnStep(each, theme: theme) : min(Self.widestColumnBeside, each)
  }

  /// Wide enough for level labels, within bounds; narrower, with turned labels, when space is short.
  private func columnStep(_ each: Double, theme: Theme) throws -> Double {
    let labels = [part.marks.columns.above, part.marks.columns.below].compactMap { slice($0)?.labels }.joined()
    let widest = try FittedLabels(Array(labels), size: theme.tokenSize, limit: ColumnLabels.longest, theme: theme).width
    let level = min(max(widest + 3, Self.narrowestComfortable), Self.widestColumn)
    // Words in cells may use all the space; turned labels beside them may not.
    if case .labels = part.marks.texts { return min(each, Self.widestColumn) }
    if widest + 3 <= level, level <= each { return level }
    return min(each, Self.widestTurned)
  }

  /// The labels above and below the cells.
  mutating func setAcrossLabels(hasTitle: Bool, theme: Theme) throws {
    if isTurned {
      var axis = part.rows
      if !hasTitle { axis.title = nil }
      ticks = try TickLabels(axis, step: acrossStep, theme: theme)
    } else {
      above = try slice(part.marks.columns.above).map { try ColumnLabels($0, step: acrossStep, theme: theme) }
      below = try slice(part.marks.columns.below).map { try ColumnLabels($0, step: acrossStep, theme: theme) }
    }
  }

  /// The height of bands, and the labels beside them at that height.
  mutating func setDown(step: Double, above room: Double, theme: Theme) throws {
    downStep = step
    aboveHeight = room
    try setBeside(step: step, theme: theme)
  }
}
