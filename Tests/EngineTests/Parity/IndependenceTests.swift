import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("A trace depends on its request alone, to the byte")
struct IndependenceTests {
  /// Prompts of different lengths, so that a batch is ragged.
  static let texts = [
    "The keys to the cabinet", "a", "in the city of London the doctor and the nurse are in the land", "1 2 3",
    "the", "keys and keys and keys", "é", "The countries of the European Union",
  ]

  private func request(_ text: String, generate: Int = 5, norm: Trace.Lens.Norm = .final) -> TraceRequest {
    TraceRequest(prompt: text, method: .generate(generate), watch: [], topK: 10, columns: .all, norm: norm)
  }

  @Test(arguments: ParityModel.all)
  func neighboursInTheBatchChangeNothing(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    let requests = Self.texts.enumerated().map { request($1, generate: $0, norm: $0 % 3 == 2 ? .none : .final) }
    let together = try trace(model, requests, threads: 2)
    for (trace, request) in zip(together, requests) {
      #expect(try trace.jsonData() == traceOne(model, request).jsonData(), "\(request.prompt)")
    }
    let reversed = try trace(model, requests.reversed(), threads: 2)
    for (trace, other) in zip(together, reversed.reversed()) { #expect(try trace.jsonData() == other.jsonData()) }
  }

  @Test(arguments: ParityModel.all)
  func theNumberOfThreadsChangesNothing(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    let requests = Self.texts.map { request($0) }
    let alone = try trace(model, requests, threads: 1).map { try $0.jsonData() }
    for threads in [2, 3, 5] {
      let many = try trace(model, requests, threads: threads).map { try $0.jsonData() }
      #expect(many == alone, "\(threads) threads")
    }
  }

  @Test(arguments: ParityModel.all)
  func laterTokensDoNotChangeEarlierColumns(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    let text = "The keys to the cabinet are in the city"
    let short = try traceOne(model, request(text, generate: 0))
    let long = try traceOne(model, request(text, generate: 6))
    let count = short.columns.count - 1
    // Where positions turn by the length of the whole text, only texts of a kind compare.
    let kinds = [short, long].map { model.network.lengthKinds($0.columns.count) }
    guard kinds[0] == kinds[1] else {
      #expect(short.logprob != long.logprob.map { Array($0.prefix(count + 1)) }, "the length does change the numbers")
      return
    }
    for row in short.rows.indices {
      #expect(short.rank[row].prefix(count) == long.rank[row].prefix(count))
      #expect(short.logprob[row].prefix(count) == long.logprob[row].prefix(count))
      #expect(short.top.ids[row] == Array(long.top.ids[row].prefix(count + 1)))
      #expect(short.top.logprobs[row] == Array(long.top.logprobs[row].prefix(count + 1)))
      #expect(short.entropy[row] == Array(long.entropy[row].prefix(count + 1)))
      #expect(short.kl[row] == Array(long.kl[row].prefix(count + 1)))
    }
  }

  @Test(arguments: ParityModel.all)
  func columnsAreTheSameWhicheverAreAskedFor(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    var asked = request("The keys to the cabinet", generate: 4)
    let all = try traceOne(model, asked)
    for columns in [TraceRequest.Columns.generated, .last] {
      asked.columns = columns
      let some = try traceOne(model, asked)
      #expect(some.columns == all.columns.filter { column in some.columns.contains { $0.position == column.position } })
      #expect(some.columns.map(\.position).first == all.promptLength - 1)
      #expect(some.columns.count == (columns == .last ? 1 : all.tokens.count - all.promptLength))
      for row in all.rows.indices {
        for (i, column) in some.columns.enumerated() {
          #expect(some.rank[row][i] == all.rank[row][column.position])
          #expect(some.logprob[row][i] == all.logprob[row][column.position])
          #expect(some.top.ids[row][i] == all.top.ids[row][column.position])
          #expect(some.entropy[row][i] == all.entropy[row][column.position])
          #expect(some.kl[row][i] == all.kl[row][column.position])
        }
      }
    }
  }

  @Test func forcedTokensGiveTheNumbersOfGeneratedOnes() throws {
    let model = try openModel(RealModels.smolLM2(), name: "smollm2-135m")
    let asked = TraceRequest(
      prompt: "The countries of the European Union are:\n1. Austria\n2.", method: .generate(8), watch: [], topK: 10,
      columns: .generated, norm: .final)
    let generated = try traceOne(model, asked)
    let text = generated.tokens[generated.promptLength...].compactMap(\.text).joined()
    var forced = asked
    forced.method = .continuation(text)
    var trace = try traceOne(model, forced)
    #expect(trace.tokens == generated.tokens)
    #expect(trace.columns == generated.columns)
    trace.method = generated.method
    #expect(try trace.jsonData() == generated.jsonData())
  }

  @Test func aRealModelGivesTheSameBytesAloneAndInABatch() throws {
    let model = try openModel(RealModels.smolLM2(), name: "smollm2-135m")
    let requests = Self.texts.map {
      TraceRequest(prompt: $0, method: .generate(3), watch: [], topK: 10, columns: .all, norm: .final)
    }
    let together = try trace(model, requests, threads: 2)
    for (trace, request) in zip(together, requests) {
      #expect(try trace.jsonData() == traceOne(model, request, threads: 1).jsonData(), "\(request.prompt)")
    }
  }
}
