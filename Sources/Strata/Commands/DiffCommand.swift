import ArgumentParser
import Build
import Files
import Foundation
import Words

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two traces, figures or galleries.",
    usage: "strata diff [<options>] <first> <second>",
    discussion: """
      Traces and tables are compared by their numbers, PNG pictures by their pixels, other files by their bytes; folders file \
      by file. Ends with 0 when nothing differs and with 2 when something does.
      """)

  @Argument(help: "A trace, a figure, a table, or a folder of them.")
  var first: String

  @Argument(help: "What to compare it with.")
  var second: String

  @OptionGroup var tolerances: ToleranceOptions

  @Option(help: ArgumentHelp("Write a page that shows both and the difference.", valueName: "file"))
  var html: String?

  func run() throws {
    try Output.require([("--html", html)], apartFrom: [first, second])
    let findings = try FileDiff.compare(
      first, second, tolerance: tolerances.value)
    let different = findings.filter { !$0.isEqual }
    try Terminal.say(
      lines: different.flatMap { [$0.name] + $0.lines.map { "  \($0)" } }
        + ["\(findings.count) compared, \(different.count) differ"])
    if let html {
      let page = DiffPage.html(findings, first: first, second: second)
      try AtomicFile.write(Data(page.utf8), to: URL(fileURLWithPath: html))
    }
    if !different.isEmpty { throw ExitCode(ExitStatus.differs.rawValue) }
  }
}
