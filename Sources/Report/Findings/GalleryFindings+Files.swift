import Foundation
import Traces
import Words

extension GalleryFindings {
  /// The fields that at least one row has.
  private var fields: [FindingField] {
    FindingField.all.filter { field in rows.contains { field.value(in: $0) != nil } }
  }

  /// `findings.csv` (RFC 4180): a line for every prompt and model, and for every group of a dataset and model.
  public var csv: String {
    let fields = fields
    let lines = rows.map { row in
      [row.subject, row.model] + fields.map { $0.value(in: row)?.plain ?? "" } + [row.sentence ?? ""]
    }
    return CommaSeparated.table([["prompt", "model"] + fields.map(\.name) + ["finding"]] + lines)
  }

  /// `findings.json`, the contract `strata.findings/1` of docs/findings.md.
  ///
  /// - Throws: What encoding throws.
  public func json(title: String, tool: String) throws -> Data {
    var data = Data()
    try writeJSON(title: title, tool: tool) { data += $0 }
    return data
  }

  /// The same in pieces.
  ///
  /// - Throws: What encoding throws, and what `take` throws.
  package func writeJSON(title: String, tool: String, to take: (Data) throws -> Void) throws {
    let file = FindingsFile(
      schema: "strata.findings/1", title: title, tool: tool, strongest: strongest(), rows: [], contrasts: [],
      training: training.isEmpty ? nil : training.map { FindingsFile.Training($0.subject, $0.training) },
      comparisons: comparisons.isEmpty ? nil : comparisons.map(FindingsFile.Comparison.init))
    let contrasts = contrasts.compactMap { subject, contrast in
      contrast.widest.map { (subject: subject, contrast: contrast, cell: $0) }
    }
    try LongJSON.write(
      file,
      [
        "rows": .list(count: rows.count) { FindingsFile.Row(rows[$0]) },
        "contrasts": .list(count: contrasts.count) { index in
          let (subject, contrast, cell) = contrasts[index]
          return FindingsFile.Contrast(
            prompt: subject, models: contrast.names, layer: cell.row.layerNumber, token: cell.label,
            probabilities: cell.logprobs.map { .number(exp(Double($0))) }, finding: contrast.sentence)
        },
      ], to: take)
  }

  /// `findings.tex`: the table of `table()` with booktabs' rules, to be included by `\input`.
  ///
  /// Nil without prompts.
  public var latex: String? {
    let table = table()
    guard !table.rows.isEmpty else { return nil }
    let models = table.models.map { "\\multicolumn{3}{c}{\(LatexText.escaped($0))}" }.joined(separator: " & ")
    var lines = ["% Needs \\usepackage{booktabs}."]
    lines.append("\\begin{tabular}{l" + String(repeating: "lrr", count: table.models.count) + "}")
    lines.append("\\toprule")
    lines.append(" & \(models) \\\\")
    for index in table.models.indices { lines.append("\\cmidrule(lr){\(2 + index * 3)-\(4 + index * 3)}") }
    lines.append("Prompt" + String(repeating: " & \(table.head) & $p$ & Layer", count: table.models.count) + " \\\\")
    lines.append("\\midrule")
    for row in table.rows {
      let cells = row.cells.map { cell in
        cell.map { "\(LatexText.escaped($0.output)) & \(LatexText.escaped($0.share)) & \($0.layer)" } ?? " &  & "
      }
      lines.append("\(LatexText.escaped(row.title)) & \(cells.joined(separator: " & ")) \\\\")
    }
    return (lines + ["\\bottomrule", "\\end{tabular}"]).joined(separator: "\n") + "\n"
  }

  /// The table of prompts by models.
  package func table() -> FindingTable {
    let prompts = rows.filter { $0.trace != nil }
    let models = prompts.map(\.model).uniqued
    let places = FindingPlaces(prompts)
    return FindingTable(
      models: models,
      rows: prompts.map(\.subject).uniqued.map { subject in
        FindingTable.Row(
          subject: subject, title: title(of: subject),
          cells: models.map { model in
            places.row(of: subject, model: model).flatMap { prompts[$0].trace }.map { FindingTable.Cell($0) }
          })
      })
  }
}

/// The table at the top of galleries and reports: a row for each prompt, three columns for each model.
package struct FindingTable: Equatable, Sendable {
  /// Names of the models.
  package var models: [String]
  package var rows: [Row]

  /// What the first column of each model shows.
  package var head: String {
    let cells = rows.flatMap(\.cells).compactMap(\.self)
    if cells.allSatisfy({ !$0.isOfWatched }) { return "Output" }
    return cells.allSatisfy(\.isOfWatched) ? "Watched words" : "Output or watched words"
  }

  /// Whether a cell compares watched words.
  package var hasWatched: Bool { rows.contains { $0.cells.contains { $0?.isOfWatched == true } } }

  /// A prompt.
  package struct Row: Equatable, Sendable {
    /// Its id.
    package var subject: String
    /// What it is called.
    package var title: String
    /// One for each model; nil where there are no numbers.
    package var cells: [Cell?]
  }

  /// A model on a prompt.
  package struct Cell: Equatable, Sendable {
    /// "“␣London”", "12 tokens", "“␣are” over “␣is”"; with the most probable token of all where it is not the first watched word:
    /// "“␣Paris” over “␣London” (“␣the”, 19 %)".
    package var output: String
    /// Whether it compares watched words.
    package var isOfWatched = false
    /// "41 %", "16 % : 0.52 %".
    package var share: String
    /// "28", "23 (20–29)": the layer, or the median with the earliest and latest; "–" where there is none.
    package var layer: String
    /// Of the last layer, to order by.
    package var depth: Double?
    /// The probability to order by.
    package var probability: Double

    init(_ findings: TraceFindings) {
      if let watched = findings.watched {
        let (first, other) = (watched.entries[watched.leader ?? watched.second], watched.entries[watched.second])
        output = watched.leader == nil ? "equal" : "“\(first.label)” over “\(other.label)”"
        isOfWatched = true
        // Of a set the rank is that of its best member.
        if let best = findings.prediction, first.rank != 1, best.label != first.label {
          output += " (“\(best.label)”, \(Percent.phrase(logprob: best.logprob)))"
        }
        share = Percent.phrase(logprob: first.logprob) + " : " + Percent.phrase(logprob: other.logprob)
        layer = watched.ahead.map { "\($0.shortName)" } ?? "–"
        depth = watched.ahead.map { findings.depth(of: $0) }
        probability = exp(Double(first.logprob))
        return
      }
      let logprob = findings.output.first?.logprob ?? findings.prediction?.logprob
      share = logprob.map { Percent.phrase(logprob: $0) } ?? "–"
      probability = logprob.map { exp(Double($0)) } ?? 0
      depth = findings.settledDepth
      guard let settled = findings.settled, settled.count > 1 else {
        output = "“\(findings.output.first?.label ?? findings.prediction?.label ?? "")”"
        let settling = findings.output.first?.settling ?? findings.prediction?.settling
        layer = settling?.settled?.shortName ?? "–"
        return
      }
      output = findings.output.prefix(3).map(\.label).joined(separator: " ") + (settled.count > 3 ? " …" : "")
      let range = [settled.earliest, settled.latest].compactMap { $0?.shortName }.joined(separator: "–")
      layer = (settled.median?.shortName ?? "–") + (range.isEmpty ? "" : " (\(range))")
    }
  }
}

extension Trace.Row {
  /// "28", "emb.".
  fileprivate var shortName: String { point == .embedding ? "emb." : name }
}
