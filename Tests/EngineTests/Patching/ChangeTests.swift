import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Changed runs are those of transformers, and do not depend on how they are run")
struct ChangeTests {
  private func columns(
    _ model: LanguageModel, _ requests: [TraceRequest], threads: Int = 1, speculation: Bool = true, sharing: Bool = true
  ) throws -> BatchRun {
    BatchRun(
      try requests.map { try PreparedRequest($0, model: model, lens: nil) }, model: model, lens: nil,
      pool: try ThreadPool(threads: threads), speculation: speculation, sharing: sharing
    ) { _ in }
  }

  @Test(arguments: ["gpt2", "llama", "gptneox", "gemma3"])
  func logitsAndTextAreThoseOfHooksOfTransformers(_ name: String) throws {
    let fixture = try ChangeFixture(name)
    let model = try ParityModel(name: name, kind: .safetensors).open()
    let all = model.counted(.final)
    var most = 0.0
    for one in fixture.cases {
      let request = TraceRequest(
        prompt: fixture.prompt, method: .generate(fixture.generated), topK: all, columns: .all, changes: one.changes)
      let trace = try traceOne(model, request)
      #expect(trace.tokens.map(\.id) == one.tokens)
      #expect(trace.changes?.map(\.positions) == one.positions)
      let found = try columns(model, [request]).columns()[0]
      for (position, expected) in zip([trace.promptLength - 1, one.tokens.count - 1], one.logits) {
        let column = try #require(found.first { $0.position == position })
        let reading = try #require(column.readings.last ?? nil)
        let scale = expected.map(abs).max() ?? 1
        for (id, logit) in zip(reading.topIDs, reading.topLogits) {
          most = max(most, abs(Double(logit) - expected[id]) / scale)
        }
      }
    }
    print("\(name): largest relative difference from hooks of transformers \(most)")
    #expect(most < 2e-6)
  }

