/// The cells of a heatmap, or of some of its columns, over bands across and down.
///
/// Rows of the marks run down the page, or across it when the view is turned.
struct CellView {
  let marks: CellMarks
  /// The columns in view.
  let range: Range<Int>
  let isTurned: Bool
  /// Bands of the rows of the marks.
  let rows: BandScale
  /// Bands of the columns in view.
  let columns: BandScale
  /// Width or height of the smallest cells of the figure, by which all its cells are marked alike.
  let smallest: Double

  /// Narrower cells have no mark.
  static let smallestMarked = 2.0
  /// Narrower cells are marked by a line through their middle instead of a frame.
  private static let smallestFramed = 4.0

  /// Size of a cell across and down, without the white between cells.
  var size: Size { isTurned ? Size(rows.step, columns.step) : Size(columns.step, rows.step) }

  /// The white between cells: with cells only a few units wide it would fill most of the picture.
  static func gap(_ smallest: Double, theme: Theme) -> Double { smallest >= 6 ? theme.cellGap : 0 }

  /// Draws the cells, what marks them and the lines across them; returns what it drew.
  func draw(
    into drawing: inout Drawing, style: CellWriter.Style, theme: Theme, part: Int
  ) throws -> (texts: Bool, marks: Bool) {
    drawing.note(
      CellGrid(
        columns: isTurned ? rows.bands : columns.bands, rows: isTurned ? columns.bands : rows.bands, part: part,
        range: range, isTurned: isTurned))
    let gap = Self.gap(smallest, theme: theme)
    for row in marks.values.indices {
      for column in range {
        var rect = cell(row, column, gap)
        if gap == 0 { extend(&rect, row, column) }
        drawing.fill(rect, color(row, column) ?? theme.faint)
      }
    }
    let hasMarks = markRuns(gap: gap, theme: theme, into: &drawing)
    frame(gap: gap, theme: theme, into: &drawing)
    var writer = CellWriter(marks, style: style, width: size.width - gap, theme: theme)
    for row in marks.values.indices {
      for column in range {
        guard let text = try writer.text(row, column, isMarked: marks.marked[row][column]) else { continue }
        let rect = cell(row, column, gap)
        drawing.text(
          text, color: color(row, column).map(\.ink) ?? theme.softInk, centeredOn: Point(rect.midX, rect.midY))
      }
    }
    drawing.drawn.cells += marks.values.count * range.count
    drawing.drawn.stumps += writer.stumps
    for row in marks.rules where row > 0 && row < marks.values.count { rule(before: row, theme: theme, into: &drawing) }
    return (style.size != nil, hasMarks)
  }

  private func color(_ row: Int, _ column: Int) -> Color? {
    marks.values[row][column].map { marks.scale.color(of: $0) }
  }

  private func cell(_ row: Int, _ column: Int, _ gap: Double) -> Rect {
    let place = column - range.lowerBound
    let (across, down) = isTurned ? (rows, columns) : (columns, rows)
    let (x, y) = isTurned ? (row, place) : (place, row)
    return Rect(across.begin(x) + gap / 2, down.begin(y) + gap / 2, across.step - gap, down.step - gap)
  }

  /// Neighbours that touch would show hairlines between them, so each extends under the next ones.
  private func extend(_ rect: inout Rect, _ row: Int, _ column: Int) {
    let touchesNextRow =
      row + 1 < marks.values.count && rows.begin(row + 1) - rows.begin(row) - rows.step < 1e-6
    let touchesNextColumn = column + 1 < range.upperBound
    if isTurned ? touchesNextRow : touchesNextColumn { rect.width += min(rect.width, 1) / 2 }
    if isTurned ? touchesNextColumn : touchesNextRow { rect.height += min(rect.height, 1) / 2 }
  }

  /// Frames every run of marked cells of a column once; false when cells are too small for that.
  private func markRuns(gap: Double, theme: Theme, into drawing: inout Drawing) -> Bool {
    let small = smallest
    guard small >= Self.smallestMarked else { return false }
    let width = max(small >= 8 ? 0.6 : 0.45, theme.thinnestStroke)
    for column in range {
      for run in marks.runs(ofColumn: column) {
        let (first, last) = (cell(run.lowerBound, column, gap), cell(run.upperBound, column, gap))
        let box = Rect(first.x, first.y, last.maxX - first.x, last.maxY - first.y)
        let inks = Set(run.map { color($0, column)?.ink ?? theme.softInk })
        let ink = inks.count == 1 ? inks.first ?? theme.ink : theme.ink
        if small >= Self.smallestFramed {
          // On cells light and dark, a dark line needs a light ground.
          if inks.count > 1 { drawing.frame(box, inset: 0.9, Stroke(.white, width: width + 1)) }
          drawing.frame(box, inset: small >= 6 ? 0.9 : 0.5, Stroke(ink, width: width))
        } else {
          // A short line for one cell, a long one for a run.
          let inset = small / 4
          let ends =
            isTurned
            ? (Point(box.x + inset, box.midY), Point(box.maxX - inset, box.midY))
            : (Point(box.midX, box.y + inset), Point(box.midX, box.maxY - inset))
          if inks.count > 1 { drawing.line(ends.0, ends.1, Stroke(.white, width: width + 0.8)) }
          drawing.line(ends.0, ends.1, Stroke(ink, width: width))
        }
      }
    }
    return true
  }

  /// Frames the cells of sets, if cells are large enough for frames that can be told apart.
  private func frame(gap: Double, theme: Theme, into drawing: inout Drawing) {
    guard let frames = marks.frames else { return }
    guard smallest >= FrameLook.smallest else {
      drawing.drawn.hasRoomForFrames = false
      return
    }
    for row in marks.values.indices {
      for column in range {
        guard let set = frames.set(row, column) else { continue }
        FrameLook.all[set].draw(around: cell(row, column, gap), into: &drawing, theme: theme)
        drawing.drawn.frames[set, default: 0] += 1
      }
    }
  }

  /// A dashed line between two rows that reaches a little beyond the cells.
  private func rule(before row: Int, theme: Theme, into drawing: inout Drawing) {
    let place = (rows.begin(row - 1) + rows.step + rows.begin(row)) / 2
    let (start, end) = (columns.start - 2.5, columns.end + 2.5)
    let ends = isTurned ? (Point(place, start), Point(place, end)) : (Point(start, place), Point(end, place))
    drawing.line(ends.0, ends.1, Stroke(.white, width: 1.9))
    drawing.line(ends.0, ends.1, Stroke(theme.ink, width: 1, dash: [2.6, 1.6]))
  }
}

extension CellMarks {
  /// The rows of a column in which cells are marked, as runs without a gap.
  func runs(ofColumn column: Int) -> [ClosedRange<Int>] {
    var runs: [ClosedRange<Int>] = []
    for row in marked.indices where marked[row][column] {
      if let last = runs.last, last.upperBound == row - 1 {
        runs[runs.count - 1] = last.lowerBound...row
      } else {
        runs.append(row...row)
      }
    }
    return runs
  }
}
