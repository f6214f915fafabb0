import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("What prompts have in common is run once, and no byte of a trace tells")
struct SharedPrefixTests {
  /// Prompts that begin alike in many ways: equal ones, one inside another, branches of branches.
  static let texts = [
    "The keys to the cabinet", "The keys to the cabinet", "The keys", "The keys to the city of London",
    "The keys to the city and the land", "a", "a", "The", "The doctor was a", "The keys to the cabinet are",
    "The keys to the city and the keys",
  ]

  private func run(
    _ model: LanguageModel, _ requests: [TraceRequest], sharing: Bool
  ) throws -> (traces: [Data], tokens: Int, settled: Int) {
    let prepared = try requests.map { try PreparedRequest($0, model: model, lens: nil) }
    var settled = 0
    let run = BatchRun(
      prepared, model: model, lens: nil, pool: try ThreadPool(threads: 1), speculation: false, sharing: sharing
    ) { settled += $0 }
    return (try run.traces().map { try $0.jsonData() }, run.tokensRun, settled)
  }

  @Test(arguments: ParityModel.all)
  func tracesAreTheSameBytes(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    let requests = Self.texts.enumerated().map { index, text in
      TraceRequest(
        prompt: text, method: index % 4 == 3 ? .continuation(" in the") : .generate(index % 5),
        topK: 1 + index, columns: TraceRequest.Columns.allCases[index % 3], norm: index % 5 == 4 ? .none : .final,
        rows: index % 2 == 0 ? .blocks : .attention)
    }
    for count in [5, requests.count] {
      let plain = try run(model, Array(requests.prefix(count)), sharing: false)
      let shared = try run(model, Array(requests.prefix(count)), sharing: true)
      #expect(shared.traces == plain.traces)
      #expect(shared.settled == plain.settled)
      #expect(shared.tokens <= plain.tokens)
    }
    let shared = try run(model, requests, sharing: true)
    let apart = try run(model, requests, sharing: false)
    // What decoders of different encoder's texts have begun alike is not the same computation.
    #expect(ParityModel.decoders.contains(tiny.name) ? shared.tokens < apart.tokens : shared.tokens == apart.tokens)
  }

  @Test func longAndShortTextsOfLongRoPEShareNothing() throws {
    let model = try ParityModel(name: "phi3", kind: .safetensors).open()
    #expect(model.network.lengthKinds(1).count == 1, "the tiny Phi 3 has frequencies for long texts")
    let requests = (0..<10).map { TraceRequest(prompt: "The keys to the cabinet are in", method: .generate(3 * $0)) }
    #expect(try run(model, requests, sharing: true).traces == run(model, requests, sharing: false).traces)
  }

  @Test func sourcesAreEarlierAndHaveWhatTheyGive() {
    let texts = [
      [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 9], [4],
    ]
    let shared = SharedPrefixes(texts, kinds: texts.map { _ in [] })
    #expect(shared.sources == [nil, 0, 0, 0, nil])
    #expect(shared.shared == [0, 9, 8, 2, 0])
    #expect(shared.groups == [[0, 4], [1, 2, 3]])
    let readers = shared.readers(of: texts)
    #expect(readers[0][1] == [0, 1, 2, 3])
    #expect(readers[0][7] == [0, 1, 2])
    #expect(readers[0][8] == [0, 1])
    #expect(readers[3] == [[], [], [3]])
  }

  @Test func littleIsNotWorthWaitingFor() {
    let shared = SharedPrefixes([[1, 2], [1, 3], [1, 4]], kinds: [[], [], []])
    #expect(shared.sources == [nil, nil, nil])
    #expect(shared.groups == [[0, 1, 2]])
  }

  @Test func textsOfDifferentKindsShareNothing() {
    let text = Array(1...20)
    #expect(SharedPrefixes([text, text], kinds: [[1], [0]]).sources == [nil, nil])
    #expect(SharedPrefixes([text, text], kinds: [[1], [1]]).sources == [nil, 0])
  }

  @Test func aRealModelRunsAPromptOfSeveralRequestsOnce() throws {
    let model = try openModel(RealModels.gemma3(), name: "gemma-3-270m")
    let prompt = "The countries of the European Union are:\n1. Austria\n2. Belgium\n3."
    let requests = [
      TraceRequest(prompt: prompt, columns: .all), TraceRequest(prompt: prompt, watch: [.token(" France")]),
      TraceRequest(prompt: prompt + " Bulgaria\n4.", method: .generate(3), columns: .all),
    ]
    let plain = try run(model, requests, sharing: false)
    let shared = try run(model, requests, sharing: true)
    #expect(shared.traces == plain.traces)
    #expect(shared.tokens * 2 < plain.tokens)
  }
}
