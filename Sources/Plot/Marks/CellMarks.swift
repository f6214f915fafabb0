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
  /// Cells with a mark besides their colour: bold text, and a frame around each run of them in a column. [row][column]
  public var marked: [[Bool]]
  /// Rows before which a dashed line crosses the cells.
  public var rules: [Int] = []
  /// Sets of cells with a frame of their own; nil for none.
  public var frames: FrameSets?

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
}
