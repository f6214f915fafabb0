import ArgumentParser
import Engine
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

  @Option(
    help: ArgumentHelp(
      "Also write the captured states, before norm and lens, as tensors states.0, ... [rows, columns, width].",
      valueName: "file"))
  var saveStates: String?

  func validate() throws {
    if let saveStates, !saveStates.hasSuffix(".safetensors") {
      throw ValidationError("--save-states writes a .safetensors file, found '\(saveStates)'")
    }
  }

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let states = saveStates.map { _ in CapturedStates() }
    let traces = try request.traces(fetch: fetch, run: compute, states: states, progress: display.handler)
    if let states, let saveStates {
      try AtomicFile.write(try states.safetensors(traces), to: URL(fileURLWithPath: saveStates))
    }
    let data = try traces.map { try $0.jsonData() }.reduce(Data(), +)
    if output == "-" { try Terminal.say(data) } else { try AtomicFile.write(data, to: URL(fileURLWithPath: output)) }
  }
}
