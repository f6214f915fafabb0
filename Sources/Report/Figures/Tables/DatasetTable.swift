import Findings
import Foundation
import Plot
import Traces
import Words

/// A dataset's summary as a table for the terminal: the last row of every group, then every layer of all items.
public struct DatasetTable {
  package let summary: DatasetSummary
  private let hasWilson: Bool

  /// A table of a summary.
  public init(_ summary: DatasetSummary) {
    self.summary = summary.withWilsonIntervals
    hasWilson = summary.hasWilsonInterval
  }

  /// The text, with a final newline.
  public var text: String {
    let model = summary.model
    let level = Decimals.fixed(summary.bootstrap.level * 100, 0)
    let last = summary.rows.count - 1
    var lines = [
      TokenDisplay.line("\(model.phrase) (\(model.architecture), \(model.layers) layers, \(model.weights))")
    ]
    lines += Wording.padding([(model, summary.lens)])
    lines += [
      "\(TokenDisplay.line(summary.dataset.name)): \(what)",
      "in brackets: \(level) % bootstrap interval, \(summary.bootstrap.resamples) resamples, seed \(summary.bootstrap.seed)"
        + (hasWilson ? "; Wilson’s where all \(summary.wording.item)s agree" : "")
        + (summary.groups[0].accuracy == nil ? "" : "; \(summary.wording.share.lowercased()) by chance: 50 %"),
      "", "after the last layer",
    ]
    lines += DatasetTable.aligned(
      [["group", "n"] + heads] + summary.groups.map { [DatasetTable.name($0), "\($0.items)"] + cells($0, last) })
    let settled = summary.groups[0].settled
    lines += ["", "all \(summary.wording.item)s after every layer"]
    lines += DatasetTable.aligned(
      [["layer"] + heads + (settled == nil ? [] : ["settled"])]
        + summary.rows.indices.map { row in
          [summary.rows[row].name] + cells(summary.groups[0], row) + (settled.map { ["\($0.rows[row])"] } ?? [])
        })
    if let settled {
      lines.append("settled: prompts whose target is first from this layer on; \(settled.never) never")
    }
    if let findings = DatasetFindings(summary) { lines += ["", findings.sentence] + findings.causes }
    return lines.joined(separator: "\n") + "\n"
  }

  /// "346 prompts, first tokens", "12 texts of 3,411 tokens".
  private var what: String {
    let (all, dataset) = (summary.groups[0], summary.dataset)
    func plain(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
    let count = plain(dataset.items, summary.wording.item)
    if let corpus = all.corpus {
      return "\(count) of \(plain(corpus.tokens, "token")), \(plain(corpus.bytes, "byte"))"
    }
    if let score = dataset.score { return "\(count), \(score.rawValue) over tokens" }
    return count + (dataset.firstToken ? ", first tokens" : "")
  }

  /// Names of the columns of numbers.
  package var heads: [String] {
    let scored = summary.wording.scored
    switch summary.dataset.form {
    case .corpus:
      return ["cross-entropy", "bits per byte", "KL to the last layer", "entropy", "agreement, %", "rank 1, %"]
    case .sentences: return ["sentence over foil, %", "log p of sentence \u{2212} foil", "log p of sentence"]
    case nil:
      return (summary.groups[0].accuracy == nil ? [] : ["target over foil, %", "log p of target \u{2212} foil"])
        + ["log p of \(scored)", "mean rank", "median rank", "rank 1, %"]
    }
  }

  /// The numbers of a group at a row, with their intervals.
  package func cells(_ group: DatasetSummary.Group, _ row: Int) -> [String] {
    func cell(_ curve: DatasetSummary.Curve, _ digits: Int, _ factor: Double = 1) -> String {
      let texts = [curve.value[row], curve.low[row], curve.high[row]].map {
        Decimals.fixed($0 * factor, digits).replacing("-", with: "\u{2212}")
      }
      return "\(texts[0]) [\(texts[1]), \(texts[2])]"
    }
    if let corpus = group.corpus {
      let logprob = group.logprob
      let entropy = DatasetSummary.Curve(
        value: logprob.value.map { -$0 }, low: logprob.high.map { -$0 }, high: logprob.low.map { -$0 })
      return [
        cell(entropy, 3), cell(corpus.bitsPerByte, 3), cell(corpus.kl, 3), cell(corpus.entropy, 3),
        cell(corpus.agreement, 1, 100),
      ] + (group.top1.map { [cell($0, 1, 100)] } ?? [])
    }
    var cells: [String] = []
    if let accuracy = group.accuracy { cells.append(cell(accuracy, 1, 100)) }
    if let difference = group.difference { cells.append(cell(difference, 2)) }
    cells.append(cell(group.logprob, 2))
    for rank in [group.rank, group.medianRank] { if let rank { cells.append(cell(rank, 1)) } }
    return cells + (group.top1.map { [cell($0, 1, 100)] } ?? [])
  }

  /// "all", or "attractor: plural".
  package static func name(_ group: DatasetSummary.Group) -> String {
    guard let column = group.column, let value = group.value else { return "all" }
    return TokenDisplay.line(column) + ": " + TokenDisplay.line(value)
  }

  /// Columns with their numbers below each other: intervals are padded so that values, too, end at one place.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let padded = rows[0].indices.map { column in paddedIntervals(rows.map { $0[column] }) }
    let widths = padded.map { $0.map(DisplayWidth.of).max() ?? 0 }
    return rows.indices.map { row in
      padded.indices.map { column in
        column == 0
          ? DisplayWidth.padded(padded[column][row], to: widths[column])
          : DisplayWidth.aligned(padded[column][row], to: widths[column])
      }.joined(separator: "  ")
    }
  }

  /// "5.0 [ 4.0,  6.0]" beside "12.0 [11.0, 13.0]"; what has no interval stays.
  private static func paddedIntervals(_ cells: [String]) -> [String] {
    let parts = cells.map { cell -> [String]? in
      guard let open = cell.firstIndex(of: "["), cell.hasSuffix("]") else { return nil }
      return cell[cell.index(after: open)...].dropLast().components(separatedBy: ", ")
    }
    let widths = (0..<2).map { end in parts.compactMap { $0.map { DisplayWidth.of($0[end]) } }.max() ?? 0 }
    return zip(cells, parts).map { cell, ends in
      guard let ends, ends.count == 2, let open = cell.firstIndex(of: "[") else { return cell }
      let padded = zip(ends, widths).map { DisplayWidth.aligned($0, to: $1) }
      return cell[..<open] + "[\(padded[0]), \(padded[1])]"
    }
  }
}
