import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Requests")
struct RequestTests {
  private func error(_ request: TraceRequest) throws -> RunError? {
    let tracer = try Tracer(model: try TinyModel.llama.open(), threads: 1)
    return #expect(throws: RunError.self) { try tracer.trace([request]) }
  }

  @Test("an empty prompt is refused")
  func emptyPrompt() throws {
    #expect(try error(TraceRequest(prompt: "")) == .emptyPrompt(model: "llama"))
  }

  @Test("a text longer than the context is refused, generated tokens included")
  func tooLong() throws {
    let refused = try error(TraceRequest(prompt: "the keys", method: .generate(64)))
    guard case .tooLong(_, let tokens, 64, "max_position_embeddings") = refused else {
      Issue.record("\(refused as Any)")
      return
    }
    #expect(tokens > 64)
    #expect(
      try error(TraceRequest(prompt: "a", method: .generate(.max)))?.message.contains("the model takes at most 64")
        == true)
  }

  @Test("a text is refused when attention would leave out positions", arguments: ["deepseek-v32": 48, "doge": 64])
  func beyondReach(model: String, reach: Int) throws {
    let opened = try openModel(Fixtures.url("models/\(model)/hf"), name: model)
    #expect(opened.context == reach)
    let tracer = try Tracer(model: opened, threads: 1)
    let refused = #expect(throws: RunError.self) {
      try tracer.trace([TraceRequest(prompt: "the keys", method: .generate(reach))])
    }
    #expect(refused?.message.contains("but the model takes at most \(reach)") == true)
    let note = "texts have at most \(reach) of the 64 tokens that the model takes"
    #expect(opened.notes.contains { $0.message.hasPrefix(note) } == (reach < 64))
  }

  @Test(
    "a text is refused when the encoder's attention would leave out positions",
    arguments: ["models/bigbird-pegasus": 54, "masked/big-bird": 36])
  func beyondTheEncodersReach(folder: String, reach: Int) throws {
    let tracer = try Tracer(model: try openModel(Fixtures.url("\(folder)/hf"), name: "model"), threads: 1)
    let text = String(repeating: "the keys ", count: reach) + "[MASK]"
    let refused = #expect(throws: RunError.self) { try tracer.trace([TraceRequest(prompt: text)]) }
    #expect(refused?.message.contains("but the model takes at most \(reach)") == true)
  }

  @Test("a watched word of several tokens is refused with its pieces")
  func watchOfSeveralTokens() throws {
    let refused = try error(TraceRequest(prompt: "the keys", watch: [" keys to"]))
    guard case .watchIsSeveralTokens(_, " keys to", let pieces, inSet: false) = refused else {
      Issue.record("\(refused as Any)")
      return
    }
    #expect(pieces.joined() == " keys to")
    #expect(pieces.count > 1)
  }

  @Test("an empty watched word, a negative count and an absurd top are refused")
  func otherNonsense() throws {
    #expect(try error(TraceRequest(prompt: "a", watch: [""])) == .watchIsEmpty(model: "llama"))
    #expect(try error(TraceRequest(prompt: "a", method: .generate(-1))) == .badGenerate(model: "llama", found: -1))
    #expect(
      try error(TraceRequest(prompt: "a", topK: 0)) == .badTopK(model: "llama", found: 0, vocabulary: 288))
  }

  @Test("columns are the positions that were asked for")
  func columns() throws {
    let tracer = try Tracer(model: try TinyModel.llama.open(), threads: 2)
    func columns(_ request: TraceRequest) throws -> [[Int?]] {
      try tracer.trace([request])[0].columns.map { [$0.position, $0.target] }
    }
    let generated = try tracer.trace([TraceRequest(prompt: "the keys", method: .generate(3))])[0]
    let n = generated.promptLength
    #expect(generated.tokens.count == n + 3)
    #expect(generated.columns.map(\.position) == [n - 1, n, n + 1])
    #expect(generated.columns.map(\.target) == generated.tokens.suffix(3).map(\.id))
    #expect(try columns(TraceRequest(prompt: "the keys")) == [[n - 1, nil]])
    let last = TraceRequest(prompt: "the keys", method: .generate(3), columns: .last)
    #expect(try columns(last) == [[n - 1, generated.tokens[n].id]])
    let all = try columns(TraceRequest(prompt: "the keys", method: .generate(3), columns: .all))
    #expect(all.map { $0[0] } == Array(0..<(n + 3)))
    #expect(all.last == [n + 2, nil])
  }

  @Test("a trace survives its file, to the byte", arguments: TinyModel.allCases)
  func traceFile(model: TinyModel) throws {
    let tracer = try Tracer(model: try model.open(), threads: 2)
    let request = TraceRequest(prompt: "the keys", method: .generate(3), watch: ["t"], columns: .all, norm: .none)
    let trace = try tracer.trace([request])[0]
    let data = try trace.jsonData()
    let again = try Trace.read(data, path: "memory")
    #expect(again == trace)
    #expect(try again.jsonData() == data)
  }
}
