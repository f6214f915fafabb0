import ArgumentParser
import Engine
import Figures
import Foundation
import Traces

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the rank of every output token after every layer, in the terminal.",
    discussion: "Takes a trace file, or a model and a text. Rank 1 is the most probable token of a layer.")

  @Argument(
    help: ArgumentHelp("A trace written by strata trace or strata build; - is standard input.", valueName: "trace"))
  var trace: String?

  @OptionGroup var request: RequestOptions
  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  /// Checks what `validate` would check, but later, so that an unknown option is reported first.
  private func requireSource() throws {
    if trace != nil, request.model != nil {
      throw ValidationError("give a trace, or --model and --prompt, not both")
    }
    if trace == nil, request.model == nil {
      throw ValidationError("give a trace, or --model and --prompt")
    }
  }

  func run() throws {
    try requireSource()
    let display = talk.display
    defer { display.finish() }
    let traces: [Trace]
    if let trace {
      try Unused.refuse(
        request.given + fetch.given + compute.given + talk.given, because: "a trace is shown as it is")
      traces = try Input.traces(trace)
    } else {
      let unseen = ["--attribute", "--patch"].filter(request.given.contains)
      try Unused.refuse(unseen, because: "show prints ranks alone")
      let hasRanks =
        (request.generate ?? 0) > 0 || request.continuation != nil || request.columns == .all || !request.watch.isEmpty
        || !request.watchSet.isEmpty
      if hasRanks {
        try Unused.refuse(
          [("--top", request.top != nil)].names,
          because: "ranks are shown, and lists of tokens only where there are none")
      }
      traces = try request.traces(fetch: fetch, run: compute, progress: display.handler)
    }
    display.finish()
    let tables = traces.map { RankTable($0, palette: Terminal.palette, width: Terminal.width).text }
    try Terminal.say(tables.joined(separator: "\n"))
  }
}
