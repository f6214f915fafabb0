import Engine
import Foundation
import Traces

/// Runs a model on a prompt, lets it generate one token, and writes the trace: `TracePrompt MODEL PROMPT TRACE.json`.
@main struct TracePrompt {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 3, let path = arguments.first, let output = arguments.last else {
      throw Usage(text: "TracePrompt MODEL PROMPT TRACE.json")
    }
    let files = try openModelFiles(path: path)
    let name = URL(fileURLWithPath: path).lastPathComponent
    let model = try LanguageModel(files, identity: try ModelIdentity(name: name, contentOf: files))
    for note in model.notes { print("note: \(note.place): \(note.message)") }

    let tracer = try Tracer(model: model, threads: ProcessInfo.processInfo.activeProcessorCount)
    let request = TraceRequest(prompt: arguments[arguments.startIndex + 1], method: .generate(1))
    for trace in try tracer.trace([request]) {
      try trace.jsonData().write(to: URL(fileURLWithPath: output))
      // The best token of the lens at every row, in the column that predicts the generated token.
      for (row, columns) in zip(trace.rows, trace.top.ids) {
        print("\(row.point) \(row.layer):", columns.map { TokenDisplay.label($0.first.flatMap(trace.text)) })
      }
    }
  }
}

struct Usage: Error, CustomStringConvertible {
  let text: String
  var description: String { "usage: \(text)" }
}
