import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Convolutions of queries and keys, scaled sums and routers with a state (ZAYA1)")
struct ConvolvedInputsTests {
  static let models = ["zaya", "zaya-windows"]
  private let ids = [5, 17, 200, 90, 31, 8, 44, 100, 9, 3, 71]

  @Test("the first convolution sees zeros before a text, and the second what the first makes of them")
  func beginning() {
    func projection(_ outputs: Int) -> Projection {
      Projection(weights: WeightMatrix(FloatMatrix(rows: outputs, columns: 1), name: "p"))
    }
    // Two channels; weights of the token before, then of the own.
    let inputs = ConvolvedInputs(
      query: projection(1), key: projection(1), value: projection(1), nextValue: projection(1),
      channels: Convolution(weights: [2, 3, 5, 7], bias: [0.5, 0.25], channels: 2, kernel: 2),
      heads: SplitProjection(parts: []), kernel: 3)
    let kept = FloatMatrix(rows: 3, columns: 3)
    for (row, values) in [[1, 10, -1], [100, 1000, -1], [3, 4, -1]].enumerated() {
      for (column, value) in values.enumerated() { kept.row(row)[column] = Float(value) }
    }
    func spread(_ position: Int) -> [Float] {
      let row = FloatMatrix(rows: 1, columns: 6)
      inputs.spread(kept, position: position, into: row.start)
      return (0..<6).map { row.start[$0] }
    }
    #expect(inputs.keptWidth == 3)
    #expect(spread(0) == [0.5, 0.5, 5.5, 0.25, 0.25, 70.25])
    #expect(spread(1) == [0.5, 5.5, 502.5, 0.25, 70.25, 7030.25])
    #expect(spread(2) == [5.5, 502.5, 215.5, 70.25, 7030.25, 3028.25])
  }

  @Test("half of a token's values are those of the token before", arguments: models)
  func values(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let cache = KVCache(network, capacity: ids.count)
    _ = try lastState(network, ids, cache)
    for (index, block) in network.blocks.enumerated() {
      guard let attention = block.attention, case .convolved(let inputs) = attention.inputs else {
        Issue.record("block \(index) has no convolutions")
        continue
      }
      let (half, channels) = (attention.valueWidth / 2, attention.queryWidth + attention.keyWidth)
      func found(_ position: Int) -> [Float] {
        (half..<2 * half).map { cache.values(block: index).row(position)[$0] }
      }
      #expect(found(0) == inputs.nextValue.bias ?? [Float](repeating: 0, count: half))
      for position in 1..<ids.count {
        #expect(found(position) == (0..<half).map { cache.kept(block: index).row(position - 1)[channels + $0] })
      }
    }
  }

  @Test("a token of the class behind the experts gets nothing but the shift of the sum")
  func skipping() throws {
    var network = try ParityModel(name: "zaya", kind: .safetensors).open().network
    try change(&network, block: 1) { $0.router.correction?[4] = 10 }
    let scaling = try #require(network.blocks[1].mlpScaling?.output)
    var changes: [[Float]] = []
    _ = try lastState(network, ids, KVCache(network, capacity: ids.count)) { place, block, rows, columns in
      guard place == .mlpChange, block == 1 else { return }
      changes = (0..<ids.count).map { t in (0..<columns).map { rows.row(t)[$0] } }
    }
    #expect(changes.count == ids.count)
    let expected = zip(scaling.shift, scaling.scale).map { $0 * $1 }
    for change in changes { #expect(change == expected) }
  }

  @Test("a router reads the state of the router before, the first one none")
  func states() throws {
    var network = try ParityModel(name: "zaya", kind: .safetensors).open().network
    let found = try lastState(network, ids, KVCache(network, capacity: ids.count))
    #expect(network.blocks.map { $0.mlp?.mixtures.first?.router.mlp?.keep != nil } == [false, true, true])
    #expect(network.stack.passesOnMore)
    for index in 1...2 { try change(&network, block: index) { $0.router.mlp?.keep = nil } }
    #expect(!network.stack.passesOnMore)
    #expect(try lastState(network, ids, KVCache(network, capacity: ids.count)) != found)
  }

  @Test("the number that balances the class of no expert is -1, whatever is stored")
  func balance() throws {
    for (name, isNoted) in [("zaya", false), ("zaya-windows", true)] {
      let model = try ParityModel(name: name, kind: .safetensors).open()
      let corrections = model.network.blocks.map { $0.mlp?.mixtures.first?.router.correction?.last }
      #expect(corrections == [-1, -1, -1])
      #expect(model.notes.contains { $0.message.contains("'balancing_biases'") } == isNoted)
    }
  }

  @Test("what transformers does not read is refused by name")
  func refusals() throws {
    func message(_ name: String, _ key: String, _ value: (any Sendable)?) -> String? {
      #expect(throws: LoadError.self) { try openEdited(name) { $0.settings.updateValue(value, forKey: key) } }?.message
    }
    #expect(
      message("zaya", "num_experts_per_tok", 2)
        == "setting 'num_experts_per_tok' is 2, expected 1, as in transformers")
    #expect(
      message("zaya", "layer_types", ["hybrid", "full_attention", "hybrid"])
        == #"setting 'layer_types' is ["hybrid", "full_attention", "hybrid"], expected 3 of 'hybrid' and 'hybrid_sliding'"#
    )
    #expect(message("zaya-windows", "sliding_window", nil)?.contains("sliding_window") == true)
    #expect(message("zaya-windows", "rope_parameters.hybrid.rope_theta", nil)?.contains("rope_theta") == true)
  }

  /// Changes the experts of a block.
  private func change(_ network: inout Network, block: Int, _ body: (inout Experts) -> Void) throws {
    guard case .experts(var experts) = network.blocks[block].mlp else {
      Issue.record("block \(block) has no experts")
      return
    }
    body(&experts)
    network.blocks[block].mlp = .experts(experts)
  }
}
