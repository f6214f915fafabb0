import Engine
import Foundation
import Plot
import Traces
import Words

/// The results of a check: lines for people, Markdown for a summary, and commands for GitHub Actions.
public struct CheckSummary {
  let results: [CheckJob.Result]
  let requirements: [CheckRequirement]

  /// The folder that holds what to commit, as the user wrote it; nil for none.
  let folder: String?

  /// A summary of a report.
  public init(_ report: CheckJob.Report, folder: String? = nil) {
    self.folder = folder
    results = report.results
    requirements = report.requirements
  }

  /// GitHub takes 1 MiB in a step's summary and 65,536 characters in a comment; this fits both.
  public static let mostCharacters = 60_000
  static let mostFiles = 200
  static let mostCauses = 30
  static let mostFindings = 50
  /// Of each finding.
  static let mostValues = 10

  /// The summary, never longer than `mostCharacters`.
  public var markdown: String {
    var text = requirementsTable
    for result in results where result.isCompared || !result.failures.isEmpty { text += markdown(result) }
    guard text.count > Self.mostCharacters else { return text }
    // Cut at a line, so that no table is broken in the middle of a row.
    let head = text.prefix(Self.mostCharacters - 80)
    let end = head.lastIndex(of: "\n") ?? head.endIndex
    return head[..<end] + "\n\n… and more: see the page that --html writes.\n"
  }

  private func markdown(_ result: CheckJob.Result) -> String {
    let differing = result.differing
    let verdict =
      result.isGood
      ? "up to date: \(Wording.count(result.findings.count, "file")) compared"
      : "**not up to date**: \(Wording.differing(differing.count, "file")) of \(Wording.grouped(result.findings.count))"
    var text = "## \(Self.cell(result.spec))\n\n"
    if result.isCompared { text += "`\(Self.code(result.gallery))` is \(verdict).\n\n" }
    if !result.failures.isEmpty {
      text += "Not made:\n\n"
      text += result.failures.map {
        "- \(Self.cell($0.model)), \(Self.cell($0.prompt)): \(Self.cell($0.message))\n"
      }.uniqued.joined()
      text += "\n"
    }
    for cause in result.causes.prefix(Self.mostCauses) { text += Self.markdown(cause) }
    if result.causes.count > Self.mostCauses { text += "- and \(result.causes.count - Self.mostCauses) more\n" }
    if !result.causes.isEmpty { text += "\n" }
    text += Self.markdown(result.changedFindings)
    text += Self.numbers(result.causes)
    if let line = unjudged(result) { text += Self.cell(line) + "\n\n" }
    if let advice = advice(result) { text += advice.map { "\(Self.cell($0))\n" }.joined(separator: "\n") + "\n" }
    guard !differing.isEmpty else { return text }
    text += "<details><summary>\(Wording.differing(differing.count, "file"))</summary>\n\n"
    for finding in differing.prefix(Self.mostFiles) {
      text += "- `\(Self.code(finding.name))`: \(finding.lines.map(Self.cell).joined(separator: "; "))\n"
    }
    if differing.count > Self.mostFiles { text += "- and \(differing.count - Self.mostFiles) more\n" }
    return text + "\n</details>\n\n"
  }

  private static func markdown(_ cause: CheckCause) -> String {
    let lines = (cause.affects.isEmpty ? [] : ["affects \(cause.affects)"]) + cause.notes
    return "- **\(cell(cause.headline))**\n" + lines.map { "  - \(cell($0))\n" }.joined()
  }

  private static func markdown(_ findings: [FindingChange]) -> String {
    guard !findings.isEmpty else { return "" }
    let rows = findings.prefix(mostFindings).flatMap { change in
      let shown = change.rows.prefix(mostValues + 1)
      let more = change.rows.count - shown.count
      return shown.map { "| " + $0.map(cell).joined(separator: " | ") + " |\n" }
        + (more > 0 ? ["| \(cell(change.whose)) | and \(more) more | | |\n"] : [])
    }
    let rest = findings.count > mostFindings ? "| and \(findings.count - mostFindings) more | | | |\n" : ""
    return "| finding of | what | before | after |\n|---|---|---|---|\n" + rows.joined() + rest + "\n"
  }

  /// The numbers that changed.
  private static func numbers(_ causes: [CheckCause]) -> String {
    let changed = causes.filter { !$0.changes.isEmpty }
    guard !changed.isEmpty else { return "" }
    var text = "| numbers of | what | where | before | after | difference |\n|---|---|---|---|---|---|\n"
    for cause in changed {
      text += cause.changes.map { change in
        let cells = [cause.whose, change.quantity, change.place, change.before, change.after, change.difference]
        return "| " + cells.map(cell).joined(separator: " | ") + " |\n"
      }.joined()
      if cause.changeCount > cause.changes.count {
        text += "| \(cell(cause.whose)) | and \(cause.changeCount - cause.changes.count) more | | | | |\n"
      }
    }
    return text + "\n"
  }

  private static let escapes = Dictionary(
    uniqueKeysWithValues: "\\`*_{}[]<>()#+!|~&$@".unicodeScalars.map { ($0, "\\\($0)") })

  /// Text that Markdown shows as it is.
  static func cell(_ text: String) -> String {
    VisibleText.inline(text).replacingScalars(escapes)
  }

  static func code(_ text: String) -> String { VisibleText.inline(text).replacingScalars(["`": "'"]) }
}
