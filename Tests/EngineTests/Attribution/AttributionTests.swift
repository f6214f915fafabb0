import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What TransformerLens says of a tiny model; Tools/make_attribution_reference.py writes it.
private struct Reference: Decodable {
  var ids: [Int]
  var target: Int
  var foil: Int
  var difference: Double
  var embedding: Double
  var attention: [Double]
  var mlp: [Double]
  var heads: [String: Double]
}

@Suite("Attributions are those of TransformerLens, and wrong ones are noticed")
struct AttributionTests {
  /// The attribution after some tokens; places that `hides` says are not kept.
  private func attribution(
    _ model: LanguageModel, _ ids: [Int], target: Int? = nil, foil: Int? = nil,
    hides: @escaping (PartPlace, Int) -> Bool = { _, _ in false }
  ) throws -> Trace.Attribution {
    let pool = try ThreadPool(threads: 1)
    let pass = ForwardPass(model.network, pool: pool, capacity: ids.count)
    let cache = KVCache(model.network, capacity: ids.count)
    let parts = PartStates(tokens: [ids.count - 1])
    pass.run(
      ids.enumerated().map { .init(id: $1, cache: cache, position: $0) },
      visit: { if !hides($0, $1) { parts.keep($0, block: $1, $2, columns: $3) } }
    ) { _, stream in parts.keep(stream: stream) }
    return try Attributing(model: model, pool: pool).attribution(
      parts, token: ids.count - 1, position: ids.count - 1, target: target, foil: foil)
  }

  @Test(arguments: ["gpt2", "llama", "gptneox"])
  func partsAndHeadsAreThoseOfTransformerLens(_ name: String) throws {
    let data = try Data(contentsOf: Fixtures.url("attribution/\(name).json"))
    let reference = try JSONDecoder().decode(Reference.self, from: data)
    let model = try ParityModel(name: name, kind: .safetensors).open()
    let found = try attribution(model, reference.ids)
    #expect(found.target == reference.target && found.foil == reference.foil && found.chosen == [.target, .foil])
    var most = abs(Double(found.difference) - reference.difference)
    for part in found.parts {
      let expected: Double? =
        switch part.part {
        case .embedding: reference.embedding
        case .attention: reference.attention[part.layer ?? 0]
        case .mlp: reference.mlp[part.layer ?? 0]
        default: nil
        }
      if let expected { most = max(most, abs(Double(part.value) - expected)) }
      for (head, value) in (part.heads ?? []).enumerated() {
        let expected = try #require(reference.heads["L\(part.layer ?? 0)H\(head)"])
        most = max(most, abs(Double(value) - expected))
      }
    }
    #expect(found.parts.compactMap(\.heads).joined().count == reference.heads.count)
    print("\(name): largest difference from TransformerLens \(most)")
    #expect(most < 1e-5)
  }

  @Test(arguments: [0, 1])
  func aPartThatIsMissingIsAnErrorOfTheEngine(_ block: Int) throws {
    let place: PartPlace = block == 0 ? .mlpChange : .attention
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let error = #expect(throws: RunError.self) {
      try attribution(model, [34, 7, 120], hides: { $0 == place && $1 == block })
    }
    guard case .attributionDisagrees("gpt2", 2, _)? = error else {
      Issue.record("expected attributionDisagrees, found \(String(describing: error))")
      return
    }
    #expect(error?.category == .internalFault)
  }

  @Test func aTraceHasTheSameNumbersWithAnAttributionAndTheAttributionDoesNotDependOnTheBatch() throws {
    for name in ["gpt2", "gemma3", "falcon-h1", "deepseek2"] {
      let model = try ParityModel(name: name, kind: .safetensors).open()
      let texts = ["The keys to the cabinet", "The keys to the table", "a"]
      let plain = try trace(model, texts.map { TraceRequest(prompt: $0, method: .generate(2)) })
      let asked = texts.map {
        TraceRequest(prompt: $0, method: .generate(2), attribute: AttributionRequest(position: 1))
      }
      let together = try trace(model, asked, threads: 2)
      for ((one, other), request) in zip(zip(plain, together), asked) {
        var bare = other
        #expect(bare.attribution?.position == 0)
        bare.attribution = nil
        bare.texts = one.texts
        #expect(try bare.jsonData() == one.jsonData())
        #expect(try traceOne(model, request).jsonData() == other.jsonData(), "\(name): \(request.prompt)")
      }
    }
  }

  @Test func aTraceWithAnAttributionIsReadAgainAndAWrongOneIsRefused() throws {
    let model = try ParityModel(name: "gemma3-caps", kind: .safetensors).open()
    let trace = try traceOne(model, TraceRequest(prompt: "The keys", attribute: AttributionRequest()))
    #expect(try Trace.read(trace.jsonData(), path: "t") == trace)
    #expect(trace.attribution?.softcap != nil)
    func fault(_ change: (inout Trace.Attribution) -> Void) -> String? {
      var wrong = trace
      wrong.attribution.map { own in
        var own = own
        change(&own)
        wrong.attribution = own
      }
      return wrong.firstFault().map(\.key)
    }
    #expect(fault { $0.parts[1].value += 0.5 } == "attribution.parts")
    #expect(fault { $0.parts[1].layer = nil } == "attribution.parts[1]")
    #expect(fault { $0.parts[0].layer = 0 } == "attribution.parts[0]")
    #expect(fault { $0.parts[1].layer = 99 } == "attribution.parts[1].layer")
    #expect(fault { $0.parts[0].heads = [1] } == "attribution.parts[0].heads")
    #expect(fault { $0.position = 1000 } == "attribution.position")
    #expect(fault { $0.foil = $0.target } == "attribution.foil")
    #expect(fault { $0.target = -1 } == "attribution.target")
  }

  @Test func questionsThatHaveNoAnswerAreRefusedBeforeTheRun() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let tracer = try Tracer(model: model, threads: 1)
    func message(_ asked: AttributionRequest) -> String? {
      do {
        try tracer.check(TraceRequest(prompt: "The keys", attribute: asked))
        return nil
      } catch {
        return (error as? RunError)?.message
      }
    }
    let length = try traceOne(model, TraceRequest(prompt: "The keys")).promptLength
    #expect(message(AttributionRequest(target: "t", foil: "e", position: length)) == nil)
    #expect(
      message(AttributionRequest(position: length + 1))
        == "position of attribute is \(length + 1), expected 1 to \(length), the tokens of the text")
    #expect(message(AttributionRequest(position: 0))?.hasPrefix("position of attribute is 0") == true)
    #expect(
      message(AttributionRequest(target: "t", foil: "t")) == "target and foil of attribute are the same token, 't'")
    #expect(message(AttributionRequest(foil: ""))?.contains("foil of attribute") == true)
    #expect(
      message(AttributionRequest(target: "cabinet of keys"))?.hasPrefix(
        "the target of attribute 'cabinet of keys' is ") == true)
    #expect(tracer.watchProblems(of: TraceRequest(prompt: "a", attribute: .init(target: "zzz qqq"))).count == 1)
  }
}
