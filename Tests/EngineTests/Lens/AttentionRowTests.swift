import Testing

@testable import Engine

@Suite("Rows after attention")
struct AttentionRowTests {
  @Test("stand between the blocks' rows and change none of them", arguments: TinyModel.allCases)
  func standBetweenBlocks(model: TinyModel) throws {
    let tracer = try Tracer(model: try model.open(), threads: 2)
    var request = TraceRequest(prompt: "the keys", method: .generate(3), columns: .all)
    let blocks = try tracer.trace([request])[0]
    request.rows = .attention
    // Beside a request for blocks, so that both views share a batch.
    let both = try tracer.trace([request, TraceRequest(prompt: "the keys", method: .generate(3), columns: .all)])
    #expect(both[1] == blocks)
    let points = both[0].rows.map(\.point)
    #expect(points.count == 2 * blocks.model.layers + 1)
    #expect(points.prefix(3) == [.embedding, .attention, .block])
    let kept = both[0].rows.indices.filter { both[0].rows[$0].point != .attention }
    #expect(kept.map { both[0].logprob[$0] } == blocks.logprob)
    #expect(kept.map { both[0].kl[$0] } == blocks.kl)
    // Attention changes the stream: its rows are neither those below nor those above.
    for row in both[0].rows.indices where both[0].rows[row].point == .attention {
      #expect(both[0].entropy[row] != both[0].entropy[row - 1])
      #expect(both[0].entropy[row] != both[0].entropy[row + 1])
    }
  }
}
