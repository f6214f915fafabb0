import Testing

@testable import Engine
@testable import Traces

/// Families that keep more of a token than its keys and values.
@Suite("What is kept of a text serves other continuations (DeepSeek V4, ZAYA1, Inkling)")
struct KVCacheReuseTests {
  static let models = [
    "deepseek4", "deepseek4-published", "deepseek4-memory", "zaya", "zaya-windows", "inkling", "inkling2",
    "inkling2-loop",
  ]
  private let ids = [5, 17, 200, 90, 31, 8, 44, 100, 9, 3, 71]

  @Test("a text that goes back and continues otherwise is as if it had never been there", arguments: models)
  func back(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let other = [30, 31, 32, 33, 34]
    let cache = KVCache(network, capacity: ids.count)
    _ = try lastState(network, ids, cache)
    let found = try lastState(network, other, from: 6, cache)
    let plain = KVCache(network, capacity: ids.count)
    #expect(try lastState(network, ids.prefix(6) + other, plain) == found)
  }

  @Test("a text that begins with another one's keys continues as if it had run them", arguments: models)
  func shared(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let source = KVCache(network, capacity: ids.count)
    let expected = try lastState(network, ids, source)
    for count in 1..<ids.count {
      let cache = KVCache(network, capacity: ids.count)
      cache.copy(count, from: source)
      #expect(try lastState(network, Array(ids[count...]), from: count, cache) == expected, "\(count)")
    }
  }
}

/// [D] the state of the last token, after the last block.
func lastState(
  _ network: Network, _ ids: [Int], from position: Int = 0, _ cache: KVCache, visit: ForwardPass.Visit? = nil
) throws -> [Float] {
  let pass = ForwardPass(network, pool: try ThreadPool(threads: 2), capacity: ids.count)
  let tokens = ids.enumerated().map { ForwardPass.BatchToken(id: $1, cache: cache, position: position + $0) }
  var found: [Float] = []
  pass.run(tokens, visit: visit, isWanted: { $0 == 2 * network.blocks.count }) { _, states in
    found = (0..<network.width).map { states.row(ids.count - 1)[$0] }
  }
  return found
}
