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
    usage: """
      strata trace --model <model> --prompt <text> ... [<options>]
      strata trace --states <file> ... --model <model> [<options>]
      strata trace <spec> --model <model> --shard <i/n> -o <folder>
      strata trace --check <file> ...
      """,
    discussion: """
      Several texts give several traces, one on each line. With a spec, a model of the spec runs on a part of what the \
      spec asks, and strata build --traces draws it: docs/cluster.md.
      """)

  @Argument(
    help: ArgumentHelp("A spec, whose model --model is to run.", valueName: "spec"),
    completion: .file(extensions: ["yaml", "yml"]))
  var spec: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With a spec: the part of what it asks: 3/16 is the third of sixteen (default: 1/1).", valueName: "i/n"),
    transform: {
      guard let shard = Shard($0) else {
        throw ValidationError("expected a part i/n, i from 1 to n and n at most \(Shard.most), found '\($0)'")
      }
      return shard
    })
  var shard: Shard?

  @Flag(help: "With a spec: keep problems of single prompts as their answers, instead of failing with them.")
  var keepGoing = false

  @Option(
    name: .customLong("check"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run no model; check the traces or the summary of a dataset in this file, whichever program wrote them.",
      valueName: "file"))
  var checked: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run no model; read the states in this file, of --save-states or of vLLM, with the model's norm and head.",
      discussion: """
        A file of --save-states says what was asked; --watch, --top, --norm, --rows and --columns ask otherwise. Of \
        vLLM's file --prompt says where the prompt ends, and --continuation what was served after it.
        """,
      valueName: "file"))
  var states: [String] = []

  @OptionGroup var request: RequestOptions
  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write; - is standard output (the default).", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Also write the captured states, before norm and lens, into a .safetensors file, as tensors states.0, ... [rows, columns, width].",
      valueName: "file"))
  var saveStates: String?

  func validate() throws {
    if let saveStates, !saveStates.hasSuffix(".safetensors") {
      throw ValidationError("--save-states writes a .safetensors file, found '\(saveStates)'")
    }
    if spec == nil, !states.isEmpty { try request.requireStates(besides: saveStates == nil ? [] : ["--save-states"]) }
  }

  func run() throws {
    guard checked.isEmpty else {
      let own = [
        ("the spec", spec != nil), ("--shard", shard != nil), ("--keep-going", keepGoing),
        ("--states", !states.isEmpty), ("--model", request.model != nil), ("--output", output != nil),
        ("--save-states", saveStates != nil),
      ]
      try Unused.refuse(
        own.names + request.given + fetch.given + compute.given + talk.given, because: "--check reads files alone")
      return try check()
    }
    guard spec == nil else { return try runSpec() }
    try Output.require([("--output", output), ("--save-states", saveStates)], apartFrom: states + request.files)
    if shard != nil { throw ValidationError("--shard divides what a spec asks: name the spec") }
    if keepGoing { throw ValidationError("--keep-going is for the prompts of a spec: name the spec") }
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
    guard let output, output != "-" else { return try Terminal.say(data) }
    try AtomicFile.write(data, to: URL(fileURLWithPath: output))
  }

  /// Runs a part of a spec, whose questions no option changes.
  private func runSpec() throws {
    guard let spec else { return }
    guard request.model != nil else { throw ValidationError("name a model of the spec with --model") }
    guard let output, output != "-" else { throw ValidationError("name a file or a folder for the shard with -o") }
    let files = [("--save-states", saveStates != nil), ("--states", !states.isEmpty)]
    try Unused.refuse(request.given + files.names, because: "a spec says what its models are asked")
    try runShard(of: spec, to: output)
  }

  /// Runs a part of a spec.
  private func runShard(of spec: String, to output: String) throws {
    let display = talk.display
    defer { display.finish() }
    let isFolder = output.hasSuffix("/")
    let outcome = try ShardJob(try compute.shardJob()).run(
      .init(
        path: spec, bytes: try Input.spec(spec), model: request.model ?? "", shard: shard ?? .whole,
        output: isFolder ? URL(fileURLWithPath: output, isDirectory: true) : URL(fileURLWithPath: output),
        keepGoing: keepGoing, offline: fetch.offline, threads: compute.threads), progress: display.handler)
    display.finish()
    if !talk.quiet { Terminal.talk(outcome.summary) }
    try Terminal.say(lines: [outcome.file])
    if outcome.failures > 0 { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }

  /// Checks existing traces.
  private func check() throws {
    var problems: [Diagnostic] = []
    for file in checked {
      let numbers: [Numbers]
      do {
        numbers = try Input.numbers(file)
      } catch {
        problems += Diagnostic.all(from: error)
        continue
      }
      for summary in numbers.compactMap(\.summary) {
        let faults =
          summary.model.identityFaults() + summary.lens.identityFaults() + Trace.computeFault(summary.compute)
        problems += faults.map { Diagnostic(place: file, "'\($0.key)': \($0.reason)", category: .badInput) }
        guard faults.isEmpty else { continue }
        let count = "\(Wording.count(summary.dataset.items, "item")), \(Wording.count(summary.rows.count, "row"))"
        try Terminal.say(lines: ["\(file) good: \(summary.schema), \(summary.model.name), \(count)"])
      }
      let traces = numbers.compactMap(\.trace)
      for (index, trace) in traces.enumerated() {
        let found = TraceCheck.problems(of: trace)
        let place = traces.count == 1 ? file : "\(file):\(index + 1)"
        problems += found.list.map { Diagnostic(place: place, "'\($0.key)': \($0.message)", category: .badInput) }
        guard found.count == 0 else { continue }
        try Terminal.say(lines: ["\(place) good: \(TraceCheck.summary(of: trace))"])
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }
}
