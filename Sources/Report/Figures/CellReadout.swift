import Foundation
import Plot
import Traces
import Words

/// The rows and columns of traces that the cells of a heatmap show.
package struct CellOrigin: Equatable, Sendable {
  /// A column of the heatmap.
  package struct Column: Equatable, Sendable {
    /// Number of the trace.
    package var trace: Int
    /// Index in its columns.
    package var column: Int
  }
  /// Indices in the rows of the traces.
  package var rows: [Int]
  package var columns: [Column]

  package init(rows: [Int], columns: [Column]) {
    self.rows = rows
    self.columns = columns
  }

  /// All columns of one trace.
  package init(rows: [Int], columnsOf trace: Trace, number: Int = 0) {
    self.init(rows: rows, columns: trace.columns.indices.map { Column(trace: number, column: $0) })
  }
}

/// The readout of a heatmap's cells: rank, probability, and the most probable tokens.
public struct CellReadout: Equatable, Sendable {
  /// The heatmap's title in a figure with several.
  public var title: String?
  /// The positions of its cells in the figure.
  public var grid: CellGrid
  /// Names of the rows: layers, or tokens where the grid is turned.
  public var rows: [String]
  /// Names of the columns: tokens, or layers where the grid is turned.
  public var columns: [String]
  /// [row][column].
  public var cells: [[Cell]]

  /// A cell.
  public struct Cell: Equatable, Sendable {
    /// What the figure shows there.
    public var text: String
    /// Rank and probability of the token that came next or was given: "rank 3, 0.52 %"; empty if there is none.
    public var target: String
    /// The most probable tokens with their probabilities, most probable first.
    public var top: [String]

    /// From its parts.
    package init(
      text: String, target: String, top: [String]
    ) {
      self.text = text
      self.target = target
      self.top = top
    }
  }

  /// How many of the most probable tokens to list: fewer when there are many cells, so that pages stay small.
  package static func depth(cells: Int) -> Int { cells <= 1_000 ? 5 : cells <= 4_000 ? 3 : 1 }

  /// The readouts of a figure's heatmaps, one for each grid; empty for a figure without heatmaps.
  package static func all(of figure: Figure, origins: [CellOrigin], traces: [Trace], grids: [CellGrid]) -> [CellReadout]
  {
    let panels: [(title: String?, marks: CellMarks)] =
      switch figure.panel.marks {
      case .cells(let marks): [(nil, marks)]
      case .multiples(let multiples): multiples.panels.map { ($0.title?.text, $0.marks) }
      case .entries, .bars, .lines, .tokens: []
      }
    guard panels.count == origins.count, grids.allSatisfy({ panels.indices.contains($0.part) }) else { return [] }
    let depth = depth(cells: origins.map { $0.rows.count * $0.columns.count }.reduce(0, +))
    return grids.map { grid in
      let panel = panels[grid.part]
      let readout = CellReadout(panel.title, panel.marks, origins[grid.part], traces, grid: grid, depth: depth)
      return grid.isTurned ? readout.turned : readout
    }
  }

  /// With rows of the trace down and its columns across, whichever way the figure has them.
  private init(
    _ title: String?, _ marks: CellMarks, _ origin: CellOrigin, _ traces: [Trace], grid: CellGrid, depth: Int
  ) {
    self.title = title
    self.grid = grid
    let first = traces[origin.columns.first?.trace ?? 0]
    rows = origin.rows.map(first.rowName)
    let labels = (marks.columns.below ?? marks.columns.above)?.labels.map(\.text) ?? []
    columns = grid.range.map { labels.indices.contains($0) ? labels[$0] : "" }
    cells = origin.rows.enumerated().map { row, layer in
      grid.range.map { column in
        let place = origin.columns[column]
        let trace = traces[place.trace]
        return Cell(
          text: marks.fullText(row: row, column: column), target: trace.targetText(layer, place.column),
          top: trace.topTexts(layer, place.column, most: depth))
      }
    }
  }

  /// Rows and columns exchanged: layers run across the figure.
  private var turned: CellReadout {
    var turned = self
    (turned.rows, turned.columns) = (columns, rows)
    turned.cells = columns.indices.map { column in rows.indices.map { cells[$0][column] } }
    return turned
  }
}

extension Trace {
  /// "“ London”: rank 3, 0.52 %", empty when no token came next.
  fileprivate func targetText(_ row: Int, _ column: Int) -> String {
    guard let target = columns[column].target else { return "" }
    let rank = rank[row][column].map { "rank \(CountFormat.full($0))" }
    let share = logprob[row][column].map { Percent.text(logprob: $0) }
    return "“\(tokenLabel(id: target).text)” " + [rank, share].compactMap(\.self).joined(separator: ", ")
  }

  /// "“London” 43.10 %".
  fileprivate func topTexts(_ row: Int, _ column: Int, most: Int) -> [String] {
    zip(top.ids[row][column], top.logprobs[row][column]).prefix(most).map { id, logprob in
      "“\(tokenLabel(id: id).text)” \(Percent.text(logprob: logprob))"
    }
  }
}
