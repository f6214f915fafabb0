import ArgumentParser
import Build
import Files
import Foundation
import Words

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a trace as a table (.csv) or as arrays for numpy (.npz).",
    discussion: """
      docs/trace-format.md names the columns and the arrays. In a table, texts that a spreadsheet would compute get an apostrophe before \
      them; in a file that ends in .raw.csv they do not.
      """)

  @Argument(help: ArgumentHelp("A file with one trace; - is standard input.", valueName: "trace"))
  var trace: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write; the ending names the format.", valueName: "file"))
  var output: String

  func validate() throws {
    guard output.hasSuffix(".csv") || output.hasSuffix(".npz") else {
      throw ValidationError("--output expects a file that ends in .csv or .npz, found '\(output)'")
    }
  }

  func run() throws {
    try Output.require([("--output", output)], apartFrom: [trace])
    let traces = try Input.traces(trace)
    guard traces.count == 1, let first = traces.first else {
      throw Diagnostic(place: trace, "expected one trace, found \(traces.count)", category: .badInput)
    }
    let data =
      output.hasSuffix(".csv")
      ? TraceExport.csv(first, raw: output.hasSuffix(".raw.csv")) : try TraceExport.npz(first)
    try AtomicFile.write(data, to: URL(fileURLWithPath: output))
  }
}
