import Engine
import Foundation
import Plot
import Words

/// The results of a check, as Markdown for a summary and as commands for GitHub Actions.
public struct CheckSummary {
  private let results: [CheckJob.Result]

  /// A summary of results.
  public init(_ results: [CheckJob.Result]) {
    self.results = results
  }

  /// GitHub takes 1 MiB in a step's summary and 65,536 characters in a comment; this fits both.
  public static let mostCharacters = 60_000
  private static let mostFiles = 200

  /// The summary, never longer than `mostCharacters`.
  public var markdown: String {
    var text = ""
    for result in results {
      let differing = result.differing
      let verdict =
        result.isGood
        ? "up to date: \(Wording.count(result.findings.count, "file")) compared"
        : "**not up to date**: \(Wording.differing(differing.count, "file")) of \(Wording.grouped(result.findings.count))"
      text += "## \(Self.cell(result.spec))\n\n`\(Self.code(result.gallery))` is \(verdict).\n\n"
      if !result.failures.isEmpty {
        text += "Not made:\n\n"
        text += result.failures.map {
          "- \(Self.cell($0.model)), \(Self.cell($0.prompt)): \(Self.cell($0.message))\n"
        }.joined()
        text += "\n"
      }
      let changed = differing.filter { !$0.changes.isEmpty }
      if !changed.isEmpty {
        text += "| file | what | where | before | after | difference |\n|---|---|---|---|---|---|\n"
        for finding in changed {
          text += finding.changes.map { change in
            let cells = [
              finding.name, change.quantity, change.place, change.before, change.after, change.difference,
            ]
            return "| " + cells.map(Self.cell).joined(separator: " | ") + " |\n"
          }.joined()
          if finding.changeCount > finding.changes.count {
            text += "| \(Self.cell(finding.name)) | and \(finding.changeCount - finding.changes.count) more | | | | |\n"
          }
        }
        text += "\n"
      }
      for finding in differing.prefix(Self.mostFiles) {
        text += "- `\(Self.code(finding.name))`: \(finding.lines.map(Self.cell).joined(separator: "; "))\n"
      }
      if differing.count > Self.mostFiles { text += "- and \(differing.count - Self.mostFiles) more\n" }
      if !differing.isEmpty { text += "\n" }
    }
    guard text.count > Self.mostCharacters else { return text }
    // Cut at a line, so that no table is broken in the middle of a row.
    let head = text.prefix(Self.mostCharacters - 80)
    let end = head.lastIndex(of: "\n") ?? head.endIndex
    return head[..<end] + "\n\n… and more: see the page that --html writes.\n"
  }

  /// Workflow commands: an error for each spec whose gallery is not up to date, and for its first files.
  public var annotations: [String] {
    results.filter { !$0.isGood }.flatMap { result in
      let count = Wording.differing(result.differing.count, "file")
      let failed = result.failures.isEmpty ? "" : ", \(Wording.count(result.failures.count, "cell")) not made"
      return [Self.command(file: result.spec, title: "strata check", "\(result.gallery): \(count)\(failed)")]
        + result.differing.prefix(9).map {
          Self.command(file: result.spec, title: $0.name, $0.lines.joined(separator: "; "))
        }
    }
  }

  private static func command(file: String, title: String, _ message: String) -> String {
    func data(_ text: String) -> String {
      text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }
    func property(_ text: String) -> String { data(text).replacing(":", with: "%3A").replacing(",", with: "%2C") }
    return "::error file=\(property(file)),title=\(property(title))::\(data(message))"
  }

  /// Text that Markdown shows as it is.
  private static func cell(_ text: String) -> String {
    var result = ""
    for character in VisibleText.inline(text) {
      if "\\`*_{}[]<>()#+!|~&$@".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }

  private static func code(_ text: String) -> String { VisibleText.inline(text).replacing("`", with: "'") }
}