  @Test func aFactorOf0AndAPatchOfARunIntoItselfChangeNoByteInAnyFamily() throws {
    var runs = 0
    for name in ParityModel.ofOneStream {
      let kind: ParityModel.Kind =
        FileManager.default.fileExists(atPath: ParityModel(name: name, kind: .safetensors).path) ? .safetensors : .gguf
      let model = try ParityModel(name: name, kind: kind).open()
      let text = "a t e"
      let request = TraceRequest(prompt: text, method: .generate(3), topK: 3, columns: .all)
      let own = try traceOne(model, request)
      let patch = RunChange.Effect.patch(source: text)
      if let lacking = model.partsLacking {
        var refused = request
        refused.changes = [RunChange(patch, layer: .embedding, positions: .all)]
        #expect(throws: RunError.partsOfModel(model: name, what: "changes", found: lacking)) {
          try traceOne(model, refused)
        }
        continue
      }
      let nothing = RunChange.Effect.steer(.difference(.init(plus: "t e", minus: "a")), by: 0)
      var changes = [
        RunChange(patch, layer: .embedding, positions: .all),
        RunChange(patch, layer: .block(model.layers - 1), positions: .last),
        RunChange(nothing, layer: .block(0), positions: .all),
      ]
      for place in [Trace.Patching.Place.attention, .mlp] where model.network.blocks[0].has(place) {
        changes.append(RunChange(patch, layer: .block(0), positions: .from(1), place: place))
      }
      var changed = request
      changed.changes = changes
      var found = try traceOne(model, changed)
      #expect(found.changes?.count == changes.count && found.schema == Trace.secondSchemaName)
      #expect(try Trace.read(found.jsonData(), path: "t") == found)
      #expect(changed.hasChanges(of: found) && !request.hasChanges(of: found) && !changed.hasChanges(of: own))
      (found.changes, found.schema) = (nil, own.schema)
      #expect(try found.jsonData() == own.jsonData(), "\(name)")
      runs += 1
    }
    #expect(runs > 100)
  }

  @Test(arguments: ["gpt2", "gemma3", "mamba2", "qwen3-next"])
  func batchesThreadsSharedBeginningsAndProposalsChangeNoByte(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    let long = "a t e a t e a t e a t"
    let difference = RunChange.Direction.difference(.init(plus: "t e", minus: "a"))
    let steered = RunChange(.steer(difference, by: 2), layer: .block(0), positions: .all)
    let late = RunChange(.steer(difference, by: -3), layer: .block(1), positions: .from(9))
    let patched = RunChange(
      .patch(source: "a t e a t e a t e a e"), layer: .block(0), positions: .these([3, 11]), place: .attention)
    func request(_ text: String, _ changes: [RunChange]?, _ count: Int = 9) -> TraceRequest {
      TraceRequest(prompt: text, method: .generate(count), topK: 3, columns: .all, changes: changes)
    }
    let requests = [
      request(long, nil), request(long, [steered]), request(long + " e", [steered], 4), request(long, [late]),
      request(long, [patched, late]), request(long + " e e", nil, 3), request(long, [steered]),
    ]
    let alone = try requests.map { try traceOne(model, $0).jsonData() }
    #expect(Set(alone).count == 6)
    for (speculation, sharing) in [(true, true), (true, false), (false, true), (false, false)] {
      let run = try columns(model, requests, threads: 3, speculation: speculation, sharing: sharing)
      #expect(try run.traces().map { try $0.jsonData() } == alone)
    }
    #expect(try trace(model, requests.reversed(), threads: 2).reversed().map { try $0.jsonData() } == alone)
  }

  @Test func unchangedBeginningsAreSharedAndChangedOnesOnlyWithTheirLike() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let text = String(repeating: "a t e ", count: 8)
    let late = RunChange(.patch(source: text), layer: .block(0), positions: .last)
    func run(_ changes: [[RunChange]?]) throws -> Int {
      let run = try columns(model, changes.map { TraceRequest(prompt: text, columns: .last, changes: $0) })
      _ = try run.traces()
      return run.tokensRun
    }
    let length = try run([nil])
    #expect(try run([nil, [late]]) == length + 1)
    let early = RunChange(.patch(source: text), layer: .block(0), positions: .these([1]))
    #expect(try run([nil, [early]]) == 2 * length)
    #expect(try run([[early], [early]]) < 2 * length)
  }

  @Test func aDirectionOfAFileIsTheSameAsTheDifferenceThatItHolds() throws {
    let model = try ParityModel(name: "llama", kind: .safetensors).open()
    let width = model.width
    let difference = RunChange.Difference(plus: "t e", minus: "a")
    let states = CapturedStates()
    let asked = [difference.plus, difference.minus].map { TraceRequest(prompt: $0, columns: .last) }
    _ = try Tracer(model: model, threads: 1).trace(asked, states: states)
    let shard = try SafetensorsShard(
      try MemoryMap(copying: try states.safetensors(try trace(model, asked)), path: "states"))
    let rows = try ["states.0", "states.1"].map { try #require(shard.tensors[$0]).values }
    let all = zip(rows[0], rows[1]).map { $0 - $1 }
    let vectors = try SteeringVectors.file([("d", [model.layers + 1, width], all)])
    let blocks = try SteeringVectors.file([("d", [model.layers, width], Array(all[width...]))])
    let one = try SteeringVectors.file(
      [("d", [width], Array(all[2 * width..<3 * width])), ("e", [1], [1])], tensor: "d")
    func steered(_ direction: RunChange.Direction) throws -> Trace {
      try traceOne(
        model,
        TraceRequest(
          prompt: "a t e", method: .generate(4), columns: .all,
          changes: [RunChange(.steer(direction, by: 1.5), layer: .block(1), positions: .all)]))
    }
    let expected = try steered(.difference(difference))
    for (file, row) in [(vectors, 2), (blocks, 1), (one, nil)] {
      let found = try steered(.file(file))
      #expect(found.logprob == expected.logprob && found.tokens == expected.tokens)
      guard case .steer(let direction) = found.changes?[0].effect, case .file(let told) = direction.origin else {
        Issue.record("no direction of a file")
        continue
      }
      #expect(told == .init(name: "vectors.safetensors", sha256: file.sha256, tensor: "d", row: row))
      #expect(try Trace.read(found.jsonData(), path: "t") == found)
    }
  }
}
