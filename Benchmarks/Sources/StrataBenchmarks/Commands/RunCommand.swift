import ArgumentParser
import Foundation

/// Runs cases and writes what they found.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Time kernels, models, figures and builds.",
    discussion: "CASES\n"
      + BenchmarkCases.all.map { "  \($0.name.padding(toLength: 10, withPad: " ", startingAt: 0))\($0.summary)" }
      .joined(separator: "\n"))

  @Option(help: ArgumentHelp("A case to run; all when there is none. May be given several times.", valueName: "name"))
  var only: [String] = []

  @Option(help: ArgumentHelp("A model file to time. May be given several times.", valueName: "file"))
  var model: [String] = []

  @Option(help: "Runs after the one to warm up.")
  var runs = 5

  @Option(help: "Threads to compute on.")
  var threads = 2

  @Option(help: ArgumentHelp("Where to write everything as JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("The program to time as a whole.", valueName: "program"))
  var strata = ".build/release/strata"

  func validate() throws {
    let known = BenchmarkCases.all.map { $0.name }
    for name in only where !known.contains(name) {
      throw ValidationError("there is no case '\(name)'; known are \(known.joined(separator: ", "))")
    }
    guard (1...1000).contains(runs) else { throw ValidationError("--runs must be between 1 and 1000, found \(runs)") }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
    for path in model where !FileManager.default.fileExists(atPath: path) {
      throw ValidationError("--model '\(path)': no such file")
    }
  }

  func run() throws {
    let watch = Watch(Machine(threads: threads, runs: runs))
    var results = Results(machine: watch.machine)
    defer { print(results.markdown) }
    for one in BenchmarkCases.all where only.isEmpty || only.contains(one.name) {
      say("\(one.name): \(one.summary)")
      let context = BenchmarkContext(
        runs: runs, threads: threads, models: model, strata: strata, watch: watch)
      let measurements = try one.run(context)
      results.cases.append((one.name, measurements))
      results.machine = watch.machine
      if let json { try results.write(json: json) }
    }
  }

  private func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}
