import Engine
import Traces

/// The forward pass over a long prompt.
enum PrefillCase: BenchmarkCase {
  static let name = "prefill"
  static let summary = "the pass over 512 tokens of each model, without the lens"

  private static let tokens = 512

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    try context.models.flatMap { path -> [Measurement] in
      let model = try BenchmarkModel(path: path)
      let tracer = try Tracer(model: model.model, threads: context.threads)
      let request = TraceRequest(prompt: try model.text(tokens: tokens), columns: .last)
      let clock = PassClock()
      let expected = try clock.trace([request], with: tracer)
      let timing = try context.told {
        let traces = try clock.trace([request], with: tracer)
        try check(traces == expected, "\(model.name): two traces of one text differ")
        return try clock.seconds(until: tokens)
      }
      try compare(expected, request, model, tracer)
      return [
        .rate("\(model.name): \(tokens) tokens", unit: "tokens/s", of: Double(tokens), in: timing),
        .operations("\(model.name): \(tokens) tokens", model.prefillOperations(tokens), in: timing),
      ]
    }
  }

  /// Runs the text beside another one, in passes that are cut elsewhere.
  private static func compare(
    _ expected: [Trace], _ request: TraceRequest, _ model: BenchmarkModel, _ tracer: Tracer
  ) throws {
    let other = TraceRequest(prompt: try model.text(tokens: 33, first: 5), columns: .last)
    let both = try tracer.trace([other, request])
    try check(
      both.last == expected.first, "\(model.name): a text beside another one has another trace than by itself")
  }
}
