import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("Speculation decides how fast a text is decoded, never what it says")
struct SpeculationTests {
  /// A list, repetitions, a progression, and plain text.
  static let texts = [
    "The countries of the European Union are:\n1. Austria\n2. Belgium\n3. Bulgaria\n4.", " 1, 1, 1,",
    "keys and keys and keys and keys", " 41, 42, 43,", "The keys to the cabinet", "a a a a a a",
  ]

  /// The same for models that take 64 tokens.
  static let short = ["is:\n1. a\n2. the\n3.", " 1, 1, 1,", "keys and keys and", " 41, 42,", "The keys", "a a a a a a"]

  /// What a batch gave, and how often the weights were read for it.
  private func run(
    _ model: LanguageModel, _ requests: [TraceRequest], speculation: Bool
  ) throws -> (traces: [Data], tokens: [[Int]], passes: Int, settled: Int) {
    let prepared = try requests.map { try PreparedRequest($0, model: model, lens: nil) }
    var settled = 0
    let run = BatchRun(
      prepared, model: model, lens: nil, pool: try ThreadPool(threads: 1), speculation: speculation
    ) { settled += $0 }
    let traces = try run.traces()
    return (try traces.map { try $0.jsonData() }, traces.map { $0.tokens.map(\.id) }, run.passes, settled)
  }

  /// Expects the same bytes and progress with speculation and without; returns the passes of both.
  @discardableResult
  private func compare(
    _ model: LanguageModel, _ requests: [TraceRequest], _ comment: Comment? = nil
  ) throws -> (plain: Int, fast: Int) {
    let plain = try run(model, requests, speculation: false)
    let fast = try run(model, requests, speculation: true)
    #expect(fast.traces == plain.traces, comment)
    #expect(fast.settled == plain.settled, comment)
    #expect(fast.passes <= plain.passes, comment)
    return (plain.passes, fast.passes)
  }

  @Test(arguments: ParityModel.all)
  func everyKindOfRequestGivesTheSameBytes(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    for columns in TraceRequest.Columns.allCases {
      for text in Self.short {
        for count in [2, 3, 14] {
          let request = TraceRequest(
            prompt: text, method: .generate(count), topK: 3, columns: columns, norm: count == 3 ? .none : .final,
            rows: count == 2 ? .attention : .blocks)
          try compare(model, [request], "\(columns), \(count) after '\(text)'")
        }
      }
    }
    let together = Self.short.enumerated().map {
      TraceRequest(prompt: $1, method: .generate(3 * $0), topK: 3, columns: .all)
    }
    for count in [2, 4, together.count] { try compare(model, Array(together.prefix(count)), "\(count) texts") }
  }

  @Test func theModelInThisRepositoryIsDecodedInFewerPasses() throws {
    let model = try openModel(Fixtures.folder.appending(path: "../../models/first").standardizedFileURL, name: "first")
    let list = TraceRequest(prompt: Self.texts[0], method: .generate(20))
    let passes = try compare(model, [list])
    #expect(passes.fast * 2 < passes.plain)
    let ones = try compare(model, [TraceRequest(prompt: Self.texts[1], method: .generate(20), columns: .all)])
    #expect(ones.fast * 2 < ones.plain)
    try compare(model, Self.texts.map { TraceRequest(prompt: $0, method: .generate(9)) })
  }

  /// A long list, and a short one of the model whose vocabulary, read after every layer, is five times as large.
  @Test(arguments: [("smollm2-135m", 60), ("gemma-3-270m", 20)])
  func realModelsWriteListsInFewerPasses(_ name: String, _ count: Int) throws {
    let model = try openModel(name == "smollm2-135m" ? RealModels.smolLM2() : RealModels.gemma3(), name: name)
    let passes = try compare(model, [TraceRequest(prompt: Self.texts[0], method: .generate(count))])
    print("\(name): \(count) tokens in \(passes.fast) passes instead of \(passes.plain)")
    #expect(passes.fast * 2 < passes.plain)
  }

  @Test func aTextThatEndsEarlyEndsTheSame() throws {
    let model = try openModel(RealModels.smolLM2(), name: "smollm2-135m")
    let turn =
      "<|im_start|>user\nSay yes<|im_end|>\n<|im_start|>assistant\nYes, yes, yes, I say yes to you.<|im_end|>\n"
    for columns in TraceRequest.Columns.allCases {
      let request = TraceRequest(
        prompt: turn + turn + "<|im_start|>user\nSay yes<|im_end|>\n<|im_start|>assistant\n", method: .generate(40),
        columns: columns)
      let passes = try compare(model, [request], "\(columns)")
      let ended = try traceOne(model, request)
      #expect(ended.tokens.count < ended.promptLength + 40)
      #expect(passes.fast < passes.plain)
    }
  }

  @Test func statesAreKeptOfChosenTokensAlone() throws {
    let model = try openModel(Fixtures.folder.appending(path: "../../models/first").standardizedFileURL, name: "first")
    let request = TraceRequest(prompt: Self.texts[0], method: .generate(20), columns: .all)
    func states(speculation: Bool) throws -> Data {
      let captured = CapturedStates()
      let tracer = try Tracer(model: model, threads: 2, speculation: speculation)
      return try captured.safetensors(try tracer.trace([request], states: captured))
    }
    #expect(try states(speculation: true) == states(speculation: false))
  }
}
