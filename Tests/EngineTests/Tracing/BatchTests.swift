import Testing

@testable import Engine
@testable import Traces

@Suite("Texts are run together as far as their keys and values fit")
struct BatchTests {
  private static let megabyte = 1 << 20

  private func prepared(_ count: Int, method: Trace.Method) throws -> [PreparedRequest] {
    let model = try ParityModel(name: "gpt2", kind: .gguf).open()
    return try (0..<count).map { index in
      try PreparedRequest(
        TraceRequest(prompt: "The keys to the cabinet \(index)", method: method), model: model, lens: nil)
    }
  }

  @Test func manyThatGenerateComeInGroupsWorthAStep() throws {
    let requests = try prepared(40, method: .generate(4))
    let positions = try #require(requests.map(\.capacity).max())
    // All 32 take less than a gigabyte, and more than what others may.
    let bytes = 25 * Self.megabyte / positions
    let batches = Tracer.batches(requests, bytesPerPosition: bytes)
    #expect(batches.map(\.count) == [32, 8])
    #expect(batches.flatMap { $0 }.sorted() == Array(0..<40), "every text once")
  }

  @Test func othersKeepToTheSmallBudget() throws {
    let requests = try prepared(40, method: .continuation(" in"))
    let positions = try #require(requests.map(\.capacity).max())
    let bytes = 25 * Self.megabyte / positions
    let batches = Tracer.batches(requests, bytesPerPosition: bytes)
    let sizes = batches.map { batch in batch.map { requests[$0].capacity * bytes } }
    for (batch, next) in zip(sizes, sizes.dropFirst()) {
      let used = batch.reduce(0, +)
      #expect(used <= 128 * Self.megabyte && used + next[0] > 128 * Self.megabyte, "full, and no more")
    }
    #expect(batches.flatMap { $0 }.sorted() == Array(0..<40), "every text once")
  }

  @Test func oneThatIsTooLargeRunsAlone() throws {
    let requests = try prepared(3, method: .generate(4))
    #expect(Tracer.batches(requests, bytesPerPosition: 1 << 40).map(\.count) == [1, 1, 1])
    #expect(Tracer.batches(requests, bytesPerPosition: 1) == [[0, 1, 2]], "in the order of the requests")
    #expect(Tracer.batches([], bytesPerPosition: 1) == [])
  }
}
