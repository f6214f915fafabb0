import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("LoRA adapters against peft")
struct AdapterParityTests {
  @Test func everyFamilyHasAnAdapter() throws {
    let bases = Set(try TinyAdapter.all.map { try ExpectedModel.read($0.expected().base).architecture })
    for architecture in Architecture.all where !architecture.settings.isMasked {
      #expect(bases.contains(architecture.name), "\(architecture.name)")
    }
  }

  @Test(arguments: TinyAdapter.all)
  func theLensEqualsTheReference(_ tiny: TinyAdapter) throws {
    let expected = try tiny.expected()
    let model = try tiny.open()
    for norm in Trace.Lens.Norm.allCases {
      var comparison = LensComparison(tolerance: norm == .final ? expected.tolerance : expected.rawTolerance)
      for prompt in expected.prompts {
        let trace = try traceOne(
          model,
          TraceRequest(
            prompt: prompt.text, method: .generate(expected.generate), watch: [], topK: expected.top, columns: .all,
            norm: norm))
        #expect(trace.tokens.map(\.id) == prompt.ids + prompt.generated)
        comparison.compare(
          trace, columns: Array(trace.columns.indices), with: norm == .final ? prompt.normed : prompt.raw,
          context: "\(tiny.name), \(norm)")
      }
      print("adapter \(tiny.name), norm \(norm.rawValue): \(comparison.summary)")
      #expect(comparison.cells > 0)
      #expect(comparison.disagreements == [])
    }
  }

  /// Rows of queries and keys, and grouped projections, are put into the order of the file.
  @Test(arguments: TinyAdapter.all)
  func aFoldersAdapterGivesTheSameBytesOnAGGUF(_ tiny: TinyAdapter) throws {
    let expected = try tiny.expected()
    guard ParityModel.hasGGUF(expected.base), try ExpectedModel.read(expected.base).identical else { return }
    let onFolder = try tiny.open()
    let adapter = try #require(onFolder.adapter)
    guard !adapter.replacements.contains(where: { !$0.isOfVocabulary }) else {
      #expect(throws: AdapterError.self) { try tiny.open(.gguf) }
      return
    }
    let onGGUF = try tiny.open(.gguf)
    for prompt in expected.prompts {
      let request = TraceRequest(prompt: prompt.text, method: .generate(8), watch: [], topK: 10, columns: .all)
      let a = try traceOne(onGGUF, request)
      var b = try traceOne(onFolder, request)
      b.model = a.model
      #expect(try a.jsonData() == b.jsonData())
    }
  }

  @Test(arguments: TinyAdapter.all.filter(\.hasGGUF))
  func anAdapterInGGUFGivesTheSameBytes(_ tiny: TinyAdapter) throws {
    let fromFolder = try tiny.open(.gguf)
    let fromGGUF = try tiny.open(.gguf, adapter: .gguf)
    for prompt in try tiny.expected().prompts {
      let request = TraceRequest(prompt: prompt.text, method: .generate(8), watch: [], topK: 10, columns: .all)
      let a = try traceOne(fromFolder, request)
      var b = try traceOne(fromGGUF, request)
      b.model = a.model
      #expect(try a.jsonData() == b.jsonData())
    }
  }

  @Test func aTraceNamesTheAdapterAndIsReadAgain() throws {
    let model = try TinyAdapter(name: "llama-saved").open()
    let trace = try traceOne(model, TraceRequest(prompt: "the keys"))
    #expect(
      trace.model.adapter
        == Trace.Adapter(name: "tiny", sha256: "00", rank: 3, alpha: 5, baseModel: "tiny/llama"))
    let data = try trace.jsonData()
    #expect(try Trace.read(data, path: "") == trace)
  }
}
