import ArgumentParser
import Build
import Engine
import Files
import Findings
import Foundation
import Plot
import Words

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check that galleries are what a build writes now. Exits with 2 when they are not.",
    discussion: """
      Builds into a temporary folder and compares. Without a tolerance every file must have the same bytes; with one, traces, tables \
      and pictures are compared by numbers and pixels. The result names causes: numbers that changed, with the figures and pages made \
      from them, then what else changed. In GitHub Actions the summary goes to the step's summary, and causes are annotated at \
      the files that changed.

      --require tests a condition on what the numbers show, over all specs: 'settled of heathrow <= 28'. docs/findings.md lists \
      the fields. A condition that does not hold ends the check with 2.
      """)

  @Argument(help: ArgumentHelp("Specs to check.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var specs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder that holds a gallery for each spec (default: out).", valueName: "folder"))
  var out: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A condition on findings that must hold. May be given several times.", valueName: "condition"))
  var require: [String] = []

  @Flag(help: "Test the conditions of --require alone; no gallery is needed.")
  var noCompare = false

  @OptionGroup var tolerances: ToleranceOptions

  @Option(help: ArgumentHelp("Write a summary in Markdown; - is standard output.", valueName: "file"))
  var summary: String?

  @Option(help: ArgumentHelp("Write a page with both pictures and their difference.", valueName: "file"))
  var html: String?

  @Option(
    help: ArgumentHelp(
      "Write the files to commit into a folder, in the places where they belong, when galleries differ.",
      valueName: "folder"))
  var save: String?

  @Flag(help: "List the files of each cause.")
  var files = false

  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func validate() throws {
    guard noCompare else { return }
    if require.isEmpty { throw ValidationError("--no-compare leaves nothing to check without --require") }
    let comparing = [("--html", html != nil), ("--save", save != nil), ("--files", files)]
    try Unused.refuse(comparing.names + tolerances.given, because: "--no-compare compares no files")
  }

  func run() throws {
    try Output.require([("--html", html), ("--summary", summary)], apartFrom: specs)
    let conditions = try conditions()
    let display = talk.display
    defer { display.finish() }
    if noCompare, out != nil {
      // The action names a folder whatever its options are.
      display.handler(.note("note: --no-compare looks at no gallery, so --out has no effect"))
    }
    var options = Builder.Options(
      out: URL(fileURLWithPath: out ?? "out", isDirectory: true), offline: fetch.offline, threads: compute.threads)
    options.isOutGiven = out != nil
    let report = try CheckJob(try compute.buildJob()).check(
      specs.map { (path: $0, bytes: try Input.spec($0)) },
      options: options,
      tolerance: tolerances.value, conditions: conditions,
      save: save.map { URL(fileURLWithPath: $0, isDirectory: true) }, compares: !noCompare, progress: display.handler)
    display.finish()
    let words = CheckSummary(report, folder: save)
    if let html { try AtomicFile.write(Data(CheckPage.html(report).utf8), to: URL(fileURLWithPath: html)) }
    if let summary, summary != "-" {
      try AtomicFile.write(Data(words.markdown.utf8), to: URL(fileURLWithPath: summary))
    }
    if Terminal.isReadByActions {
      if let file = ProcessInfo.processInfo.environment["GITHUB_STEP_SUMMARY"], !file.isEmpty {
        try append(words.markdown, to: file)
      }
      for line in words.annotations { try Terminal.command(line) }
    }
    try Terminal.say(summary == "-" ? words.markdown : words.lines(files: files))
    if !report.isGood { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  /// The conditions of `--require`, read before anything else is done.
  private func conditions() throws -> [FindingCondition] {
    var conditions: [FindingCondition] = []
    var problems: [Diagnostic] = []
    for text in require {
      do {
        conditions += try FindingCondition.read(text)
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return conditions
  }

  /// Appends to the summary that earlier steps wrote.
  private func append(_ text: String, to path: String) throws {
    let known = FileManager.default.contents(atPath: path) ?? Data()
    try AtomicFile.write(known + Data(text.utf8), to: URL(fileURLWithPath: path))
  }
}
