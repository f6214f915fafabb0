import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Keys that stand for several tokens (DeepSeek V4)")
struct CompressionTests {
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
    let found = try lastState(network, ids, KVCache(network, capacity: ids.count))
    network.blocks[1].attention?.compression?.indexer?.chosen = ids.count
    #expect(try lastState(network, ids, KVCache(network, capacity: ids.count)) != found)
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
}
