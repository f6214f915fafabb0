import Foundation

// StrataBenchmarks                              everything below, with the catalog's models and examples/article.yaml
// StrataBenchmarks engine MODEL.gguf...         opening, prefill, decoding and the lens of each model
// StrataBenchmarks build STRATA SPEC.yaml       a gallery built by that program: time and peak memory
// THREADS and RUNS in the environment; 2 and 5 unless told.

let environment = ProcessInfo.processInfo.environment
let threads = environment["THREADS"].flatMap { Int($0) } ?? 2
let runs = environment["RUNS"].flatMap { Int($0) } ?? 5
let words = Array(CommandLine.arguments.dropFirst())
let cache = URL(
  fileURLWithPath: environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() + "/.cache"
).appendingPathComponent("strata")

/// Prints a Markdown table.
func table(_ header: [String], _ rows: [[String]]) {
  print("| \(header.joined(separator: " | ")) |")
  print("|\(header.map { _ in " --- |" }.joined())")
  for row in rows { print("| \(row.joined(separator: " | ")) |") }
  print("")
}

/// Times the engine with each model.
func engine(_ paths: [String], machine: Machine) throws {
  for path in paths {
    print("### \(URL(fileURLWithPath: path).lastPathComponent)\n")
    let benchmark = EngineBenchmark(path: path, threads: threads, runs: runs, machine: machine)
    table(["what", "time", "rate"], try benchmark.rows())
  }
}

/// Times the build of a gallery.
func build(_ program: String, _ spec: String) throws {
  print("### strata build \(spec)\n")
  table(
    ["build", "time", "peak resident memory", "exit"],
    try ArticleBenchmark(program: program, spec: spec, cache: cache).rows())
}

/// Measures the machine and says what it found.
func measured() -> Machine {
  let machine = Machine(threads: threads)
  print("\(machine.markdown) Medians of \(runs) runs after one to warm up, fastest and slowest in brackets.\n")
  return machine
}

do {
  switch (words.first, words.count) {
  case (nil, _):
    // First the program, as long as this process is small: Linux counts a parent's peak memory into its child's.
    try build(".build/release/strata", "examples/article.yaml")
    let models = ["smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m/gemma-3-270m-q4_k_m.gguf"]
    try engine(models.map { cache.appendingPathComponent("models/\($0)").path }, machine: measured())
  case ("engine", 2...): try engine(Array(words.dropFirst()), machine: measured())
  case ("build", 3): try build(words[1], words[2])
  default:
    FileHandle.standardError.write(Data("usage: StrataBenchmarks [engine MODEL... | build STRATA SPEC]\n".utf8))
    exit(64)
  }
} catch {
  FileHandle.standardError.write(Data("error: \(error)\n".utf8))
  exit(1)
}
