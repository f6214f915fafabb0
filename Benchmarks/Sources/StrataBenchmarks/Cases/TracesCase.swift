import Engine
import Foundation
import Traces

/// Ecco's job by the whole program: a list is continued, and every layer is looked at in every position.
enum TracesCase: BenchmarkCase {
  static let name = "traces"
  static let summary = "'strata trace' as a process: the list of countries, 20 generated, every position; peak memory"

  private static let generated = 20

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    try context.models.flatMap { path -> [Measurement] in
      let model = try BenchmarkModel(path: path)
      return try context.withFolder { folder in try run(model, context, in: folder) }
    }
  }

  private static func run(
    _ model: BenchmarkModel, _ context: BenchmarkContext, in folder: URL
  ) throws -> [Measurement] {
    let output = folder.appendingPathComponent("t.json")
    let command = [
      context.strata, "trace", "--model", model.path, "--prompt", DecodeCase.list, "--generate", "\(generated)",
      "--columns", "all", "--threads", "\(context.threads)", "--quiet", "-o", output.path,
    ]
    let once = { try runUncached(command, in: folder) }
    // Also makes the file's digest, which is kept.
    _ = try once()
    let first = try Data(contentsOf: output)
    let prompt = try promptLength(try Trace.read(path: output.path), model)
    var peaks: [Double] = []
    let timing = try context.told {
      let child = try once()
      try check(try Data(contentsOf: output) == first, "\(model.name): two runs wrote other bytes")
      peaks.append(child.peak)
      return child.seconds
    }
    // The last generated token is run as well: its own state is looked at.
    let steps = Double(generated)
    let operations = model.prefillOperations(prompt) + model.lensOperations(prompt + generated)
    let (median, bytes) = (timing.median, model.bytesPerStep * steps)
    let what = "\(model.name): the list of countries"
    return [
      .duration(what, timing, limit: .machine) {
        ($0.seconds(operations: operations, bytes: 0) + $0.seconds(operations: 0, bytes: bytes)) / median
      },
      Measurement("\(what): peak resident memory", unit: "MB", values: peaks.map { $0 / 1e6 }),
      Measurement(
        "\(what): peak resident memory beyond the file", unit: "MB", values: peaks.map { ($0 - model.fileBytes) / 1e6 }),
    ]
  }

  /// Runs a command with a cache of its own that has no trace: one that is kept is read and not made again.
  ///
  /// - Throws: `CheckFailed` when the command fails or keeps its trace elsewhere.
  private static func runUncached(_ command: [String], in folder: URL) throws -> Child {
    let cache = folder.appendingPathComponent("cache")
    let traces = cache.appendingPathComponent("strata/traces")
    if FileManager.default.fileExists(atPath: traces.path) { try FileManager.default.removeItem(at: traces) }
    let child = try Child.run(command, environment: ["XDG_CACHE_HOME": cache.path])
    try check(FileManager.default.fileExists(atPath: traces.path), "'strata trace' made no trace in \(traces.path)")
    return child
  }

  /// Checks that the trace is whole and its top row the model's own; how many tokens the prompt has.
  private static func promptLength(_ trace: Trace, _ model: BenchmarkModel) throws -> Int {
    func require(_ holds: Bool, _ what: String) throws {
      try check(holds, "\(model.name): the trace \(what)")
    }
    try require(trace.rows.count == model.model.layers + 1, "has \(trace.rows.count) rows")
    try require(trace.columns.count == trace.tokens.count, "has \(trace.columns.count) columns")
    try require(trace.tokens.count == trace.promptLength + generated, "has \(trace.tokens.count) tokens")
    let own = trace.rank.last?[(trace.promptLength - 1)..<(trace.tokens.count - 1)]
    try require(own?.allSatisfy { $0 == 1 } == true, "has generated tokens that do not come first")
    try require(trace.kl.last?.allSatisfy { $0 == 0 } == true, "has a top row that differs from itself")
    return trace.promptLength
  }
}
