/// The numbers that a figure draws, as rows of text.
public struct FigureTable: Equatable, Sendable {
  /// Names of the columns.
  public var heads: [String]
  /// Cells; every row has as many as there are heads.
  public var rows: [[String]]

  /// A table.
  public init(heads: [String], rows: [[String]]) {
    self.heads = heads
    self.rows = rows
  }
}

extension Figure {
  /// The numbers that are drawn, in the order in which they are read.
  public var table: FigureTable {
    switch panel.marks {
    case .cells(let marks): marks.table(rows: panel.rows)
    case .entries(let marks): marks.table(rows: panel.rows)
    case .bars(let marks): marks.table(rows: panel.rows)
    case .lines(let marks): marks.table(rows: panel.rows)
    case .tokens(let marks): marks.table
    case .multiples(let marks): marks.table
    case .stripes(let marks): marks.table(rows: panel.rows)
    }
  }
}

extension RowAxis {
  /// The head of the column that names the rows.
  fileprivate var head: String { (title ?? "row").lowercased() }
}

extension CellMarks {
  func table(rows axis: RowAxis) -> FigureTable {
    var heads = [axis.head, "column"]
    if columns.above != nil { heads.append((columns.above?.title ?? "above").lowercased()) }
    if columns.below != nil { heads.append((columns.below?.title ?? "below").lowercased()) }
    if !columns.spans.isEmpty { heads.append("role") }
    heads.append("value")
    var hasText = true
    if case .counts = texts { hasText = false }
    if hasText { heads.append("text") }
    heads.append("marked")
    if frames != nil { heads.append("set") }
    var lines: [[String]] = []
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        var cells = [axis.labels[row].text, "\(column + 1)"]
        for side in [columns.above, columns.below].compactMap(\.self) { cells.append(side.labels[column].text) }
        if !columns.spans.isEmpty { cells.append(columns.spans.name(at: column)) }
        cells.append(value.map(FigureTable.number) ?? "")
        switch texts {
        case .counts: break
        case .numbers(let texts): cells.append(texts[row][column])
        case .labels(let labels): cells.append(labels[row][column].text)
        }
        lines.append(cells + ["\(marked[row][column])"] + (frames.map { [$0.name(row, column)] } ?? []))
      }
    }
    return FigureTable(heads: heads, rows: lines)
  }
}

extension EntryMarks {
  fileprivate func table(rows axis: RowAxis) -> FigureTable {
    FigureTable(
      heads: [axis.head, "column", "token", "share", "text", "marked"] + (frames == nil ? [] : ["set"]),
      rows: entries.enumerated().flatMap { row, line in
        line.enumerated().map { column, entry in
          [
            axis.labels[row].text, "\(column + 1)", entry.label.text, FigureTable.number(entry.fraction), entry.amount,
            "\(entry.isMarked)",
          ] + (frames.map { [$0.name(row, column)] } ?? [])
        }
      })
  }
}

extension BarMarks {
  fileprivate func table(rows axis: RowAxis) -> FigureTable {
    FigureTable(
      heads: [axis.head, title.lowercased() + unit, "marked"],
      rows: bars.enumerated().map { [axis.labels[$0].text, FigureTable.number($1.value), "\($1.isMarked)"] })
  }
}

extension LineMarks {
  fileprivate func table(rows axis: RowAxis) -> FigureTable {
    FigureTable(
      heads: ["chart", "series", title.lowercased(), "place", "value", "low", "high"],
      rows: charts.enumerated().flatMap { row, chart in
        chart.bars.map { bar in
          [axis.labels[row].text, series[bar.series], bar.name]
            + [bar.place, bar.value, bar.interval?.lowerBound ?? bar.value, bar.interval?.upperBound ?? bar.value]
            .map(FigureTable.number)
        }
          + chart.lines.flatMap { line in
            line.points.map { point in
              [axis.labels[row].text, series[line.series], point.name]
                + [point.place, point.value, point.low, point.high].map(FigureTable.number)
            }
          }
      })
  }
}

extension TokenMarks {
  fileprivate var table: FigureTable {
    FigureTable(
      heads: ["position", "token"] + (spans.isEmpty ? [] : ["role"]) + ["value", "marked"],
      rows: tokens.enumerated().map { index, token in
        ["\(token.position ?? index)", token.label.text] + (spans.isEmpty ? [] : [spans.name(at: index)])
          + [token.value.map(FigureTable.number) ?? "", "\(token.isMarked)"]
      })
  }
}

extension MultipleMarks {
  fileprivate var table: FigureTable {
    let tables = panels.map { $0.marks.table(rows: $0.rows) }
    return FigureTable(
      heads: ["panel"] + (tables.first?.heads ?? []),
      rows: zip(panels, tables).flatMap { panel, table in table.rows.map { [panel.title?.text ?? ""] + $0 } })
  }
}

extension FigureTable {
  /// A number with all its digits, the same in every locale; whole numbers have no point.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
