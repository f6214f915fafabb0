import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Tiny models of every family against transformers")
struct TinyModelParityTests {
  @Test func everyRegisteredArchitectureHasAFixture() throws {
    let folders = Set(try ParityModel.names.map { try ExpectedModel.read($0).architecture })
    let files = Set(try ParityModel.inBothKinds.map { try ExpectedModel.read($0).architecture })
    for architecture in Architecture.all where !architecture.settings.isMasked {
      #expect(folders.contains(architecture.name), "no parity fixture for \(architecture.name)")
      // A family without a name of its own in GGUF goes by another's there (Mistral by Llama's), or cannot be there.
      if architecture.ggufName != nil {
        #expect(files.contains(architecture.name), "no parity fixture in GGUF for \(architecture.name)")
      }
    }
  }

  @Test(arguments: ParityModel.all)
  func lensEqualsTheReference(_ tiny: ParityModel) throws {
    let expected = try ExpectedModel.read(tiny.name)
    let model = try tiny.open()
    for norm in Trace.Lens.Norm.allCases {
      var comparison = LensComparison(tolerance: norm == .final ? expected.tolerance : expected.rawTolerance)
      for prompt in expected.prompts {
        let trace = try traceOne(
          model,
          TraceRequest(
            prompt: prompt.text, method: .generate(expected.generate), watch: [], topK: expected.top,
            columns: .all,
            norm: norm, decoder: prompt.decoder))
        #expect(trace.encoder?.tokens.map(\.id) == prompt.encoder)
        #expect(trace.promptLength == prompt.ids.count)
        #expect(trace.tokens.map(\.id) == prompt.ids + prompt.generated)
        #expect(trace.columns.map(\.position) == Array(trace.tokens.indices))
        #expect(trace.columns.map(\.target) == trace.tokens.dropFirst().map(\.id) + [nil])
        comparison.compare(
          trace, columns: Array(trace.columns.indices), with: norm == .final ? prompt.normed : prompt.raw,
          context: "\(tiny.testDescription), \(norm)")
      }
      print("\(tiny.testDescription), norm \(norm.rawValue): \(comparison.summary)")
      #expect(comparison.disagreements == [])
    }
  }

  @Test(arguments: ParityModel.all)
  func logitsDifferByLessThanOneInTenThousand(_ tiny: ParityModel) throws {
    let expected = try ExpectedModel.read(tiny.name)
    let model = try tiny.open()
    for prompt in expected.prompts {
      let trace = try traceOne(
        model,
        TraceRequest(
          prompt: prompt.text, method: .generate(0), watch: [], topK: model.vocabulary, columns: .last, norm: .final,
          decoder: prompt.decoder))
      let ids = try #require(trace.top.ids.last?.last)
      let logprobs = try #require(trace.top.logprobs.last?.last).map(Double.init)
      #expect(ids.sorted() == Array(0..<prompt.logits.count))
      #expect(abs(logprobs.reduce(0) { $0 + exp($1) } - 1) < 1e-5)
      for i in ids.indices.dropFirst() {
        #expect(logprobs[i - 1] > logprobs[i] || logprobs[i - 1] == logprobs[i] && ids[i - 1] < ids[i])
      }
      // A trace holds log-probabilities: add the reference's log-sum-exp to have its logits.
      let peak = prompt.logits.max() ?? 0
      let sum = peak + log(prompt.logits.reduce(0) { $0 + exp($1 - peak) })
      let scale = prompt.logits.map(abs).max() ?? 1
      let largest = zip(ids, logprobs).map { abs($1 + sum - prompt.logits[$0]) / scale }.max() ?? 1
      print("\(tiny.testDescription): largest relative difference of \(ids.count) logits \(Float(largest))")
      #expect(largest < 1e-4)
    }
  }

  @Test(arguments: ParityModel.inBothKinds)
  func bothKindsOfFileGiveTheSameBytes(_ name: String) throws {
    let expected = try ExpectedModel.read(name)
    let fromGGUF = try ParityModel(name: name, kind: .gguf).open()
    let fromSafetensors = try ParityModel(name: name, kind: .safetensors).open()
    for norm in Trace.Lens.Norm.allCases {
      for prompt in expected.prompts {
        let request = TraceRequest(
          prompt: prompt.text, method: .generate(8), watch: [], topK: 10, columns: .all, norm: norm)
        let a = try traceOne(fromGGUF, request)
        var b = try traceOne(fromSafetensors, request)
        b.model = a.model
        guard !expected.identical else {
          #expect(try a.jsonData() == b.jsonData())
          continue
        }
        let pairs = zip(a.logprob.joined(), b.logprob.joined())
        let largest = pairs.map { abs(($0 ?? 0) - ($1 ?? 0)) }.max() ?? 1
        print("\(name): the kinds of file differ by \(largest) at most, because GGUF keeps rounded frequencies")
        #expect(largest < 1e-4)
      }
    }
  }
}
