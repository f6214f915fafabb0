import Traces
import Words

/// From which layer on each of several lenses of one model finds what the model says.
package struct LensContrast: Sendable {
  /// What is found: "“␣London”", "half of the 20 output tokens".
  package var what: String
  /// By lens: its name, and the row from which on it finds that for good; nil where it never does.
  package var lenses: [(name: String, row: Trace.Row?)]
  /// The last row, the model's own output.
  package var lastRow: Trace.Row
  /// "has rank 1 for good", or what else makes it found.
  private var verb: String

  /// Nil with fewer than two lenses, or where they do not say the same in the end.
  package init?(_ found: [(lens: String, findings: TraceFindings)]) {
    guard found.count >= 2, let first = found.first?.findings,
      found.allSatisfy({ $0.findings.lastRow == first.lastRow })
    else { return nil }
    lastRow = first.lastRow
    let rows: [Trace.Row?]
    if let watched = first.watched, let leader = watched.leader {
      guard found.allSatisfy({ $0.findings.watched?.leader == leader }) else { return nil }
      what = "“\(watched.entries[leader].label)”"
      verb = "is ahead for good"
      rows = found.map { $0.findings.watched?.ahead }
    } else if first.output.count > 1 {
      guard found.allSatisfy({ $0.findings.output.count == first.output.count }) else { return nil }
      what = "half of the \(Wording.grouped(first.output.count)) \(first.isGiven ? "given" : "output") tokens"
      verb = "have rank 1 for good"
      rows = found.map { $0.findings.settled?.median }
    } else {
      guard let label = first.output.first?.label ?? first.prediction?.label else { return nil }
      what = "“\(label)”"
      verb = "has rank 1 for good"
      rows = found.map { ($0.findings.output.first?.settling ?? $0.findings.prediction?.settling)?.settled }
    }
    guard rows.contains(where: { $0 != nil }) else { return nil }
    lenses = zip(found, rows).map { (name: $0.lens, row: $1) }
  }

  /// When each lens finds it, the earliest first: "“␣London” has rank 1 for good from layer 2 on under the Jacobian lens and ...".
  package var sentence: String {
    // The earliest first; lenses that agree are named together.
    let rows = lenses.compactMap(\.row).uniqued.sorted { $0.layerNumber < $1.layerNumber }
    func names(_ row: Trace.Row?) -> String {
      Wording.enumeration(lenses.filter { $0.row == row }.map { "the \($0.name)" })
    }
    var parts = rows.map { row in
      "from \(row == rows.first ? row.phrase(of: lastRow) : row.phrase) on under \(names(row))"
    }
    if lenses.contains(where: { $0.row == nil }) { parts.append("after no layer under \(names(nil))") }
    return
      "\(what.prefix(1).uppercased() + what.dropFirst()) \(verb) \(parts.joined(separator: ", "))."
  }
}

extension [Trace] {
  /// Whether they are of one model, read through different lenses.
  package var areOfLenses: Bool {
    guard count > 1, let first else { return false }
    let isOneModel = allSatisfy { $0.model.sha256 == first.model.sha256 && $0.model.adapter == first.model.adapter }
    return isOneModel && indices.allSatisfy { index in !self[..<index].contains { $0.lens == self[index].lens } }
  }
}
