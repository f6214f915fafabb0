import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Changes that cannot be made are refused before the run, each with its place")
struct ChangeErrorTests {
  private func message(_ request: TraceRequest, _ name: String = "gpt2") throws -> String? {
    let folder = name == "bert" ? "masked/bert/hf" : "models/\(name)/hf"
    let model = try openModel(Fixtures.url(folder), name: name)
    do {
      try Tracer(model: model, threads: 1).check(request)
      return nil
    } catch let error as any EngineError {
      #expect(error.category == .badInput)
      return "\(error.place): \(error.message)"
    }
  }

  private func message(_ changes: RunChange..., prompt: String = "a t e") throws -> String? {
    try message(TraceRequest(prompt: prompt, method: .generate(1), changes: changes))?.replacing("gpt2: ", with: "")
  }

  private let patch = RunChange.Effect.patch(source: "a e e")
  private func steer(_ plus: String = "a", _ minus: String = "e", at position: Int? = nil) -> RunChange.Effect {
    .steer(.difference(.init(plus: plus, minus: minus, position: position)), by: 2)
  }

  @Test func layersPositionsPartsAndTextsThatAreNotThere() throws {
    #expect(try message(RunChange(patch, layer: .block(1), positions: .all)) == nil)
    #expect(
      try message(RunChange(patch, layer: .block(3), positions: .last))
        == "layer of change 1 is 3, expected embedding or 0 to 2")
    #expect(
      try message(
        RunChange(steer(), layer: .block(0), positions: .all), RunChange(patch, layer: .block(-1), positions: .last))
        == "layer of change 2 is -1, expected embedding or 0 to 2")
    #expect(
      try message(RunChange(patch, layer: .embedding, positions: .last, place: .mlp))
        == "change 1 is of the MLP of the embedding, which has none")
    #expect(
      try message(RunChange(steer(), layer: .block(0), positions: .last, place: .attention))
        == "change 1 adds a direction to 'attention', expected the stream")
    for positions in [RunChange.Positions.these([2, 6]), .from(6)] {
      #expect(
        try message(RunChange(steer(), layer: .block(0), positions: positions))
          == "a position of change 1 is 6, expected 1 to 5, the tokens of the prompt")
    }
    #expect(
      try message(RunChange(steer(), layer: .block(0), positions: .these([])))
        == "a position of change 1 is 0, expected 1 to 5, the tokens of the prompt")
    #expect(
      try message(RunChange(steer("a", "e", at: 2), layer: .block(0), positions: .all))
        == "a position of change 1 is 2, expected 1 to 1, the tokens of plus")
    #expect(
      try message(RunChange(steer("a", ""), layer: .block(0), positions: .all))
        == "minus of change 1 has no tokens, expected some text")
    #expect(
      try message(RunChange(.patch(source: "a"), layer: .block(0), positions: .last))
        == "source of change 1 is 1 tokens (a), expected 5 as in the prompt (a| |t| |e)")
    #expect(
      try message(
        RunChange(steer(), layer: .block(0), positions: .all),
        RunChange(patch, layer: .block(0), positions: .these([3])))
        == "change 1 has no effect at position 3, because change 2 replaces the same state")
    #expect(
      try message(
        RunChange(.steer(.difference(.init(plus: "a", minus: "e")), by: 1e300), layer: .block(0), positions: .all))
        == "by of change 1 is 1e+300, expected a number of float32")
  }

  @Test func whatIsAskedOfAModelsOwnRunIsRefusedBesideAChange() throws {
    let change = RunChange(steer(), layer: .block(0), positions: .all)
    var request = TraceRequest(prompt: "a t e", attribute: AttributionRequest(), changes: [change])
    #expect(
      try message(request) == "gpt2: expected 'attribute' of the model's own run, found it beside a change of the run")
    request.attribute = nil
    request.patch = PatchRequest(source: "a e e")
    #expect(
      try message(request) == "gpt2: expected 'patch' of the model's own run, found it beside a change of the run")
  }

  @Test(arguments: ["t5", "gemma3n", "deepseek4", "hy-v4", "bert"])
  func modelsWhoseBlocksDoNotAnswerOneStateAreRefusedByName(_ name: String) throws {
    let change = RunChange(steer(), layer: .block(0), positions: .all)
    let prompt = name == "bert" ? "a [MASK]" : "a t e"
    let found = try message(TraceRequest(prompt: prompt, changes: [change]), name)
    #expect(found?.contains("for which 'changes' is not defined") == true, "\(found ?? "nothing")")
  }

  @Test func statesThatAreTheSameHaveNoDirection() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let request = TraceRequest(
      prompt: "a t e", changes: [RunChange(steer("a t", "a e", at: 1), layer: .block(0), positions: .all)])
    #expect(throws: ChangeError.sameStates(model: "gpt2", change: 1)) { _ = try traceOne(model, request) }
  }

  @Test func filesThatHoldNoDirectionOfTheModel() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let width = model.width
    func message(
      _ tensors: [(name: String, shape: [Int], values: [Float])], tensor: String? = nil,
      layer: RunChange.Layer = .block(1)
    ) throws -> String? {
      do {
        let vectors = try SteeringVectors.file(tensors, tensor: tensor)
        let change = RunChange(.steer(.file(vectors), by: 1), layer: layer, positions: .all)
        try Tracer(model: model, threads: 1).check(TraceRequest(prompt: "a t e", changes: [change]))
        return nil
      } catch let error as any EngineError {
        return "\(error.place): \(error.message)"
      }
    }
    func rows(_ count: Int, _ value: Float = 1) -> [Float] { Array(repeating: value, count: count * width) }
    #expect(try message([("v", [width], rows(1))]) == nil)
    #expect(try message([("v", [3, width], rows(3))]) == nil && (try message([("v", [4, width], rows(4))])) == nil)
    #expect(
      try message([("v", [2, width], rows(2))])
        == "vectors.safetensors: v: the shape is [2, \(width)], expected [\(width)], [3, \(width)] or [4, \(width)] for gpt2"
    )
    #expect(try message([("v", [5], Array(repeating: 1, count: 5))])?.contains("the shape is [5]") == true)
    #expect(
      try message([("v", [1, 1, width], rows(1))])
        == "vectors.safetensors: v: the shape is [1, 1, \(width)], expected a vector [D] or vectors [rows, D]")
    #expect(try message([("v", [0], [])])?.contains("expected a vector") == true)
    #expect(
      try message([("v", [3, width], rows(3))], layer: .embedding)
        == "vectors.safetensors: v: the shape is [3, \(width)], which has no vector for the embedding of gpt2")
    #expect(
      try message([("v", [width], rows(1, 0))])
        == "vectors.safetensors: v: the vector has only zeros, which is no direction")
    #expect(
      try message([("v", [2, width], rows(1) + rows(1, .nan))])
        == "vectors.safetensors: v: the value at [1, 0] is nan, expected a finite number")
    #expect(
      try message([("a", [width], rows(1)), ("b", [width], rows(1))])
        == "vectors.safetensors: expected one tensor, found 2: 'a', 'b'")
    #expect(
      try message([("a", [width], rows(1))], tensor: "c")
        == "vectors.safetensors: c: no such tensor; the file has 'a'")
  }

  @Test func damagedFilesAreErrorsAndNoCrash() throws {
    let whole = try SteeringVectors.data([("v", [64], Array(repeating: 1, count: 64))])
    for count in 0..<whole.count {
      #expect(throws: (any Error).self) { _ = try SteeringVectors(whole.prefix(count), path: "v") }
    }
    for place in 0..<min(whole.count, 90) {
      for value in [UInt8(0), 0x22, 0x7B, 0x39, 0xFF] {
        var damaged = whole
        damaged[place] = value
        _ = try? SteeringVectors(damaged, path: "v")
      }
    }
  }

  @Test func aTraceWhoseChangesContradictItIsRefused() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let changes = [
      RunChange(patch, layer: .block(0), positions: .last), RunChange(steer(), layer: .block(1), positions: .all),
    ]
    let trace = try traceOne(model, TraceRequest(prompt: "a t e", method: .generate(2), changes: changes))
    func fault(_ number: Int = 0, _ change: (inout Trace.Change) -> Void) -> String? {
      var wrong = trace
      if var own = wrong.changes?[number] {
        change(&own)
        wrong.changes?[number] = own
      }
      return wrong.firstFault()?.key
    }
    #expect(fault { _ in } == nil)
    #expect(fault { $0.layer = 3 } == "changes[0].layer")
    #expect(fault { $0.positions = [] } == "changes[0].positions")
    #expect(fault { $0.positions = [2, 2] } == "changes[0].positions[1]")
    #expect(fault { $0.positions = [7] } == "changes[0].positions[0]")
    #expect(fault { $0.positions = [5] } == "changes[0].positions")
    #expect(fault { $0.effect = .patch(.init(text: "a", tokens: [])) } == "changes[0].patch.tokens")
    #expect(fault { ($0.place, $0.layer) = (.mlp, nil) } == "changes[0].layer")
    #expect(fault(1) { $0.place = .mlp } == "changes[1].place")
    var wrong = trace
    wrong.schema = Trace.schemaName
    #expect(wrong.firstFault()?.key == "changes")
    wrong = trace
    wrong.changes = []
    #expect(wrong.firstFault()?.key == "changes")
  }
}
