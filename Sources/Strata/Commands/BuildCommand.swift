import ArgumentParser
import Engine
import Foundation
import Words

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Make galleries from specs.",
    usage: "strata build [<options>] <spec> ...",
    discussion: """
      Writes out/NAME/index.html, report.pdf, figures and traces for NAME.yaml. A second build runs no model and draws only \
      what has changed. docs/spec.md describes specs, docs/commands.md what --json says.
      """)

  @Argument(help: ArgumentHelp("Specs to build.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var specs: [String]

  @OptionGroup var build: BuildOptions

  @Option(
    help: ArgumentHelp(
      "Run no model: take all numbers from the shards that lie in this folder, which strata trace wrote.",
      valueName: "folder"), completion: .directory)
  var traces: String?

  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  @Flag(help: "Report events on standard output as JSON, one per line.")
  var json = false

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let job = try compute.buildJob()
    let events = EventLines()
    var options = build.options(compute)
    options.shards = traces
    let outcomes = try job.build(
      specs.map { (path: $0, bytes: try Input.spec($0)) }, options: options
    ) { [json] event in
      display.handler(event)
      if json { events.write(event.json) }
    }
    display.finish()
    for outcome in outcomes {
      if !talk.quiet { Terminal.talk(outcome.summary) }
      if json { try Terminal.say(outcome.json) } else { try Terminal.say(lines: [outcome.entrance]) }
    }
    if outcomes.contains(where: { !$0.failures.isEmpty }) { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }
}

/// Writes lines from several threads to standard output, one at a time.
private final class EventLines: @unchecked Sendable {
  private let lock = NSLock()
  func write(_ line: String) { lock.withLock { try? Terminal.say(line) } }
}
