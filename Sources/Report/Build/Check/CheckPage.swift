import Foundation
import Plot
import Words

/// A page that shows why galleries differ, with both pictures of each figure and their difference; everything is inside the page.
public enum CheckPage {
  /// The page as HTML.
  public static func html(_ report: CheckJob.Report) -> String {
    let compared = report.results.filter(\.isCompared)
    let count = compared.map(\.differing.count).reduce(0, +)
    let heading = count == 0 ? "No differences" : Wording.differing(count, "file")
    return DiffPage.page(heading, conditions(report.requirements) + compared.map(section).joined(separator: "\n"))
  }

  private static func conditions(_ requirements: [CheckRequirement]) -> String {
    guard !requirements.isEmpty else { return "" }
    let items = requirements.map { requirement in
      let places = requirement.failures.map { "<li>\(text($0.spec)): \(text($0.found))</li>" }.joined()
      return "<li>\(text(requirement.condition)): \(requirement.holds ? "holds" : "does not hold")"
        + (places.isEmpty ? "" : "<ul>\(places)</ul>") + "</li>"
    }
    return "<section><h2>Conditions</h2><ul>\(items.joined())</ul></section>\n"
  }

  private static func section(_ result: CheckJob.Result) -> String {
    let failures = result.failures.map {
      "<li>not made: \(text($0.model)), \(text($0.prompt)): \(text($0.message))</li>"
    }
    var shown: Set<String> = []
    let causes = result.causes.map { cause(of: $0, result, &shown) }
    return """
      <section><h2>\(text(result.spec))</h2>
      <p>\(text(result.gallery)): \(Wording.count(result.findings.count, "file")) compared, \(result.differing.count) differ\(unjudged(result)).</p>
      \(failures.isEmpty ? "" : "<ul>\(failures.joined())</ul>\n")\(findings(result.changedFindings))\(causes.joined(separator: "\n"))
      </section>
      """
  }

  private static func unjudged(_ result: CheckJob.Result) -> String {
    guard !result.unjudged.isEmpty else { return "" }
    return
      ", not compared because a tolerance does not apply to their bytes: \(text(CheckCause.list(result.unjudged.map(\.name))))"
  }

  private static func findings(_ changes: [FindingChange]) -> String {
    guard !changes.isEmpty else { return "" }
    let rows = changes.flatMap(\.rows).map { cells in
      "<tr>" + cells.map { "<td>\(text($0))</td>" }.joined() + "</tr>"
    }
    return
      "<h3>Findings that changed</h3><table><tr><th>of</th><th>what</th><th>before</th><th>after</th></tr>\(rows.joined())</table>\n"
  }

  /// A figure of several causes is shown once.
  private static func cause(
    of cause: CheckCause, _ result: CheckJob.Result, _ shown: inout Set<String>
  ) -> String {
    let found = Dictionary(result.differing.map { ($0.name, $0) }) { first, _ in first }
    let notes = (cause.affects.isEmpty ? [] : ["affects \(cause.affects)"]) + cause.notes
    let pictures = cause.figures.filter { shown.insert($0).inserted }.compactMap { id -> String? in
      picture(of: id, result.figureFiles[id] ?? [], found).map { "<h4>\(text(id))</h4>\($0)" }
    }
    let files = cause.files.map { name in
      "<li>\(text(name))<ul>\((found[name]?.lines ?? []).map { "<li>\(text($0))</li>" }.joined())</ul></li>"
    }
    return "<section><h3>\(text(cause.headline))</h3><ul>\(notes.map { "<li>\(text($0))</li>" }.joined())</ul>"
      + numbers(cause) + pictures.joined()
      + "<details><summary>\(Wording.count(files.count, "file"))</summary><ul>\(files.joined())</ul></details></section>"
  }

  private static func numbers(_ cause: CheckCause) -> String {
    guard cause.changeCount > 1 else { return "" }
    let rows = cause.changes.map { change in
      let cells = [change.quantity, change.place, change.before, change.after, change.difference]
      return "<tr>" + cells.map { "<td>\(text($0))</td>" }.joined() + "</tr>"
    }
    let rest = cause.changeCount - cause.changes.count
    return "<details><summary>\(Wording.count(cause.changeCount, "number"))</summary><table><tr>"
      + ["what", "where", "before", "after", "difference"].map { "<th>\($0)</th>" }.joined()
      + "</tr>\(rows.joined())</table>"
      + (rest > 0 ? "<p>and \(rest) more</p>" : "") + "</details>"
  }

  /// Both pictures of a figure and their difference, once: of the plain PNG, or else of the first picture that differs.
  private static func picture(of id: String, _ files: [String], _ found: [String: DiffFinding]) -> String? {
    let differing = files.compactMap { found[$0] }.filter { $0.pictures != nil }
    guard let finding = differing.first(where: { $0.name == "figures/\(id).png" }) ?? differing.first else {
      return nil
    }
    return DiffPage.pictures(finding)
  }

  private static func text(_ text: String) -> String { XMLText.visible(text) }
}
