import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("A drawn token depends on the logits, the parameters and the seed, and on nothing else")
struct SamplingTests {
  struct Expected: Decodable {
    struct Case: Decodable {
      var row: Int
      var temperature: Double
      var topK: Int?
      var topP: Double?
      var kept: [Int]
      var probabilities: [Double]
    }
    var logits: [[Float]]
    var cases: [Case]
  }

  @Test func theTokensAndProbabilitiesAreThoseOfTransformers() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let expected = try decoder.decode(
      Expected.self, from: Data(contentsOf: Fixtures.folder.appending(path: "kernels/sampling.json")))
    #expect(expected.cases.count > 250)
    var largest = 0.0
    for one in expected.cases {
      let sampling = Sampling(temperature: one.temperature, topK: one.topK, topP: one.topP, seed: 0)
      let logits = expected.logits[one.row]
      let kept = TokenDraw.distribution(logits, counted: logits.count, sampling)
      #expect(kept.map(\.id) == one.kept, "\(one)")
      let sum = kept.reduce(0) { $0 + $1.weight }
      for (token, probability) in zip(kept, one.probabilities) {
        largest = max(largest, abs(token.weight / sum - probability))
      }
    }
    print("sampling: \(expected.cases.count) cases, largest difference of a probability \(largest)")
    #expect(largest < 1e-9)
  }

  @Test func theRandomNumbersAreThoseOfSplitMix64() {
    // The first outputs for the seed 1234567, as other implementations print them.
    let published: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
      16_408_922_859_458_223_821,
    ]
    for (index, number) in published.enumerated() {
      #expect(TokenDraw.uniform(seed: 1_234_567, index: index) == Double(number >> 11) / 0x1p53)
    }
  }

  @Test func tokensAreDrawnAsOftenAsTheirProbabilitiesSay() {
    let logits: [Float] = [2, -1, 0.5, 0.5, -8]
    let sampling = Sampling(temperature: 1.3, seed: 11)
    let kept = TokenDraw.distribution(logits, counted: 5, sampling)
    let sum = kept.reduce(0) { $0 + $1.weight }
    let draws = 20_000
    var counts = [Int](repeating: 0, count: 5)
    for index in 0..<draws { counts[TokenDraw(sampling: sampling, index: index).token(from: logits, counted: 5)] += 1 }
    for token in kept {
      let p = token.weight / sum
      let deviation = abs(Double(counts[token.id]) - p * Double(draws)) / (p * (1 - p) * Double(draws)).squareRoot()
      #expect(deviation < 4, "token \(token.id): \(counts[token.id]) of \(draws), probability \(p)")
    }
    // Rows of the head that do not count are never drawn.
    let few = (0..<500).map { TokenDraw(sampling: sampling, index: $0).token(from: logits, counted: 2) }
    #expect(Set(few) == [0, 1])
  }

  @Test(arguments: ParityModel.all)
  func batchThreadsAndSpeculationChangeNoDraw(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    let requests = [(1, "keys and keys and"), (2, " 1, 1, 1,"), (2, "The keys"), (9, "The keys")].map { seed, text in
      TraceRequest(
        prompt: text, method: .sample(12, Sampling(temperature: 0.8, topK: 40, topP: 0.9, seed: seed)), topK: 3,
        columns: .all)
    }
    let together = try Tracer(model: model, threads: 2).trace(requests).map { try $0.jsonData() }
    let alone = try requests.map {
      try Tracer(model: model, threads: 1, speculation: false).trace([$0])[0].jsonData()
    }
    #expect(together == alone)
  }

  @Test func anotherSeedGivesAnotherText() throws {
    let model = try #require(ParityModel.all.first { $0.name == "llama" }).open()
    let tracer = try Tracer(model: model, threads: 2)
    let texts = try [2, 9, 2].map { seed in
      try tracer.trace([TraceRequest(prompt: "The keys", method: .sample(12, Sampling(seed: seed)))])[0].tokens
    }
    #expect(texts[0] != texts[1])
    #expect(texts[0] == texts[2])
  }

  @Test func aTemperatureNearZeroIsGreedy() throws {
    let model = try #require(ParityModel.all.first).open()
    let tracer = try Tracer(model: model, threads: 1)
    let greedy = try tracer.trace([TraceRequest(prompt: "The keys", method: .generate(10))])[0]
    let cold = Sampling(temperature: 0.01, seed: 3)
    let drawn = try tracer.trace([TraceRequest(prompt: "The keys", method: .sample(10, cold))])[0]
    #expect(drawn.tokens == greedy.tokens)
    #expect(drawn.rank == greedy.rank)
    #expect(drawn.method == .sample(10, cold))
  }

  @Test func aParameterOutOfItsRangeIsAnError() throws {
    let model = try #require(ParityModel.all.first).open()
    let tracer = try Tracer(model: model, threads: 1)
    for (sampling, key) in [
      (Sampling(temperature: 0, seed: 1), "temperature"), (Sampling(temperature: .nan, seed: 1), "temperature"),
      (Sampling(topK: 0, seed: 1), "top_k"), (Sampling(topP: 0, seed: 1), "top_p"),
      (Sampling(topP: 1.5, seed: 1), "top_p"), (Sampling(seed: -1), "seed"),
    ] {
      #expect(sampling.problem?.key == key)
      #expect(throws: RunError.self) {
        try tracer.check(TraceRequest(prompt: "a", method: .sample(1, sampling)))
      }
    }
  }

  @Test func aTraceTellsHowTokensWereDrawn() throws {
    let model = try #require(ParityModel.all.first).open()
    let sampling = Sampling(temperature: 0.7, topP: 0.9, seed: 5)
    let trace = try Tracer(model: model, threads: 1).trace([
      TraceRequest(prompt: "The keys", method: .sample(4, sampling))
    ])[0]
    let data = try trace.jsonData()
    #expect(
      String(decoding: data, as: UTF8.self).contains(
        #""method":{"decoding":"sample","generate":4,"sample":{"seed":5,"temperature":0.7,"top_p":0.9}}"#))
    #expect(try Trace.read(data, path: "t") == trace)
    for (from, to) in [
      (#""decoding":"sample""#, #""decoding":"greedy""#), (#""decoding":"sample""#, #""decoding":"beam""#),
      (#""temperature":0.7"#, #""temperature":0"#), (#""seed":5"#, #""seed":"5""#), (#""seed":5,"#, ""),
    ] {
      let damaged = String(decoding: data, as: UTF8.self).replacing(from, with: to)
      #expect(damaged != String(decoding: data, as: UTF8.self))
      #expect(throws: TraceFileError.self, "\(to)") { try Trace.read(Data(damaged.utf8), path: "t") }
    }
  }
}
