import ArgumentParser
import Foundation
import Report

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Run a model on texts and write what the lens sees, as JSON.",
    discussion: "Several texts give several traces, one on each line.")

  @OptionGroup var request: RequestOptions
  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write; - is standard output.", valueName: "file"))
  var output = "-"

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let traces = try request.traces(fetch: fetch, run: compute, progress: display.handler)
    let data = try traces.map { try $0.jsonData() }.reduce(Data(), +)
    if output == "-" { try Terminal.say(data) } else { try AtomicFile.write(data, to: URL(fileURLWithPath: output)) }
  }
}
