import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What holds of every model holds of one with an adapter: in its blocks, its embedding and its head.
@Suite("With an adapter, a trace depends on its request alone, to the byte")
struct AdapterIndependenceTests {
  /// Changes of every projection, of embedding and head, of experts, of fused projections.
  static let adapters = [
    "llama", "gemma3-embedding", "granite", "phi", "mixtral", "qwen3-moe-each", "gpt2", "falcon-groups",
  ]
  .map { TinyAdapter(name: $0) }

  private func request(_ text: String, generate: Int = 5, norm: Trace.Lens.Norm = .final) -> TraceRequest {
    TraceRequest(prompt: text, method: .generate(generate), topK: 10, columns: .all, norm: norm)
  }

  @Test(arguments: adapters)
  func neighboursAndThreadsChangeNothing(_ tiny: TinyAdapter) throws {
    let model = try tiny.open()
    let requests = IndependenceTests.texts.enumerated().map {
      request($1, generate: $0, norm: $0 % 3 == 2 ? .none : .final)
    }
    let alone = try requests.map { try traceOne(model, $0, threads: 1).jsonData() }
    for threads in [1, 3] {
      #expect(try trace(model, requests, threads: threads).map { try $0.jsonData() } == alone, "\(threads) threads")
    }
  }

  @Test(arguments: adapters)
  func speculationAndSharedPrefixesChangeNothing(_ tiny: TinyAdapter) throws {
    let model = try tiny.open()
    let texts = ["keys and keys and", "keys and keys or", "keys and", " 1, 1, 1,", "a a a a a a"]
    let prepared = try texts.map { try PreparedRequest(request($0, generate: 12), model: model, lens: nil) }
    func run(speculation: Bool, sharing: Bool) throws -> [Data] {
      try BatchRun(
        prepared, model: model, lens: nil, pool: try ThreadPool(threads: 2), speculation: speculation, sharing: sharing
      ) { _ in }.traces().map { try $0.jsonData() }
    }
    let plain = try run(speculation: false, sharing: false)
    #expect(try run(speculation: true, sharing: false) == plain)
    #expect(try run(speculation: true, sharing: true) == plain)
  }

  @Test(arguments: adapters)
  func theLensKeepsItsPromises(_ tiny: TinyAdapter) throws {
    let findings = try ModelCheck(model: try tiny.open(), threads: 2).findings()
    #expect(findings.count == 8)
    for finding in findings { #expect(finding.holds, "\(finding)") }
  }

  @Test func aModelIsAsBeforeWhenAnotherIsOpenedWithAnAdapter() throws {
    let asked = request("The keys to the cabinet")
    let plain = try ParityModel(name: "llama", kind: .safetensors).open()
    let before = try traceOne(plain, asked).jsonData()
    let adapted = try TinyAdapter(name: "llama").open()
    #expect(try traceOne(adapted, asked).logprob != traceOne(plain, asked).logprob)
    #expect(try traceOne(plain, asked).jsonData() == before)
  }
}
