import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Keys that stand for several tokens (DeepSeek V4)")
struct CompressionTests {
  static let models = ["deepseek4", "deepseek4-published", "deepseek4-memory"]

  @Test("a text that goes back and continues otherwise is as if it had never been there", arguments: models)
  func back(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let (first, other) = ([5, 17, 200, 90, 31, 8, 44, 100, 9, 3, 71], [30, 31, 32, 33, 34])
    let cache = KVCache(network, capacity: first.count)
    _ = try last(network, first, from: 0, cache)
    let found = try last(network, other, from: 6, cache)
    let plain = KVCache(network, capacity: first.count)
    #expect(try last(network, first.prefix(6) + other, from: 0, plain) == found)
  }

  @Test("a text that begins with another one's keys continues as if it had run them", arguments: models)
  func shared(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let ids = [5, 17, 200, 90, 31, 8, 44, 100, 9, 3, 71]
    let source = KVCache(network, capacity: ids.count)
    let expected = try last(network, ids, from: 0, source)
    for count in 1..<ids.count {
      let cache = KVCache(network, capacity: ids.count)
      cache.copy(count, from: source)
      #expect(try last(network, Array(ids[count...]), from: count, cache) == expected, "\(count)")
    }
  }

  @Test("a query sees a key from the last of its tokens on, and an indexer leaves out the others")
  func reach() throws {
    let network = try ParityModel(name: "deepseek4", kind: .safetensors).open().network
    let further = network.blocks.map { $0.attention?.compression }
    #expect(further[0] == nil)
    #expect(further[1]?.indexer?.chosen == 3)
    #expect(further[2]?.indexer == nil)
    #expect((0..<6).map { further[1]?.visible(position: $0) } == [0, 1, 1, 2, 2, 3])
    #expect((3..<6).map { further[2]?.visible(position: $0) } == [0, 1, 1])
  }

  @Test("without its indexer a model gives other numbers")
  func everyKey() throws {
    var network = try ParityModel(name: "deepseek4", kind: .safetensors).open().network
    let ids = Array(5..<25)
    let found = try last(network, ids, from: 0, KVCache(network, capacity: ids.count))
    network.blocks[1].attention?.compression?.indexer?.chosen = ids.count
    #expect(try last(network, ids, from: 0, KVCache(network, capacity: ids.count)) != found)
  }

  @Test("an expert that a table names twice counts twice, and one that is not there is refused")
  func table() throws {
    let model = try ParityModel(name: "deepseek4", kind: .safetensors).open()
    guard case .sum(let parts) = model.network.blocks[0].mlp, let experts = parts.first?.part.mixtures.first else {
      Issue.record("no experts")
      return
    }
    var router = experts.router
    router.table = [0, 1, 2, 2]
    #expect(router.shares([1, 2, 3, 4], id: 0).map(\.expert) == [0, 1])
    let twice = router.shares([1, 2, 3, 4], id: 1)
    #expect(twice.map(\.expert) == [2])
    #expect(abs((twice.first?.weight ?? 0) - router.scale) < 1e-5)
    let name = "model.layers.0.ffn.gate.tid2eid"
    for wrong in [Float(4), -1, 0.5] {
      let error = #expect(throws: LoadError.self) {
        try openEdited("deepseek4") { files in
          var values = files.values(name)
          values[3] = wrong
          files.set(name, shape: files.tensors[name]?.shape ?? [], values)
        }
      }
      #expect(error?.message.contains("expected one of the 4 experts") == true)
    }
  }

  /// The state of the last token, after the last block.
  private func last(_ network: Network, _ ids: [Int], from position: Int, _ cache: KVCache) throws -> [Float] {
    let pass = ForwardPass(network, pool: try ThreadPool(threads: 2), capacity: ids.count)
    let tokens = ids.enumerated().map { ForwardPass.BatchToken(id: $1, cache: cache, position: position + $0) }
    var found: [Float] = []
    pass.run(tokens, isWanted: { $0 == 2 * network.blocks.count }) { _, states in
      found = (0..<network.width).map { states.row(ids.count - 1)[$0] }
    }
    return found
  }
}
