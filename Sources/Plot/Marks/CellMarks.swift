/// Cells of a heatmap: a number in every row and column as a colour, with words or numbers in the cells.
public struct CellMarks: Equatable, Sendable {
  /// Across.
  public var columns: ColumnAxis
  /// [row][column], nil where there is no value.
  public var values: [[Double?]]
  /// The colours.
  public var scale: ColorScale
  /// What is written into the cells.
  public var texts: Texts
  /// Cells with a mark besides their colour: a frame and bold text, or a dot in cells without text. [row][column]
  public var marked: [[Bool]]

  /// What is written into cells.
  public enum Texts: Equatable, Sendable {
    /// The values as whole numbers, the same way in all cells: with all digits, in short, or not at all.
    case counts
    /// Numbers as given, in all cells or in none. [row][column]
    case numbers([[String]])
    /// Words as given, each shortened to its cell. [row][column]
    case labels([[Label]])
  }

  /// Cells.
  public init(columns: ColumnAxis, values: [[Double?]], scale: ColorScale, texts: Texts, marked: [[Bool]]) {
    self.columns = columns
    self.values = values
    self.scale = scale
    self.texts = texts
    self.marked = marked
  }

  /// Counts such as ranks, one of them marked wherever it occurs.
  public init(columns: ColumnAxis, counts: [[Int?]], scale: ColorScale, marked: Int?) {
    self.init(
      columns: columns, values: counts.map { $0.map { $0.map(Double.init) } }, scale: scale, texts: .counts,
      marked: counts.map { $0.map { $0 != nil && $0 == marked } })
  }
}

extension CellMarks {
  /// The full text of a cell, even if the figure cuts it; empty for a missing value.
  public func fullText(row: Int, column: Int) -> String {
    guard let value = values[row][column] else { return "" }
    return switch texts {
    case .counts: CountFormat.full(Int(value))
    case .numbers(let texts): texts[row][column]
    case .labels(let labels): labels[row][column].text
    }
  }

  /// How many texts each row has; nil when the values themselves are written.
  var textCounts: [Int]? {
    switch texts {
    case .counts: nil
    case .numbers(let texts): texts.map(\.count)
    case .labels(let labels): labels.map(\.count)
    }
  }

  /// Draws the cells over bands across and down.
  func draw(into drawing: inout Drawing, rows: BandScale, columns: BandScale, theme: Theme) throws {
    drawing.note(rows: rows, columns: columns)
    // With cells only a few units wide, gaps would fill most of the picture.
    let gap = min(rows.step, columns.step) >= 6 ? theme.cellGap : 0
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        var rect = cell(row, column, rows, columns, gap)
        // Neighbours that touch would show hairlines between them, so each extends under the next ones.
        if gap == 0 {
          if column + 1 < line.count { rect.width += min(columns.step, 1) / 2 }
          if row + 1 < values.count, rows.begin(row + 1) - rows.begin(row) - rows.step < 1e-6 {
            rect.height += min(rows.step, 1) / 2
          }
        }
        drawing.fill(rect, value.map { scale.color(of: $0) } ?? theme.faint)
      }
    }
    var writer = try CellWriter(self, width: columns.step - gap, height: rows.step - gap, theme: theme)
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        let isMarked = marked[row][column]
        write(
          try writer.text(row, column, value, isMarked: isMarked),
          ink: value.map { scale.color(of: $0).ink } ?? theme.softInk, isMarked: isMarked,
          in: cell(row, column, rows, columns, gap), thinnest: theme.thinnestStroke, into: &drawing)
      }
    }
  }

  private func write(
    _ text: MeasuredText?, ink: Color, isMarked: Bool, in rect: Rect, thinnest: Double, into drawing: inout Drawing
  ) {
    if isMarked, text != nil {
      drawing.frame(rect, inset: 0.9, Stroke(ink, width: max(0.45, thinnest)))
    } else if isMarked, min(rect.width, rect.height) >= 3.5 {
      // Without a number, a dot: frames alone would look like a lattice.
      let radius = min(1.1, min(rect.width, rect.height) / 5)
      let dot = Rect(rect.midX - radius, rect.midY - radius, 2 * radius, 2 * radius)
      drawing.box(dot, fill: ink, stroke: nil, cornerRadius: radius)
    }
    if let text { drawing.text(text, color: ink, centeredOn: Point(rect.midX, rect.midY)) }
  }

  private func cell(_ row: Int, _ column: Int, _ rows: BandScale, _ columns: BandScale, _ gap: Double) -> Rect {
    Rect(
      columns.begin(column) + gap / 2, rows.begin(row) + gap / 2, columns.step - gap, rows.step - gap)
  }
}
