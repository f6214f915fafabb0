import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What hooks of transformers say of a tiny model; Tools/make_patching_reference.py writes it.
private struct Reference: Decodable {
  var base: [Int]
  var source: [Int]
  var target: Int
  var foil: Int
  var sourceDifference: Double
  var baseDifference: Double
  var stream: [[Double]]
  var attention: [[Double]]
  var mlp: [[Double]]

  enum CodingKeys: String, CodingKey {
    case base, source, target, foil, stream, attention, mlp
    case sourceDifference = "source_difference"
    case baseDifference = "base_difference"
  }
}

@Suite("Patched runs are those of transformers, and a text patched into itself is itself")
struct PatchingTests {
  private func run(_ model: LanguageModel, skips: Bool = false) throws -> PatchRun {
    PatchRun(model: model, pool: try ThreadPool(threads: 1), skipsEqualStates: skips)
  }

  @Test(arguments: ["gpt2", "llama", "gptneox", "gemma3"])
  func everyLayerAndPositionIsThatOfTransformers(_ name: String) throws {
    let reference = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: Fixtures.url("patching/\(name).json")))
    let model = try ParityModel(name: name, kind: .safetensors).open()
    var most = 0.0
    for skips in [false, true] {
      let run = try run(model, skips: skips)
      let (base, source) = (run.text(reference.base), run.text(reference.source))
      #expect(run.prediction(of: source, besides: nil) == reference.target)
      #expect(run.prediction(of: base, besides: reference.target) == reference.foil)
      let own = [source, base].map { run.output(of: $0, target: reference.target, foil: reference.foil).difference }
      most = max(
        most, abs(Double(own[0]) - reference.sourceDifference), abs(Double(own[1]) - reference.baseDifference))
      for (place, expected) in [
        (Trace.Patching.Place.stream, reference.stream), (.attention, reference.attention), (.mlp, reference.mlp),
      ] {
        let found = run.differences(
          of: place, base: base, source: source, target: reference.target, foil: reference.foil)
        #expect(found.count == expected.count)
        for (line, other) in zip(found.joined(), expected.joined()) {
          most = max(most, abs(Double(try #require(line)) - other))
        }
      }
    }
    print("\(name): largest difference from hooks of transformers \(most)")
    #expect(most < 5e-5)
  }

  @Test func patchingATextIntoItselfChangesNoByte() throws {
    var runs = 0
    for name in ParityModel.ofOneStream {
      let kind: ParityModel.Kind =
        FileManager.default.fileExists(atPath: ParityModel(name: name, kind: .safetensors).path) ? .safetensors : .gguf
      let model = try ParityModel(name: name, kind: kind).open()
      // Those are refused.
      guard model.partsLacking == nil else { continue }
      let run = try run(model)
      let text = run.text([3, 17, 5, 9].map { $0 % model.vocabulary })
      let own = run.output(of: text, target: 1, foil: 2).difference
      for place in Trace.Patching.Place.allCases {
        for value in run.differences(of: place, base: text, source: text, target: 1, foil: 2).joined() {
          guard let value else { continue }
          runs += 1
          #expect(value == own, "\(name): \(place.rawValue)")
        }
      }
    }
    #expect(runs > 4_000)
  }

  @Test func theLastLayersStateOfTheSourceGivesItsOutputToTheBitInEveryFamily() throws {
    for name in ParityModel.ofOneStream where !ParityModel.hasGGUF(name) || ParityModel.inBothKinds.contains(name) {
      let model = try ParityModel(name: name, kind: .safetensors).open()
      let run = try run(model)
      let (base, source) = (run.text([3, 17, 5, 9].map { $0 % model.vocabulary }), run.text([3, 8, 5, 11]))
      let found = try #require(run.differences(of: .stream, base: base, source: source, target: 1, foil: 2).last)
      let (own, others) = (
        run.output(of: base, target: 1, foil: 2).difference, run.output(of: source, target: 1, foil: 2).difference
      )
      #expect(found == [own, own, own, others], "\(name)")
    }
  }

  @Test func aTraceTellsBothTextsAndDoesNotDependOnTheBatchOrOnThreads() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let (text, other) = ("a t e", "a e e")
    let lengths = try [text, other].map { try model.tokenizer.encode($0, addSpecialTokens: true).count }
    try #require(lengths[0] == lengths[1])
    let request = TraceRequest(
      prompt: text, method: .generate(2), patch: PatchRequest(source: other, of: [.stream, .mlp]))
    let alone = try traceOne(model, request)
    let patching = try #require(alone.patching)
    #expect(patching.source == other && patching.sourceTokens.count == alone.promptLength)
    #expect(patching.differences.map(\.place) == [.stream, .mlp] && patching.chosen == [.target, .foil])
    #expect(patching.effects(at: .attention) == nil)
    #expect(patching.effects(at: .stream)?.last?.last == 1)
    let long = TraceRequest(prompt: "a", patch: PatchRequest(source: "e"))
    #expect(try trace(model, [long, request], threads: 3)[1].jsonData() == alone.jsonData())
    #expect(try Trace.read(alone.jsonData(), path: "t") == alone)
    var bare = alone
    bare.patching = nil
    var plain = request
    plain.patch = nil
    bare.texts = try traceOne(model, plain).texts
    #expect(try bare.jsonData() == traceOne(model, plain).jsonData())

    func fault(_ change: (inout Trace.Patching) -> Void) -> String? {
      var (wrong, own) = (alone, patching)
      change(&own)
      wrong.patching = own
      return wrong.firstFault().map(\.key)
    }
    #expect(fault { $0.sourceTokens.removeLast() } == "patching.source_tokens")
    #expect(fault { $0.differences[0].values.removeLast() } == "patching.differences[0].values")
    #expect(fault { $0.differences[1].values[0].removeLast() } == "patching.differences[1].values[0]")
    #expect(fault { $0.differences[1].place = .stream } == "patching.differences[1].place")
    #expect(fault { $0.foil = $0.target } == "patching.foil")
    #expect(fault { $0.target = -1 } == "patching.target")
  }

  @Test func effectsOfTextsThatAgreeAreNotDefined() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let request = TraceRequest(prompt: "The keys", patch: PatchRequest(source: "The keys", of: [.stream]))
    let patching = try #require(try traceOne(model, request).patching)
    #expect(!patching.isDefined && patching.target != patching.foil)
    #expect(patching.effects(at: .stream)?.joined().allSatisfy { $0 == nil } == true)
  }

  @Test func textsThatDoNotMatchAreRefusedBeforeTheRun() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let tracer = try Tracer(model: model, threads: 1)
    func error(_ prompt: String, _ patch: PatchRequest) -> RunError? {
      let request = TraceRequest(prompt: prompt, patch: patch)
      // A build leaves such a patch out, and its other figures are drawn.
      let isTold = tracer.watchProblems(of: request).count == 1
      do {
        try tracer.check(request)
        return nil
      } catch {
        return isTold ? error as? RunError : nil
      }
    }
    #expect(error("a", PatchRequest(source: "e")) == nil)
    let lengths = error("a", PatchRequest(source: "a long text"))
    #expect(lengths?.message.hasPrefix("source of patch is ") == true && lengths?.category == .badInput)
    #expect(lengths?.message.hasSuffix("expected 1 as in the prompt (a)") == true)
    #expect(error("a", PatchRequest(source: ""))?.message.hasPrefix("source of patch is 0 tokens") == true)
    #expect(
      error("a", PatchRequest(source: "e", target: "t", foil: "t"))?.message
        == "target and foil of patch are the same token, 't'")
    #expect(
      error("a", PatchRequest(source: "e", target: ""))?.message == "the target of patch is empty, expected a word")
  }
}
