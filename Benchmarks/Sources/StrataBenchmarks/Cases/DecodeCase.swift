import Engine
import Traces

/// Greedy decoding of one prompt and of many together.
enum DecodeCase: BenchmarkCase {
  static let name = "decode"
  static let summary = "greedy decoding of each model: one prompt, with and without proposals, and 32 prompts together"

  private static let prompt = 34
  private static let steps = 20
  /// Short, so that their decoding is most of the work.
  private static let manyPrompt = 8
  private static let many = 32
  static let list = "The countries of the European Union are:\n1. Austria\n2. Belgium\n3. Bulgaria\n4."

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    try context.models.flatMap { path -> [Measurement] in
      let model = try BenchmarkModel(path: path)
      let plain = try Tracer(model: model.model, threads: context.threads, speculation: false)
      let proposing = try Tracer(model: model.model, threads: context.threads)
      let one = try Decoding(model, plain, text: try model.text(tokens: prompt), steps: steps, context)
      let list = try Decoding(model, plain, text: list, steps: steps, context)
      let proposed = try Decoding(model, proposing, text: Self.list, steps: steps, context)
      try check(list.trace == proposed.trace, "\(model.name): proposals changed the trace")
      let what = "\(model.name): one prompt, \(one.tokens) tokens after \(prompt)"
      let speedup = list.timing.median / proposed.timing.median
      return [
        .rate(what, unit: "tokens/s", of: Double(one.tokens), in: one.timing),
        .bytes(what, model.bytesPerStep * Double(one.tokens), in: one.timing),
        .rate(
          "\(model.name): the list of countries, plain", unit: "tokens/s", of: Double(list.tokens), in: list.timing),
        .rate(
          "\(model.name): the list of countries, proposals", unit: "tokens/s", of: Double(proposed.tokens),
          in: proposed.timing, limit: .plain
        ) { _ in speedup },
        try together(model, plain, one: Double(one.tokens) / one.timing.median, context),
      ]
    }
  }

  /// Many prompts that have no beginning in common.
  private static func together(
    _ model: BenchmarkModel, _ tracer: Tracer, one: Double, _ context: BenchmarkContext
  ) throws -> Measurement {
    let requests = try (0..<many).map {
      TraceRequest(
        prompt: try model.text(tokens: manyPrompt, first: $0), method: .generate(steps + 1), columns: .last)
    }
    let clock = PassClock()
    var (batches, positions) = (0, 0)
    // The weights have been read by now: no run to warm up.
    let timing = try context.told {
      let traces = try clock.trace(requests, with: tracer)
      try check(traces.count == many, "\(model.name): \(traces.count) traces of \(many) prompts")
      let decoding = try clock.decoding(texts: many, prompt: manyPrompt, steps: steps)
      (batches, positions) = (decoding.batches, decoding.positions)
      return decoding.seconds
    }
    let alone = try tracer.trace([requests[many - 1]])
    let beside = try tracer.trace(Array(requests.suffix(2)))
    try check(alone.first == beside.last, "\(model.name): a text beside another one has another trace than by itself")
    let ratio = Double(positions) / timing.median / one
    return .rate(
      "\(model.name): \(many) prompts together" + (batches > 1 ? ", in \(batches) batches" : ""), unit: "tokens/s",
      of: Double(positions), in: timing, limit: .one
    ) { _ in ratio }
  }
}

/// Decoding of one text: its passes, timed.
private struct Decoding {
  let trace: Trace?
  let tokens: Int
  let timing: Timing

  init(_ model: BenchmarkModel, _ tracer: Tracer, text: String, steps: Int, _ context: BenchmarkContext) throws {
    let prompt = try model.model.tokenizer.encode(text, addSpecialTokens: true).count
    // The first token comes out of the prompt's own pass.
    let request = TraceRequest(prompt: text, method: .generate(steps + 1), columns: .last)
    let clock = PassClock()
    let first = try clock.trace([request], with: tracer)
    trace = first.first
    tokens = try clock.after(prompt).positions
    guard tokens >= steps / 2 else { throw CheckFailed("\(model.name): the text ended after \(tokens) tokens") }
    timing = try context.told {
      let traces = try clock.trace([request], with: tracer)
      try check(traces == first, "\(model.name): two traces of one text differ")
      return try clock.after(prompt).seconds
    }
  }
}
