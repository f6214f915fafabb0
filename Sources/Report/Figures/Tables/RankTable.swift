import Findings
import Foundation
import Plot
import Traces
import Words

/// A trace as a table for the terminal: a line per layer, from the embedding to the model's output, a column per token.
public struct RankTable {
  package let trace: Trace
  package let palette: RankPalette
  /// Columns of the terminal, nil for no limit.
  package let width: Int?

  /// A table of a trace.
  public init(_ trace: Trace, palette: RankPalette, width: Int? = nil) {
    self.trace = trace
    self.palette = palette
    self.width = width
  }

  /// A column of ranks under a token.
  private struct Column {
    var head: String
    var ranks: [Int?]
  }

  private static let widestHead = 14

  /// The text, with a final newline.
  public var text: String {
    let model = trace.model
    var lines = [
      VisibleText.inline(
        "\(model.phrase) (\(model.architecture), \(model.layers) layers, \(model.vocabulary) tokens, \(model.weights))")
    ]
    lines += Wording.padding([(model, trace.lens)])
    lines += [
      "prompt: \(trace.encoder == nil ? TokenDisplay.line(trace.prompt) : trace.promptLine)"
    ]
    lines += Wording.changes(of: trace).map { "changed: \($0)" } + [""]
    let columns = targets + watched
    if columns.isEmpty {
      lines += ["most probable tokens at the end of the prompt"] + topTokens
    } else {
      for part in parts(of: columns) { lines += table(part) + [""] }
      lines.removeLast()
    }
    let blank = Wording.blankRows([trace], embedding: true)
    if !blank.isEmpty { lines += ["", blank] }
    if let findings = TraceFindings(trace) {
      let sentences = [findings.sentence].compactMap(\.self) + findings.causes
      if !sentences.isEmpty { lines += [""] + sentences }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var targets: [Column] {
    trace.columns.enumerated().compactMap { index, column in
      guard let target = column.target else { return nil }
      return Column(head: TokenDisplay.label(trace.texts[target]), ranks: trace.rank.map { $0[index] })
    }
  }

  /// Watched tokens, as the first captured position predicts them.
  private var watched: [Column] {
    guard !trace.columns.isEmpty else { return [] }
    return trace.watch.map { watch in
      Column(head: watch.label, ranks: watch.rank.map { $0[0] })
    }
  }

  private var rowNames: [String] { trace.rows.map(\.name) }

  /// Columns in groups that fit the terminal.
  private func parts(of columns: [Column]) -> [[Column]] {
    guard let width else { return [columns] }
    var parts: [[Column]] = [[]]
    var used = 0
    let names = rowNames.map(DisplayWidth.of).max() ?? 0
    for column in columns {
      let needed = self.width(of: column) + 1
      if !parts[parts.count - 1].isEmpty, names + used + needed > width {
        parts.append([])
        used = 0
      }
      parts[parts.count - 1].append(column)
      used += needed
    }
    return parts
  }

  private func width(of column: Column) -> Int {
    let numbers = column.ranks.map { String($0 ?? 0).count }.max() ?? 1
    return max(numbers, min(Self.widestHead, DisplayWidth.of(column.head)))
  }

  private func table(_ columns: [Column]) -> [String] {
    let names = rowNames
    let nameWidth = names.map(DisplayWidth.of).max() ?? 0
    let worst = (targets + watched).flatMap(\.ranks).compactMap { $0 }.max() ?? 1
    let widths = columns.map(width(of:))
    let head = zip(columns, widths).map { column, width in
      DisplayWidth.aligned(DisplayWidth.shortened(column.head, to: width), to: width)
    }
    var lines = [String(repeating: " ", count: nameWidth) + " " + head.joined(separator: " ")]
    for (row, name) in names.enumerated() {
      let cells = zip(columns, widths).map { column, width in
        let rank = column.ranks[row]
        return palette.cell(DisplayWidth.aligned(rank.map(String.init) ?? "-", to: width), rank: rank, worst: worst)
      }
      lines.append(DisplayWidth.padded(name, to: nameWidth) + " " + cells.joined(separator: " "))
    }
    return lines
  }

  /// Five tokens per layer with percentages, for a trace without targets.
  private var topTokens: [String] {
    let names = rowNames
    let nameWidth = names.map(DisplayWidth.of).max() ?? 0
    return names.enumerated().map { row, name in
      let ids = trace.top.ids[row].first ?? []
      let logprobs = trace.top.logprobs[row].first ?? []
      let tokens = zip(ids, logprobs).prefix(5).map { id, logprob in
        let label = DisplayWidth.shortened(TokenDisplay.label(trace.texts[id]), to: Self.widestHead)
        return DisplayWidth.padded(label, to: Self.widestHead) + " " + RankTable.percent(logprob)
      }
      return DisplayWidth.padded(name, to: nameWidth) + "  " + tokens.joined(separator: "  ")
    }
  }

  /// " 43.0 %", with one decimal, independent of the locale.
  package static func percent(_ logprob: Float) -> String {
    let tenths = Int((min(1, exp(Double(logprob))) * 1000).rounded())
    return DisplayWidth.aligned("\(tenths / 10).\(tenths % 10) %", to: 7)
  }
}
