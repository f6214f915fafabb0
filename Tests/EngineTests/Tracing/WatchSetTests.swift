import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Several tokens as one series.
@Suite struct WatchSetTests {
  private func set(_ ids: [Int], name: String = "set") -> Watched { .set(WatchSet(name: name, members: .ids(ids))) }

  @Test("a set of one is the token itself, to the bit", arguments: TinyModel.allCases)
  func setOfOne(model: TinyModel) throws {
    let trace = try traceOne(
      try model.open(),
      TraceRequest(
        prompt: "the keys", method: .generate(2),
        watch: ["t", .set(WatchSet(name: "tee", members: .tokens(["t"])))], columns: .all))
    #expect(trace.watch[0].rank == trace.watch[1].rank)
    #expect(trace.watch[0].logprob == trace.watch[1].logprob)
    #expect(trace.watch[1].ids == trace.watch[0].id.map { [$0] } && trace.watch[1].texts == [.text("t")])
    #expect(trace.watch[1].text == "tee" && trace.watch[1].id == nil && trace.watch[1].firstOf == nil)
  }

  @Test("a set is the sum of its members and their best rank, in every cell", arguments: TinyModel.allCases)
  func sums(model: TinyModel) throws {
    let opened = try model.open()
    let v = opened.vocabulary
    let all = Array(0..<v)
    let sets = [[v - 1, 3, 77, 100], Array(all[10..<60]), all]
    var watch = sets.enumerated().map { set($1, name: "s\($0)") }
    watch.append("t")
    // All tokens of the vocabulary are kept, so that every set can be summed from the outside.
    let trace = try traceOne(
      opened, TraceRequest(prompt: "the keys", method: .generate(2), watch: watch, topK: v, columns: .all))
    var largest = 0.0
    for row in trace.rows.indices {
      for column in trace.columns.indices {
        let ids = trace.top.ids[row][column]
        let logprobs = Dictionary(uniqueKeysWithValues: zip(ids, trace.top.logprobs[row][column].map(Double.init)))
        for (set, watched) in zip(sets, trace.watch) {
          let sum = log(set.reduce(0.0) { $0 + exp(logprobs[$1] ?? .nan) })
          largest = max(largest, abs(sum - Double(try #require(watched.logprob[row][column]))))
          // The best of the members is the first of them in the list, up to ties.
          let best = try #require(ids.firstIndex(where: set.contains))
          let rank = try #require(watched.rank[row][column])
          #expect(rank == 1 + ids.prefix(best).count { (logprobs[$0] ?? 0) > (logprobs[ids[best]] ?? 0) })
        }
      }
    }
    print("watch sets of \(model): largest difference from sums over the whole vocabulary \(Float(largest))")
    // Members are rounded to float32 in the trace: half a unit in the last place of numbers up to 32.
    #expect(largest <= 2e-6)
  }

  @Test("first tokens are named with the words they begin; words that share one count once")
  func firstTokens() throws {
    let model = try TinyModel.llama.open()
    let words = [" keys to", " keys of", "the"]
    let trace = try traceOne(
      model, TraceRequest(prompt: "a", watch: [.set(WatchSet(name: "w", members: .firstTokens(of: words)))]))
    let watched = trace.watch[0]
    let first = try words.map { try #require(try model.tokenizer.encode($0, addSpecialTokens: false).first) }
    #expect(watched.ids == Array(first.reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }))
    #expect(watched.firstOf?.joined().sorted() == words.sorted())
    #expect(watched.firstOf?.first?.count == 2)
    for id in first { #expect(trace.texts[id] != nil) }
  }

  @Test("sets that cannot be watched are refused, with the remedy")
  func refused() throws {
    let tracer = try Tracer(model: try TinyModel.llama.open(), threads: 1)
    func error(_ members: WatchSet.Members) -> RunError? {
      #expect(throws: RunError.self) {
        try tracer.check(TraceRequest(prompt: "a", watch: [.set(WatchSet(name: "s", members: members))]))
      }
    }
    let several = error(.tokens(["t", " keys to"]))
    #expect(several?.message.contains("is 3 tokens") == true || several?.message.contains("tokens (") == true)
    #expect(several?.hints.joined().contains("first_of") == true)
    #expect(error(.ids([])) == .watchSetIsEmpty(model: "llama", name: "s"))
    #expect(error(.ids([5, 7, 5])) == .watchSetRepeats(model: "llama", name: "s", id: 5))
    #expect(error(.ids([5, 288])) == .watchIDIsUnknown(model: "llama", id: 288, vocabulary: 288))
    #expect(error(.ids([-1])) == .watchIDIsUnknown(model: "llama", id: -1, vocabulary: 288))
    #expect(error(.firstTokens(of: [""])) == .watchIsEmpty(model: "llama"))
  }

  @Test("a trace with sets survives its file; damaged sets are refused by name")
  func files() throws {
    let model = try TinyModel.gpt2.open()
    let watch: [Watched] = [
      "t", set([3, 4]), .set(WatchSet(name: "f", members: .firstTokens(of: ["the keys", "a"]))),
    ]
    let trace = try traceOne(model, TraceRequest(prompt: "the keys", watch: watch))
    let data = try trace.jsonData()
    #expect(try Trace.read(data, path: "memory") == trace)
    #expect(try JSONDecoder().decode([Watched].self, from: JSONEncoder().encode(watch)) == watch)

    func fault(_ change: (inout Trace.Watch) -> Void) throws -> String {
      var damaged = trace
      change(&damaged.watch[2])
      return try #require(throws: TraceFileError.self) { try Trace.read(damaged.jsonData(), path: "t") }.message
    }
    #expect(try fault { $0.ids = [3, 3] }.hasPrefix("'watch[2].ids[1]': 3 for the second time"))
    #expect(try fault { $0.ids = [3, 999_999] }.hasPrefix("'watch[2].ids[1]': 999999, expected 0 to"))
    #expect(try fault { $0.ids = [] }.hasPrefix("'watch[2].ids': no members"))
    #expect(try fault { $0.texts = [] }.hasPrefix("'watch[2].texts': 0 texts, expected 2"))
    #expect(try fault { $0.firstOf = [["a"]] }.hasPrefix("'watch[2].first_of': 1 entries, expected 2"))
    #expect(try fault { $0.id = 3 }.contains("both 'id' and 'ids'"))
    #expect(try fault { $0.ids = nil }.contains("neither 'id' nor 'ids'"))
  }
}
