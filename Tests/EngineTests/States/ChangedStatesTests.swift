import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Files of states whose numbers were changed after the program wrote them.
@Suite struct ChangedStatesTests {
  private static let path = Fixtures.url("models/llama/llama.gguf").path
  private static let identity = ModelIdentity(name: "tiny", sha256: String(repeating: "0", count: 64))

  /// What is done to the states of a text, [R, C, D].
  enum Damage: CaseIterable {
    case exchanged, zeroed, scaled, normed

    /// The states of so many rows of `size` values each with the damage; `norm` is the model's own.
    func done(to values: [Float], rows: Int, width: Int, norm: Norm) -> [Float] {
      let size = values.count / rows
      var values = values
      switch self {
      case .exchanged:
        for i in 0..<size { values.swapAt(size + i, 2 * size + i) }
      case .zeroed:
        for i in 0..<size { values[size + i] = 0 }
      case .scaled:
        for i in 0..<size { values[size + i] *= 3 }
      case .normed:
        for start in stride(from: (rows - 1) * size, to: values.count, by: width) {
          let row = Array(values[start..<start + width])
          var found = row
          row.withUnsafeBufferPointer { x in
            found.withUnsafeMutableBufferPointer { y in
              guard let x = x.baseAddress, let y = y.baseAddress else { return }
              norm.apply(row: x, count: width, into: y)
            }
          }
          values.replaceSubrange(start..<start + width, with: found)
        }
      }
      return values
    }
  }

  /// Saves the states of a run that also attributed, and gives its trace.
  private func save(to file: URL) throws -> Trace {
    let model = try LanguageModel.open(path: Self.path, identity: Self.identity)
    let captured = CapturedStates()
    let asked = TraceRequest(
      prompt: "the keys", method: .generate(2), columns: .all, attribute: AttributionRequest())
    let traces = try Tracer(model: model, threads: 1).trace([asked], states: captured)
    try captured.safetensors(traces).write(to: file)
    return traces[0]
  }

  /// Writes the tensors of a file again, in another order where `isSorted`, with other states and metadata.
  private func write(
    _ file: URL, isSorted: Bool = false, metadata change: (inout [String: String]) -> Void = { _ in },
    states: ([Float], [Int]) -> [Float] = { values, _ in values }
  ) throws {
    var writer = SafetensorsWriter()
    let shard = try SafetensorsShard(MemoryMap(copying: try Data(contentsOf: file), path: file.path))
    writer.metadata = shard.metadata
    change(&writer.metadata)
    let tensor = try #require(shard.tensors["states.0"])
    let bytes = states(tensor.values, tensor.shape).withUnsafeBytes { Data($0) }
    func others() throws {
      for name in shard.otherTensors.keys.sorted() {
        let other = try #require(shard.otherTensors[name])
        writer.add(name, type: other.dtype, shape: other.shape, Data(other.bytes))
      }
    }
    if isSorted { try others() }
    writer.add("states.0", type: "F32", shape: tensor.shape, bytes)
    if !isSorted { try others() }
    withExtendedLifetime(shard.map) {}
    try writer.data().write(to: file)
  }

  private func read(_ file: URL) throws -> StatesTracer.Outcome {
    try StatesTracer(path: Self.path, identity: Self.identity, threads: 1)
      .traces(of: StatesFile(path: file.path), .init())
  }

  @Test func theFileHasTheDigestOfItsTensors() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "s.safetensors")
      _ = try save(to: file)
      let data = try Data(contentsOf: file)
      let shard = try SafetensorsShard(MemoryMap(copying: data, path: file.path))
      #expect(shard.metadata["tensors_sha256"] == SHA256.hex(of: data.numbersOfSafetensors))
    }
  }

  @Test(arguments: Damage.allCases) func changedStatesAreTold(damage: Damage) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "s.safetensors")
      let trace = try save(to: file)
      #expect(trace.attribution != nil)
      let norm = try #require(
        try LanguageModel.open(path: Self.path, identity: Self.identity).network.output.norm)
      try write(
        file, states: { values, shape in damage.done(to: values, rows: shape[0], width: shape[2], norm: norm) })
      let found = try read(file)
      let words = "\(file.path): the states are not those that the program wrote"
      #expect(found.warnings.count { $0.hasPrefix(words) } == 1, "\(found.warnings)")
      #expect(found.warnings.contains { $0.hasSuffix("what the run attributed or patched is left out") })
      #expect(found.traces[0].attribution == nil && found.traces[0].tokens == trace.tokens)
    }
  }

  @Test func statesThatAreWrittenAgainOrWithoutADigestAreReadAsBefore() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "s.safetensors")
      let trace = try save(to: file)
      try write(file, isSorted: true)
      let again = try read(file)
      #expect(again.warnings == [] && again.traces == [trace])
      try write(file, metadata: { $0["tensors_sha256"] = nil })
      let older = try read(file)
      #expect(older.warnings == [] && older.traces == [trace])
    }
  }

  @Test func tokensThatTheStatesWouldNotHaveGeneratedAreAContinuation() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "s.safetensors")
      let trace = try save(to: file)
      // A state that points the other way makes the most probable token the least.
      try write(
        file,
        states: { values, shape in
          let last = values.count / shape[0] * (shape[0] - 1)
          return values.indices.map { $0 < last ? values[$0] : -values[$0] }
        })
      let found = try read(file)
      let text = trace.tokens.dropFirst(trace.promptLength).compactMap(\.text).joined()
      #expect(found.traces[0].method == .continuation(text))
      #expect(found.warnings.contains { $0.contains("the last row would have generated other tokens") })
      // Without a digest, too.
      try write(file, metadata: { $0["tensors_sha256"] = nil })
      #expect(try read(file).traces[0].method == .continuation(text))
    }
  }
}
