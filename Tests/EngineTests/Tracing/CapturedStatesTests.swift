import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Captured states")
struct CapturedStatesTests {
  /// The states of a request, read back from the file: values and shape.
  private func states(
    _ model: LanguageModel, _ requests: [TraceRequest], lens: FittedLens? = nil
  ) throws -> (traces: [Trace], tensors: [String: (shape: [Int], values: [Float])], others: [String: String]) {
    let captured = CapturedStates()
    let traces = try Tracer(model: model, lens: lens, threads: 2).trace(requests, states: captured)
    return try withTemporaryFolder { folder in
      let file = folder.appending(path: "s.safetensors")
      try captured.safetensors(traces).write(to: file)
      let shard = try SafetensorsShard(path: file.path)
      return withExtendedLifetime(shard.map) {
        (traces, shard.tensors.mapValues { ($0.shape, $0.values) }, shard.otherTensors.mapValues(\.dtype))
      }
    }
  }

  @Test func theFirstRowIsTheEmbeddingAndTheLastLeadsToTheModelsLogits() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let expected = try ExpectedModel.read("gpt2")
    let weights = try SafetensorsFiles(folder: Fixtures.url("models/gpt2/hf").path)
    func values(_ name: String) throws -> [Float] {
      try withExtendedLifetime(weights) {
        try #require(weights.tensors["transformer." + name] ?? weights.tensors[name]).values
      }
    }
    let (tokens, positions) = (try values("wte.weight"), try values("wpe.weight"))
    let (scale, shift) = (try values("ln_f.weight"), try values("ln_f.bias"))
    let (traces, tensors, others) = try states(
      model, expected.prompts.map { TraceRequest(prompt: $0.text, columns: .all, rows: .attention) })
    let width = model.width
    var largest = 0.0
    for (index, (prompt, trace)) in zip(expected.prompts, traces).enumerated() {
      let tensor = try #require(tensors["states.\(index)"])
      #expect(tensor.shape == [trace.rows.count, prompt.ids.count, width])
      #expect(others["positions.\(index)"] == "I64")
      let all = tensor.values
      for (position, id) in prompt.ids.enumerated() {
        let embedding = (0..<width).map { tokens[id * width + $0] + positions[position * width + $0] }
        #expect(Array(all[(position * width)..<((position + 1) * width)]) == embedding)
      }
      let last = all.suffix(width).map(Double.init)
      let mean = last.reduce(0, +) / Double(width)
      let variance = last.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
      let normed = last.indices.map {
        (last[$0] - mean) / (variance + 1e-5).squareRoot() * Double(scale[$0]) + Double(shift[$0])
      }
      for (token, logit) in prompt.logits.enumerated() {
        let mine = (0..<width).reduce(0.0) { $0 + normed[$1] * Double(tokens[token * width + $1]) }
        largest = max(largest, abs(mine - logit))
      }
    }
    print("captured states: logits made of them differ from the reference by at most \(largest)")
    #expect(largest < 1e-4)
  }

  @Test func areThoseBeforeTheLens() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let request = [TraceRequest(prompt: "the keys", method: .generate(2))]
    let plain = try states(model, request).tensors["states.0"]?.values
    let tuned = try states(model, request, lens: .tuned(try TunedLensTests.lens("gpt2"))).tensors["states.0"]?.values
    #expect(plain == tuned)
    #expect(plain?.count == 4 * 2 * 20)
  }
}
