import ArgumentParser
import Build
import Engine
import Files
import Foundation
import Traces
import Words

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Run a model on texts and write what the lens sees, as JSON.",
    discussion: "Several texts give several traces, one on each line.")

  @Option(
    name: .customLong("check"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run no model; check the traces in this file, whichever program wrote them.", valueName: "file"))
  var checked: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run no model; read the states in this file, of --save-states or of vLLM, with the model's norm and head.",
      discussion: "Of vLLM's file --prompt says where the prompt ends, and --continuation what was served after it.",
      valueName: "file"))
  var states: [String] = []

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
    if !states.isEmpty { try request.requireStates(besides: saveStates == nil ? [] : ["--save-states"]) }
  }

  func run() throws {
    guard checked.isEmpty else { return try check() }
    let display = talk.display
    defer { display.finish() }
    let captured = saveStates.map { _ in CapturedStates() }
    let traces =
      try states.isEmpty
      ? request.traces(fetch: fetch, run: compute, states: captured, progress: display.handler)
      : request.traces(ofStates: states, fetch: fetch, run: compute, progress: display.handler)
    if let captured, let saveStates {
      try AtomicFile.write(try captured.safetensors(traces), to: URL(fileURLWithPath: saveStates))
    }
    let data = try traces.map { try $0.jsonData() }.reduce(Data(), +)
    if output == "-" { try Terminal.say(data) } else { try AtomicFile.write(data, to: URL(fileURLWithPath: output)) }
  }

  /// Checks existing traces.
  private func check() throws {
    var problems: [Diagnostic] = []
    for file in checked {
      let traces: [Trace]
      do {
        traces = try Input.traces(file)
      } catch {
        problems += Diagnostic.all(from: error)
        continue
      }
      for (index, trace) in traces.enumerated() {
        let found = TraceCheck.problems(of: trace)
        let place = traces.count == 1 ? file : "\(file):\(index + 1)"
        problems += found.list.map { Diagnostic(place: place, "'\($0.key)': \($0.message)", category: .badInput) }
        guard found.count == 0 else { continue }
        try Terminal.say("\(place) good: \(TraceCheck.summary(of: trace))\n")
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }
}
