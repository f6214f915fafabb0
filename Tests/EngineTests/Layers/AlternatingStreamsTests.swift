import Foundation
import TestSupport
import Testing
import Threads

@testable import Engine
@testable import Traces

@Suite("Several streams (Gemma 3n, DeepSeek V4, HunYuan 4)")
struct AlternatingStreamsTests {
  static let models = ["gemma3n", "gemma3n-options", "deepseek4", "deepseek4-published", "hy-v4"]

  @Test("the threshold of gates is torch's quantile, to the bit")
  func quantile() {
    // torch.distributions.Normal(0, 1).icdf of float32 values.
    let expected: [(Float, Float)] = [
      (0.01, -2.326348304748535), (0.2, -0.8416212797164917), (0.5, 0), (0.9, 1.281551480293274),
      (0.95, 1.6448535919189453), (0.999, 3.090236186981201),
    ]
    for (share, deviations) in expected {
      #expect(GateThreshold(closed: share).deviations == deviations, "\(share)")
    }
  }

  @Test("a threshold closes all gates but those far above the mean")
  func threshold() {
    var gates: [Float] = [1, 1, 1, 1, 1, 1, 1, 9]
    gates.withUnsafeMutableBufferPointer { values in
      if let start = values.baseAddress { GateThreshold(deviations: 1).apply(start, count: values.count) }
    }
    // The mean is 2, the standard deviation the root of 7.
    #expect(gates.dropLast().allSatisfy { $0 == 0 })
    #expect(abs(gates[7] - (7 - Float(7).squareRoot())) < 1e-6)
  }

  @Test("the row within a block is what the head would read if the block ended there", arguments: models)
  func rowsWithinBlocks(_ name: String) throws {
    var network = try ParityModel(name: name, kind: .safetensors).open().network
    for block in network.blocks.indices {
      network.blocks[block].mlp = nil
      network.blocks[block].perLayer = nil
    }
    let points = try states(network, [2, 17, 200, 90])
    for block in network.blocks.indices {
      #expect(points[2 * block + 1] == points[2 * block + 2], "block \(block)")
      #expect(points[2 * block] != points[2 * block + 2], "block \(block)")
    }
  }

  @Test("points that nobody looks at change no other", arguments: models)
  func pointsLeftOut(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let all = try states(network, [2, 17, 200, 90])
    let last = 2 * network.blocks.count
    #expect(try states(network, [2, 17, 200, 90]) { $0 == last } == [last: try #require(all[last])])
  }

  @Test("tokens run one after the other have the same states", arguments: models)
  func steps(_ name: String) throws {
    let network = try ParityModel(name: name, kind: .safetensors).open().network
    let ids = [2, 17, 200, 90, 31, 8]
    let together = try states(network, ids)
    let cache = KVCache(network, capacity: ids.count)
    for (position, id) in ids.enumerated() {
      let pass = ForwardPass(network, pool: try ThreadPool(threads: 2), capacity: 1)
      pass.run([.init(id: id, cache: cache, position: position)]) { point, states in
        let own = (0..<network.width).map { states.start[$0] }
        let expected = together[point].map { Array($0[position * network.width..<(position + 1) * network.width]) }
        #expect(own == expected, "position \(position), point \(point)")
      }
    }
  }

  @Test(
    "attribute and patch are refused: there is no single stream to take apart",
    arguments: ["gemma3n", "deepseek4", "hy-v4"])
  func parts(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    var asked = TraceRequest(prompt: "the keys", method: .generate(1))
    asked.attribute = AttributionRequest()
    let error = #expect(throws: RunError.self) { try traceOne(model, asked) }
    #expect(
      error?.message
        == "expected a model with one stream that continues its text, found one whose blocks pass on several streams, "
        + "for which 'attribute' is not defined")
  }

  /// The states [T * D] at the points of a text.
  private func states(
    _ network: Network, _ ids: [Int], isWanted: (Int) -> Bool = { _ in true }
  ) throws -> [Int: [Float]] {
    let cache = KVCache(network, capacity: ids.count)
    let pass = ForwardPass(network, pool: try ThreadPool(threads: 2), capacity: ids.count)
    var points: [Int: [Float]] = [:]
    let tokens = ids.enumerated().map { ForwardPass.BatchToken(id: $1, cache: cache, position: $0) }
    pass.run(tokens, isWanted: isWanted) { point, states in
      points[point] = (0..<ids.count * network.width).map { states.start[$0] }
    }
    return points
  }
}
