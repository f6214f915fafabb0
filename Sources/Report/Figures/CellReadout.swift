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
    /// Number of the watched token whose rank is shown; nil for the token that came next.
    package var watched: Int?

    package init(trace: Int, column: Int, watched: Int? = nil) {
      self.trace = trace
      self.column = column
      self.watched = watched
    }
  }
  /// Indices in the rows of the traces.
  package var rows: [Int]
  package var columns: [Column]

  package init(rows: [Int], columns: [Column]) {
    self.rows = rows
    self.columns = columns
  }
}

/// What a reader is told who points at a figure: of a heatmap's cell its rank, its probability and the most probable tokens, of
/// a bar, a point or a token its value.
public struct CellReadout: Equatable, Sendable {
  /// The title of the heatmap or of the chart in a figure with several.
  public var title: String?
  /// What the places are.
  public var form = Form.cells

  /// What can be pointed at.
  public enum Form: String, Sendable {
    /// Cells of a heatmap.
    case cells
    /// Words with a bar each, the most probable first.
    case entries
    /// Bars.
    case bars
    /// Points of lines, all that stand above each other.
    case lines
    /// Tokens of a text, one line of them.
    case tokens
  }

  /// Whether these are the cells of a heatmap, whose numbers a page shows as this table.
  public var isHeatmap: Bool { form == .cells }
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
    /// Rank and probability of the token that came next or was given: "“ London” rank 3, 0.52 %"; empty if there is none.
    public var target: String
    /// The most probable tokens, each after its probability: "43.10 % London"; most probable first.
    public var top: [String]

    /// From its parts.
    package init(
      text: String, target: String = "", top: [String] = []
    ) {
      self.text = text
      self.target = target
      self.top = top
    }
  }

  /// How many of the most probable tokens to list: fewer when there are many cells, so that pages stay small.
  package static func depth(cells: Int) -> Int { cells <= 1_000 ? 5 : cells <= 4_000 ? 3 : 1 }

  /// The readouts of all that can be pointed at in a figure; of heatmaps one for each grid.
  package static func all(of figure: Figure, origins: [CellOrigin], traces: [Trace], grids: [CellGrid]) -> [CellReadout]
  {
    let panels: [(title: String?, marks: CellMarks)] =
      switch figure.panel.marks {
      case .cells(let marks): [(nil, marks)]
      case .multiples(let multiples): multiples.panels.map { ($0.title?.text, $0.marks) }
      case .entries, .bars, .lines, .tokens, .stripes: []
      }
    if panels.isEmpty { return others(of: figure, grids: grids) }
    if origins.isEmpty {
      return zip(panels, grids).map { CellReadout($0.title, $0.marks, figure.panel.rows, grid: $1) }
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
    var names = traces.map(TokenNames.init)
    cells = origin.rows.enumerated().map { row, layer in
      grid.range.map { column in
        let place = origin.columns[column]
        let trace = traces[place.trace]
        return Cell(
          text: marks.fullText(row: row, column: column),
          target: trace.targetText(layer, place, &names[place.trace]),
          top: trace.topTexts(layer, place.column, most: depth, &names[place.trace]))
      }
    }
  }

  /// Of cells that are no states of a trace: their values alone.
  private init(_ title: String?, _ marks: CellMarks, _ axis: RowAxis, grid: CellGrid) {
    self.title = title
    self.grid = grid
    rows = axis.labels.map(\.text)
    let labels = (marks.columns.below ?? marks.columns.above)?.labels.map(\.text) ?? []
    columns = grid.range.map { labels.indices.contains($0) ? labels[$0] : "" }
    cells = rows.indices.map { row in grid.range.map { Cell(text: marks.fullText(row: row, column: $0)) } }
    if grid.isTurned { self = turned }
  }

  /// Rows and columns exchanged: layers run across the figure.
  private var turned: CellReadout {
    var turned = self
    (turned.rows, turned.columns) = (columns, rows)
    turned.cells = columns.indices.map { column in rows.indices.map { cells[$0][column] } }
    return turned
  }
}

/// Labels of tokens, each made once: many cells name the same few.
private struct TokenNames {
  private let trace: Trace
  private var known: [Int: String] = [:]

  init(_ trace: Trace) { self.trace = trace }

  mutating func name(_ id: Int) -> String {
    if let name = known[id] { return name }
    let name = trace.tokenLabel(id: id).text
    known[id] = name
    return name
  }
}

extension Trace {
  /// "“ London”: rank 3, 0.52 %", empty when no token came next.
  fileprivate func targetText(_ row: Int, _ place: CellOrigin.Column, _ names: inout TokenNames) -> String {
    let column = place.column
    if let number = place.watched, watch.indices.contains(number) {
      let watched = watch[number]
      let rank = watched.rank[row][column].map { "rank \(CountFormat.full($0))" }
      let share = watched.logprob[row][column].map { Percent.text(logprob: $0) }
      return "“\(watched.label)” " + [rank, share].compactMap(\.self).joined(separator: ", ")
    }
    guard let target = columns[column].target else { return "" }
    let rank = rank[row][column].map { "rank \(CountFormat.full($0))" }
    let share = logprob[row][column].map { Percent.text(logprob: $0) }
    return "“\(names.name(target))” " + [rank, share].compactMap(\.self).joined(separator: ", ")
  }

  /// "43.10 % London".
  fileprivate func topTexts(_ row: Int, _ column: Int, most: Int, _ names: inout TokenNames) -> [String] {
    zip(top.ids[row][column], top.logprobs[row][column]).prefix(most).map { id, logprob in
      "\(Percent.text(logprob: logprob)) \(names.name(id))"
    }
  }
}
