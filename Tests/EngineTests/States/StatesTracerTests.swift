import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// States that a run has left, read with the norm and the head of the model alone.
@Suite("States as input")
struct StatesTracerTests {
  private static let identity = ModelIdentity(name: "tiny", sha256: String(repeating: "0", count: 64))

  /// A path in both kinds of files, of every family and of those that fill in masks.
  private static let models: [(name: String, path: String)] =
    ParityModel.all.map { ($0.testDescription, $0.path) }
    + ((try? Fixtures.names(in: "masked")) ?? []).map { ("\($0), masked", Fixtures.url("masked/\($0)/hf").path) }

  /// A run that keeps its states, and the file of them.
  private func run(
    _ path: String, _ requests: [TraceRequest], lens: FittedLens? = nil, in folder: URL
  ) throws -> (traces: [Trace], file: URL) {
    let model = try LanguageModel.open(path: path, identity: Self.identity)
    let captured = CapturedStates()
    let traces = try Tracer(model: model, lens: lens, threads: 1).trace(requests, states: captured)
    let file = folder.appending(path: "states.safetensors")
    try captured.safetensors(traces).write(to: file)
    return (traces, file)
  }

  /// The same traces from the file of states.
  private func read(_ path: String, _ file: URL, lens: FittedLens? = nil) throws -> StatesTracer.Outcome {
    let tracer = try StatesTracer(path: path, identity: Self.identity, lens: lens, threads: 1)
    return try tracer.traces(of: StatesFile(path: file.path), .init())
  }

  /// A copy of a folder in which no tensor of a block is left.
  private func withoutBlocks(_ path: String, in folder: URL) throws -> String {
    let copy = folder.appending(path: "head")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    for name in names where !name.hasSuffix(".safetensors") && !name.hasSuffix(".index.json") {
      try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: copy.appending(path: name).path)
    }
    var writer = SafetensorsWriter()
    for name in names.sorted() where name.hasSuffix(".safetensors") {
      let shard = try SafetensorsShard(path: "\(path)/\(name)")
      for (name, tensor) in shard.tensors.sorted(by: { $0.key < $1.key }) where !AbsentTensors.isOfBlock(name) {
        writer.add(
          name, type: try #require(tensor.format.safetensorsName), shape: tensor.shape, Data(tensor.bytes))
      }
      withExtendedLifetime(shard.map) {}
    }
    try writer.data().write(to: copy.appending(path: "model.safetensors"))
    return copy.path
  }

  @Test(arguments: models)
  func statesReadBackGiveTheSameTraceToTheByte(_ name: String, _ path: String) throws {
    try withTemporaryFolder { folder in
      let model = try LanguageModel.open(path: path, identity: Self.identity)
      let isMasked = model.fillsMasks
      let text = isMasked ? "the \(model.mask ?? "") of" : "the keys"
      let watch: [Watched] = [.set(WatchSet(name: "some", members: .ids([5, 7]))), .automatic(AutoWatch(count: 2))]
      let methods: [Trace.Method] =
        isMasked
        ? [.generate(0)]
        : [.generate(3), .sample(2, Sampling(temperature: 0.8, topK: 5, topP: nil, seed: 7)), .continuation(" to")]
      let requests = methods.map {
        TraceRequest(
          prompt: text, method: $0, watch: watch, topK: 4, columns: isMasked ? .generated : .all, rows: .attention)
      }
      let (traces, file) = try run(path, requests, in: folder)
      let whole = try read(path, file)
      #expect(try whole.traces.map { try $0.jsonData() } == traces.map { try $0.jsonData() })
      #expect(whole.warnings == [])
      guard !path.hasSuffix(".gguf"), !path.contains("quantized") else { return }
      // Without the blocks, everything but the name of most weights' format is the same.
      let head = try read(try withoutBlocks(path, in: folder), file)
      for (mine, its) in zip(head.traces, traces) {
        var mine = mine
        mine.model.weights = its.model.weights
        #expect(mine == its)
      }
    }
  }

  @Test func fittedLensesAndTheRawLensReadStatesAsTheyReadARun() throws {
    let tuned = FittedLens.tuned(try TunedLensTests.lens("gpt2"))
    let jacobian = FittedLens.jacobian(
      try JacobianLens(path: Fixtures.url("jacobian/gpt2.pt").path, sha256: String(repeating: "1", count: 64)))
    let path = Fixtures.url("models/gpt2/gpt2.gguf").path
    for (lens, norm) in [(tuned, Trace.Lens.Norm.final), (jacobian, .final), (nil, .none)] as [(FittedLens?, _)] {
      try withTemporaryFolder { folder in
        let asked = TraceRequest(prompt: "the keys", method: .generate(3), norm: norm)
        let (traces, file) = try run(path, [asked], lens: lens, in: folder)
        #expect(try read(path, file, lens: lens).traces == traces)
      }
    }
  }

  @Test func aModelWithoutItsHeadIsRefusedByTheNameOfTheTensor() throws {
    try withTemporaryFolder { folder in
      let path = Fixtures.url("models/llama-untied/hf").path
      let (_, file) = try run(path, [TraceRequest(prompt: "the keys")], in: folder)
      let head = try withoutBlocks(path, in: folder)
      let weights = folder.appending(path: "head/model.safetensors")
      for (without, isNeeded) in [
        ("model.embed_tokens.weight", false), ("lm_head.weight", true), ("model.norm.weight", true),
      ] {
        let shard = try SafetensorsShard(path: "\(path)/model.safetensors")
        var writer = SafetensorsWriter()
        for (name, tensor) in shard.tensors where !AbsentTensors.isOfBlock(name) && name != without {
          writer.add(name, type: "F32", shape: tensor.shape, Data(tensor.bytes))
        }
        try writer.data().write(to: weights)
        if isNeeded {
          let error = #expect(throws: LoadError.self) { try read(head, file) }
          #expect(error == .missingTensor(name: without, path: head))
        } else {
          #expect(try read(head, file).traces.count == 1)
        }
        withExtendedLifetime(shard.map) {}
      }
    }
  }
}
