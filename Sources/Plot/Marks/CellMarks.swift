/// Cells of a heatmap: a count in every row and column, coloured on a logarithmic scale and written into its cell.
public struct CellMarks: Equatable, Sendable {
  /// Across.
  public var columns: ColumnAxis
  /// [row][column], nil where there is no value.
  public var values: [[Int?]]
  /// The colours.
  public var scale: ColorScale
  /// The value that is marked by more than its colour: bold digits and a frame, or a dot in cells without numbers.
  public var marked: Int?

  /// Cells.
  public init(columns: ColumnAxis, values: [[Int?]], scale: ColorScale, marked: Int?) {
    self.columns = columns
    self.values = values
    self.scale = scale
    self.marked = marked
  }
}

/// How numbers are written into cells of one size: the same way in all of them.
///
/// All digits (`12,345`) if the widest number fits at 6 points or more; else short forms (`12k`) if the widest fits at the
/// theme's smallest size or more; else no cell has a number. Numbers are never set smaller than that.
struct CellNumbers {
  let size: Double
  let isShort: Bool

  /// The way for cells of `width` x `height`, or nil for none.
  init?(values: [[Int?]], width: Double, height: Double, theme: Theme) throws {
    let counts = Set(values.joined().compactMap(\.self))
    guard let most = counts.max() else { return nil }
    // Widths differ by the number of digits only, figures being as wide as each other.
    let full = Set(counts.map { String(repeating: "0", count: String($0).count) }).compactMap {
      Int("1" + $0.dropFirst())
    }
    let candidates: [(Bool, ClosedRange<Double>)] = [
      (false, min(6, theme.cellSize)...theme.cellSize), (true, theme.smallestSize...theme.cellSize),
    ]
    for (short, sizes) in candidates {
      let texts = short ? Set(counts.map(CountFormat.short)) : Set((full + [most]).map(CountFormat.full))
      let unit = try texts.map { try TextMeasurer.extent($0, font: theme.tickFont(size: 10)).width }.max() ?? 0
      let tall = try TextMeasurer.metrics(theme.tickFont(size: 10)).capHeight
      func fitting(_ margin: Double) -> Double {
        (40 * min((width - margin) / unit, (height - 2.4) / tall)).rounded(.down) / 4
      }
      // Larger numbers keep their distance from the cell's sides; the smallest may come close.
      let size = min(sizes.upperBound, max(fitting(2.2), min(fitting(0.6), sizes.lowerBound)))
      if size >= sizes.lowerBound {
        self.size = size
        isShort = short
        return
      }
    }
    return nil
  }

  func text(_ value: Int) -> String { isShort ? CountFormat.short(value) : CountFormat.full(value) }
}

extension CellMarks {
  /// Draws the cells over bands: fills first, then frames and numbers.
  func draw(into drawing: inout Drawing, rows: BandScale, columns: BandScale, theme: Theme) throws {
    let gap = min(rows.step, columns.step) >= 8 ? theme.cellGap : 0
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        var rect = cell(row, column, rows, columns, gap)
        // Neighbours that touch would show hairlines between them; each reaches under the next ones instead.
        if gap == 0 {
          if column + 1 < line.count { rect.width += min(columns.step, 1) / 2 }
          if row + 1 < values.count, rows.begin(row + 1) - rows.begin(row) - rows.step < 1e-6 {
            rect.height += min(rows.step, 1) / 2
          }
        }
        drawing.fill(rect, value.map { scale.color(of: Double($0)) } ?? theme.faint)
      }
    }
    let numbers = try CellNumbers(values: values, width: columns.step - gap, height: rows.step - gap, theme: theme)
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        let rect = cell(row, column, rows, columns, gap)
        try write(value, in: rect, numbers: numbers, into: &drawing, theme: theme)
      }
    }
  }

  private func write(_ value: Int?, in rect: Rect, numbers: CellNumbers?, into drawing: inout Drawing, theme: Theme)
    throws
  {
    guard let value else {
      if let numbers {
        let font = theme.tickFont(size: numbers.size)
        try drawing.text("–", font: font, color: theme.softInk, at: Point(rect.midX, rect.midY), .center, .middle)
      }
      return
    }
    let ink = scale.color(of: Double(value)).ink
    let isMarked = value == marked
    if isMarked, numbers != nil {
      drawing.frame(rect, inset: 0.9, Stroke(ink, width: 0.45))
    } else if isMarked, min(rect.width, rect.height) >= 3.5 {
      // Without a number, a dot: frames alone would look like a lattice.
      let radius = min(1.1, min(rect.width, rect.height) / 5)
      let dot = Rect(rect.midX - radius, rect.midY - radius, 2 * radius, 2 * radius)
      drawing.box(dot, fill: ink, stroke: nil, cornerRadius: radius)
    }
    if let numbers {
      var font = theme.tickFont(size: numbers.size)
      font.bold = isMarked
      try drawing.text(numbers.text(value), font: font, color: ink, at: Point(rect.midX, rect.midY), .center, .middle)
    }
  }

  private func cell(_ row: Int, _ column: Int, _ rows: BandScale, _ columns: BandScale, _ gap: Double) -> Rect {
    Rect(
      columns.begin(column) + gap / 2, rows.begin(row) + gap / 2, columns.step - gap, rows.step - gap)
  }
}
