import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Attention whose heads are those of chosen experts (JetMoE)")
struct AttentionExpertsTests {
  private static let models = ["jetmoe", "jetmoe-untied"]

  @Test("the heads of a token's experts sum to what its attention adds, less the bias", arguments: models)
  func heads(_ name: String) throws {
    let model = try openEdited(name) { files in
      for layer in 0..<2 {
        files.set(
          "model.layers.\(layer).self_attention.experts.bias", shape: [16], [Float](repeating: 0, count: 16))
      }
    }
    let request = TraceRequest(prompt: "The keys to the cabinet", attribute: AttributionRequest())
    let parts = try #require(try traceOne(model, request).attribution).parts.filter { $0.part == .attention }
    let attention = try #require(model.network.blocks[0].attention)
    #expect(parts.count == 2)
    for part in parts {
      let heads = try #require(part.heads)
      #expect(heads.count == attention.heads)
      #expect(attention.heads == attention.kvHeads * (attention.experts?.router.chosen ?? 0))
      #expect(abs(heads.reduce(0, +) - part.value) < 1e-5 * max(1, heads.map(abs).reduce(0, +)))
      #expect(Set(heads).count == heads.count)
    }
  }

  @Test("a token's numbers do not depend on the experts of the tokens beside it", arguments: models)
  func alone(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let ids = [5, 17, 200, 90, 31, 8, 44, 100, 9, 3, 71]
    let together = try states(network, ids, steps: [ids.count])
    #expect(try states(network, ids, steps: [Int](repeating: 1, count: ids.count)) == together)
    #expect(try states(network, ids, steps: [4, 7]) == together)
  }

  @Test("older names are refused where they contradict what transformers reads")
  func refusals() throws {
    func message(_ key: String, _ value: any Sendable) -> String? {
      #expect(throws: LoadError.self) { try openEdited("jetmoe") { $0.settings[key] = value } }?.message
    }
    #expect(
      message("moe_top_k", 3.0)
        == "setting 'moe_top_k' is 3.0, expected 2.0, what this family takes from 'num_experts_per_tok'")
    #expect(message("rotary_percent", 0.5) == "setting 'rotary_percent' is 0.5, expected 1: heads turn as a whole")
    #expect(message("glu", false) == "setting 'glu' is false, expected true")
  }

  /// The states of all tokens after the last block, run in steps of so many tokens.
  private func states(_ network: Network, _ ids: [Int], steps: [Int]) throws -> [[Float]] {
    let cache = KVCache(network, capacity: ids.count)
    let pass = ForwardPass(network, pool: try ThreadPool(threads: 2), capacity: ids.count)
    var found: [[Float]] = []
    for count in steps {
      let first = found.count
      let tokens = (first..<first + count).map { ForwardPass.BatchToken(id: ids[$0], cache: cache, position: $0) }
      pass.run(tokens, isWanted: { $0 == 2 * network.blocks.count }) { _, states in
        for t in 0..<count { found.append((0..<network.width).map { states.row(t)[$0] }) }
      }
    }
    return found
  }
}
