import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// `auto(n)`: how it is read, which tokens it finds, and that following them is following named tokens.
@Suite struct AutoWatchTests {
  @Test func aRequestIsReadAsItIsWritten() {
    for written in ["auto(3)", "auto(3, last)", "auto(3, all)", "auto(12, 7)"] {
      #expect(AutoWatch(written)?.written == written)
    }
    #expect(AutoWatch("auto(3, first)") == AutoWatch(count: 3))
    #expect(AutoWatch("auto(3,all)") == AutoWatch(count: 3, position: .all))
    for wrong in [
      "auto", "auto()", "auto(0)", "auto(21)", "auto(-1)", "auto(3, 0)", "auto(3, every)", "auto(3, 1, 2)", "auto(3",
      " auto(3)", "auto(３)", "auto(99999999999999999999)",
    ] {
      #expect(AutoWatch(wrong) == nil, "\(wrong)")
    }
    #expect(Watched(written: "auto(2)") == .automatic(AutoWatch(count: 2)))
    #expect(Watched(written: " auto") == .token(" auto"))
  }

  /// A trace of three layers with the given first tokens: [row][column], the last row last.
  private func trace(_ first: [[Int]]) throws -> Trace {
    let model = try ParityModel(name: "gpt2", kind: .gguf).open()
    var trace = try Tracer(model: model, threads: 1).trace([TraceRequest(prompt: "the keys", columns: .all)])[0]
    trace.rows = first.indices.map { Trace.Row(layer: $0, point: $0 == 0 ? .embedding : .block) }
    trace.columns = (0..<first[0].count).map { Trace.Column(position: $0, target: nil) }
    trace.top.ids = first.map { $0.map { [$0] } }
    return trace
  }

  @Test func theTokensThatComeFirstInMostLayersAreFoundAndNeverTheLast() throws {
    // Column 0: 7 twice, 5 once, and 9 in the end; column 1: 5, 9, 8 and in the end 5.
    let trace = try trace([[7, 5], [5, 9], [7, 8], [9, 5]])
    let asked = AutoWatch(count: 3, position: .all)
    #expect(
      trace.automatic(asked, in: [0], besides: [])
        == Trace.Automatic(asked: "auto(3, all)", ids: [7, 5], cells: [2, 1])
    )
    // Of equally frequent ones the earlier column comes first, then the lower row; the last token of another column counts.
    #expect(trace.automatic(asked, in: [0, 1], besides: []).ids == [7, 5, 9])
    #expect(trace.automatic(asked, in: [0, 1], besides: [7]).ids == [5, 9, 8])
    #expect(trace.automatic(AutoWatch(count: 1), in: [1], besides: []).ids == [9])
    // Rows that a lens does not read have no tokens.
    var blank = trace
    blank.top.ids[0] = [[], []]
    #expect(blank.automatic(asked, in: [0], besides: []).ids == [5, 7])
  }

  @Test(arguments: ["gpt2", "llama", "gemma3"])
  func aTraceIsThatOfTheFoundTokensAndSaysThatTheyAreAutomatic(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    let tracer = try Tracer(model: model, threads: 1)
    let plain = TraceRequest(prompt: "the keys to the", method: .generate(3), topK: 1)
    let first = try tracer.trace([plain])[0]
    let named = try #require(first.tokens.first?.text)
    var request = TraceRequest(
      prompt: "the keys to the", method: .generate(3),
      watch: [.automatic(AutoWatch(count: 2, position: .all)), .token(named)], topK: 4)
    let found = try tracer.trace([request])[0]
    let automatic = try #require(found.automatic)
    #expect(automatic.asked == "auto(2, all)" && automatic.ids.count <= 2 && !automatic.ids.isEmpty)
    #expect(
      automatic == first.automatic(AutoWatch(count: 2, position: .all), in: [0, 1, 2], besides: [first.tokens[0].id]))
    // The named token stands first, whatever the order of the request.
    #expect(found.watch.map(\.id) == [first.tokens[0].id] + automatic.ids)
    // The numbers are those of the same tokens by id.
    request.watch = [.token(named)] + automatic.ids.map { .set(WatchSet(name: "\($0)", members: .ids([$0]))) }
    let explicit = try tracer.trace([request])[0]
    #expect(explicit.automatic == nil)
    #expect(found.watch.map(\.rank) == explicit.watch.map(\.rank))
    #expect(found.watch.map(\.logprob) == explicit.watch.map(\.logprob))
    var same = found
    (same.automatic, same.watch, same.texts) = (nil, explicit.watch, explicit.texts)
    #expect(same == explicit)
    // It is written, read again, and the same among other requests.
    #expect(try Trace.read(found.jsonData(), path: "t.json") == found)
    request.watch = [.token(named), .automatic(AutoWatch(count: 2, position: .all))]
    #expect(try tracer.trace([plain, request, plain])[1] == found)
  }

  @Test func aPositionThatIsNotCapturedIsAnError() throws {
    let model = try ParityModel(name: "gpt2", kind: .gguf).open()
    let tracer = try Tracer(model: model, threads: 1)
    let request = TraceRequest(
      prompt: "the keys", method: .generate(2), watch: [.automatic(AutoWatch(count: 2, position: .number(3)))])
    let error = #expect(throws: RunError.self) { try tracer.trace([request]) }
    #expect(error?.message == "watch: auto(2, 3) names a position that is not captured, expected 1 to 2")
  }

  @Test func whatContradictsTheWatchedTokensIsRefused() throws {
    let model = try ParityModel(name: "gpt2", kind: .gguf).open()
    var trace = try Tracer(model: model, threads: 1).trace([
      TraceRequest(prompt: "the keys", watch: [.automatic(AutoWatch(count: 3))])
    ])[0]
    #expect(trace.firstFault() == nil)
    let sound = try #require(trace.automatic)
    for (key, other) in [
      ("asked", Trace.Automatic(asked: "auto", ids: sound.ids, cells: sound.cells)),
      ("ids", Trace.Automatic(asked: "auto(3)", ids: sound.ids + [1], cells: sound.cells + [1])),
      ("cells", Trace.Automatic(asked: "auto(3)", ids: sound.ids, cells: sound.cells + [1])),
      ("cells[0]", Trace.Automatic(asked: "auto(3)", ids: sound.ids, cells: sound.ids.map { _ in 0 })),
    ] where !sound.ids.isEmpty {
      trace.automatic = other
      #expect(trace.firstFault()?.key == "watch_auto.\(key)")
    }
  }
}
