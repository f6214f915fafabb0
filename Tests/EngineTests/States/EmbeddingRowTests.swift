import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Row 0 of states is compared with the embedding of their tokens, whatever numbers the embedding has.
@Suite struct EmbeddingRowTests {
  private static let identity = ModelIdentity(name: "tiny", sha256: String(repeating: "0", count: 64))
  private static let path = Fixtures.url("models/llama-untied/hf").path

  /// Which rows of the embedding are changed.
  enum Rows { case first, others, all }

  /// A copy of the model with another embedding; `change` takes a number of the rows.
  private func model(
    ids: [Int], _ changes: [(rows: Rows, change: (Float) -> Float)], in folder: URL
  ) throws -> String {
    let copy = folder.appending(path: "changed-\(UUID().uuidString)")
    try FileManager.default.copyItem(atPath: Self.path, toPath: copy.path)
    let shard = try SafetensorsShard(path: "\(Self.path)/model.safetensors")
    var writer = SafetensorsWriter()
    for (name, tensor) in shard.tensors.sorted(by: { $0.key < $1.key }) {
      var values = Data(tensor.bytes).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      if name == "model.embed_tokens.weight" {
        for (rows, change) in changes {
          for row in 0..<tensor.shape[0] where rows == .all || (rows == .first) == (row == ids[0]) {
            for i in row * tensor.shape[1]..<(row + 1) * tensor.shape[1] { values[i] = change(values[i]) }
          }
        }
      }
      writer.add(name, type: "F32", shape: tensor.shape, values.withUnsafeBytes { Data($0) })
    }
    withExtendedLifetime(shard.map) {}
    try writer.data().write(to: copy.appending(path: "model.safetensors"))
    return copy.path
  }

  /// What is said of row 0 when states of the unchanged model are read with a changed embedding.
  private func warnings(_ changes: [(rows: Rows, change: (Float) -> Float)]) throws -> [String] {
    try withTemporaryFolder { folder in
      let captured = CapturedStates()
      let traces = try Tracer(
        model: try LanguageModel.open(path: Self.path, identity: Self.identity), threads: 1
      ).trace([TraceRequest(prompt: "the keys to the", method: .generate(1), columns: .all)], states: captured)
      let ids = traces[0].tokens.map(\.id)
      try #require(Set(ids).count > 1)
      let file = folder.appending(path: "states.safetensors")
      try captured.safetensors(traces).write(to: file)
      let tracer = try StatesTracer(
        path: try model(ids: ids, changes, in: folder), identity: Self.identity, threads: 1)
      let outcome = try tracer.traces(of: StatesFile(path: file.path), .init())
      #expect(outcome.traces.count == 1 && outcome.traces[0].rank == traces[0].rank, "blocks and head are the same")
      return outcome.warnings
    }
  }

  @Test func theEmbeddingItselfIsNoReasonToWarn() throws {
    #expect(try warnings([]) == [])
    #expect(try warnings([(.all, { $0 * 1.1 })]) == [], "as far as weights in few bits")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func anEmbeddingThatIsNotFiniteIsNoMeasure(value: Float) throws {
    #expect(try warnings([(.all, { _ in value })]) == [])
    #expect(try warnings([(.first, { _ in value })]) == [])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func besideOneThatIsNotFiniteTheOthersAreCompared(value: Float) throws {
    let found = try warnings([(.first, { _ in value }), (.others, { -$0 })])
    #expect(found.count == 1 && found[0].contains("row 0 is not the embedding of its tokens"), "\(found)")
    #expect(found.first?.contains("(it differs by 200 % of its length)") == true, "\(found)")
  }

  @Test(
    arguments: [
      (1e-30, "100000 %"), (3e38, "100 %"), (.leastNonzeroMagnitude, "100000 %"),
    ] as [(Float, String)])
  func sizesAtTheEndsOfFloat32AreCompared(value: Float, share: String) throws {
    let found = try warnings([(.all, { _ in value })])
    #expect(found.count == 1 && found[0].contains("(it differs by \(share) of its length)"), "\(found)")
  }
}
