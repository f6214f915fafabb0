import ArgumentParser
import Foundation
import Report

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Make galleries from specs.",
    discussion: """
      Writes out/NAME/index.html, report.pdf, figures and traces for NAME.yaml. A second build runs no model and draws only
      what has changed. docs/spec.md describes specs.
      """)

  @Argument(help: ArgumentHelp("Specs to build.", valueName: "spec"))
  var specs: [String]

  @Option(help: ArgumentHelp("The folder that gets one folder per spec.", valueName: "folder"))
  var out = "out"

  @Option(help: ArgumentHelp("Draw only figures whose id, prompt, model or kind matches.", valueName: "glob"))
  var only: String?

  @Flag(help: "Go on without a model that cannot be opened.")
  var keepGoing = false

  @Flag(help: "Say on standard output what was made, as JSON.")
  var json = false

  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let job = BuildJob(
      store: try Shared.store(), traces: EngineTraceSource(threads: compute.threads), figures: FigureRecipes())
    let options = Builder.Options(
      out: URL(fileURLWithPath: out, isDirectory: true), offline: fetch.offline, only: only, keepGoing: keepGoing,
      threads: compute.threads)
    let outcomes = try job.build(specs.map { (path: $0, bytes: try Input.data($0)) }, options: options) { event in
      display.handler(event)
    }
    display.finish()
    for outcome in outcomes {
      if !talk.quiet { Terminal.talk(outcome.summary) }
      if !json { try Terminal.say(outcome.entrance + "\n") }
    }
    if json { try Terminal.say(BuildJob.json(outcomes)) }
    if outcomes.contains(where: { !$0.failures.isEmpty }) { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }
}
