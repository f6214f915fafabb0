import ArgumentParser
import Build
import Engine
import Files
import Foundation
import Plot
import Words

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check that galleries are what a build writes now. Exits with 2 when they are not.",
    discussion: """
      Builds into a temporary folder and compares. Without a tolerance every file must have the same bytes; with one, traces, tables
      and pictures are compared by numbers and pixels. In GitHub Actions the summary goes to the step's summary, and files that differ
      are annotated.
      """)

  @Argument(help: ArgumentHelp("Specs to check.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var specs: [String]

  @Option(help: ArgumentHelp("The folder that holds a gallery for each spec.", valueName: "folder"))
  var out = "out"

  @OptionGroup var tolerances: ToleranceOptions

  @Option(help: ArgumentHelp("Write a summary in Markdown; - is standard output.", valueName: "file"))
  var summary: String?

  @Option(help: ArgumentHelp("Write a page with both pictures and their difference.", valueName: "file"))
  var html: String?

  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let results = try CheckJob(try compute.buildJob()).check(
      specs.map { (path: $0, bytes: try Input.data($0)) },
      options: Builder.Options(
        out: URL(fileURLWithPath: out, isDirectory: true), offline: fetch.offline, threads: compute.threads),
      tolerance: tolerances.value, progress: display.handler)
    display.finish()
    let words = CheckSummary(results)
    if let html {
      let findings = results.flatMap(\.findings)
      let page = DiffPage.html(findings, first: out, second: "a new build")
      try AtomicFile.write(Data(page.utf8), to: URL(fileURLWithPath: html))
    }
    if let summary, summary != "-" {
      try AtomicFile.write(Data(words.markdown.utf8), to: URL(fileURLWithPath: summary))
    }
    let environment = ProcessInfo.processInfo.environment
    if environment["GITHUB_ACTIONS"] == "true" {
      if let file = environment["GITHUB_STEP_SUMMARY"], !file.isEmpty { try append(words.markdown, to: file) }
      for line in words.annotations { try Terminal.say(line + "\n") }
    }
    if summary == "-" {
      try Terminal.say(words.markdown)
    } else {
      for result in results {
        for finding in result.differing {
          try Terminal.say("\(finding.name)\n" + finding.lines.map { "  \($0)\n" }.joined())
        }
        try Terminal.say("\(result.gallery): \(result.findings.count) compared, \(result.differing.count) differ\n")
      }
    }
    if !results.allSatisfy(\.isGood) { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  /// Appends to the summary that earlier steps wrote.
  private func append(_ text: String, to path: String) throws {
    let known = FileManager.default.contents(atPath: path) ?? Data()
    try AtomicFile.write(known + Data(text.utf8), to: URL(fileURLWithPath: path))
  }
}
