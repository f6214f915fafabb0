import Findings
import Foundation
import Plot
import Traces
import Words

/// A dataset's summary as a table for the terminal: the last row of every group, then every layer of all items.
public struct DatasetTable {
  package let summary: DatasetSummary

  /// A table of a summary.
  public init(_ summary: DatasetSummary) { self.summary = summary }

  /// The text, with a final newline.
  public var text: String {
    let model = summary.model
    let level = Decimals.fixed(summary.bootstrap.level * 100, 0)
    let last = summary.rows.count - 1
    var lines = [
      "\(TokenDisplay.line(model.phrase)) (\(model.architecture), \(model.layers) layers, \(model.weights))",
      "\(TokenDisplay.line(summary.dataset.name)): \(summary.dataset.items) prompts"
        + (summary.dataset.firstToken ? ", first tokens" : ""),
      "in brackets: \(level) % bootstrap interval, \(summary.bootstrap.resamples) resamples, seed \(summary.bootstrap.seed)",
      "", "after the last layer",
    ]
    lines += DatasetTable.aligned(
      [["group", "prompts"] + heads] + summary.groups.map { [DatasetTable.name($0), "\($0.items)"] + cells($0, last) })
    lines += ["", "all prompts after every layer"]
    lines += DatasetTable.aligned(
      [["layer"] + heads + ["settled"]]
        + summary.rows.indices.map { row in
          [summary.rows[row].name] + cells(summary.groups[0], row)
            + ["\(summary.groups[0].settled.rows[row])"]
        })
    lines.append("settled: prompts whose target is first from this layer on; \(summary.groups[0].settled.never) never")
    if let findings = DatasetFindings(summary) { lines += ["", findings.sentence] }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Names of the columns of numbers.
  package var heads: [String] {
    (summary.groups[0].accuracy == nil ? [] : ["target over foil %", "log p - foil"])
      + ["log p", "mean rank", "median rank", "first %"]
  }

  /// The numbers of a group at a row, with their intervals.
  package func cells(_ group: DatasetSummary.Group, _ row: Int) -> [String] {
    func cell(_ curve: DatasetSummary.Curve, _ digits: Int, _ factor: Double = 1) -> String {
      let ends = [curve.low[row], curve.high[row]].map { Decimals.fixed($0 * factor, digits) }
      return "\(Decimals.fixed(curve.value[row] * factor, digits)) [\(ends[0]), \(ends[1])]"
    }
    var cells: [String] = []
    if let accuracy = group.accuracy { cells.append(cell(accuracy, 1, 100)) }
    if let difference = group.difference { cells.append(cell(difference, 2)) }
    return cells + [
      cell(group.logprob, 2), cell(group.rank, 1), cell(group.medianRank, 1), cell(group.top1, 1, 100),
    ]
  }

  /// "all", or "attractor: plural".
  package static func name(_ group: DatasetSummary.Group) -> String {
    guard let column = group.column, let value = group.value else { return "all" }
    return TokenDisplay.line(column) + ": " + TokenDisplay.line(value)
  }

  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        column == 0 ? DisplayWidth.padded(cell.0, to: cell.1) : DisplayWidth.aligned(cell.0, to: cell.1)
      }.joined(separator: "  ")
    }
  }
}
