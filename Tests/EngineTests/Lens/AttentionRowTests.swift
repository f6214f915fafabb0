import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("Rows after attention")
struct AttentionRowTests {
  /// TransformerLens's logit lens (Tools/make_transformerlens_reference.py), matrices [row][position].
  struct Reference: Decodable {
    struct Prompt: Decodable {
      let text: String
      let ids: [Int]
      let promptLength: Int
      let labels: [String]
      let logprob: [[Double]]
      let rank: [[Int]]
      let entropy: [[Double]]

      enum CodingKeys: String, CodingKey {
        case text, ids, labels, logprob, rank, entropy
        case promptLength = "prompt_length"
      }
    }
    let prompts: [Prompt]
  }

  @Test("and all others are those of TransformerLens")
  func equalTransformerLens() throws {
    let reference = try JSONDecoder().decode(Reference.self, from: Fixtures.data("lenses/transformerlens.json"))
    let tracer = try Tracer(model: try TinyModel.gpt2.open(), threads: 2)
    var (cells, logprob, entropy) = (0, 0.0, 0.0)
    for prompt in reference.prompts {
      let count = prompt.ids.count - prompt.promptLength
      let trace = try tracer.trace([
        TraceRequest(prompt: prompt.text, method: .generate(count), columns: .all, rows: .attention)
      ])[0]
      #expect(trace.tokens.map(\.id) == prompt.ids)
      #expect(prompt.labels == ["0_pre", "0_mid", "1_pre", "1_mid", "2_pre", "2_mid", "final_post"])
      #expect(trace.rows.map(\.point) == [.embedding, .attention, .block, .attention, .block, .attention, .block])
      for row in trace.rows.indices {
        for column in prompt.ids.indices.dropLast() {
          cells += 1
          logprob = max(logprob, abs(Double(try #require(trace.logprob[row][column])) - prompt.logprob[row][column]))
          entropy = max(entropy, abs(Double(try #require(trace.entropy[row][column])) - prompt.entropy[row][column]))
          #expect(trace.rank[row][column] == prompt.rank[row][column])
        }
      }
    }
    print(
      "gpt2 against TransformerLens: \(cells) cells, log-probability within \(logprob), entropy \(entropy), no rank differs"
    )
    #expect(cells > 250)
    #expect(logprob < 3e-5 && entropy < 3e-5)
  }

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
