import Foundation
import TestSupport
import Testing

@testable import Engine

/// Every activation that a config.json can name, against transformers' own functions (Tools/make_activation_fixtures.py).
@Suite struct ActivationTests {
  private struct Reference: Decodable {
    var inputs: [Float]
    var outputs: [String: [Double]]
  }

  private static let reference = Result {
    try JSONDecoder().decode(Reference.self, from: Fixtures.data("kernels/activations.json"))
  }

  @Test func everyNameOfTransformersIsKnown() throws {
    let names = try Self.reference.get().outputs.keys.sorted()
    #expect(names.count == 22 && names == Activation.names.sorted())
  }

  @Test(arguments: Activation.names) func everyActivationIsThatOfTransformers(name: String) throws {
    let reference = try Self.reference.get()
    let expected = try #require(reference.outputs[name])
    let activation = try #require(Activation.named(name))
    let x = FloatMatrix(rows: 1, columns: reference.inputs.count)
    for (column, input) in reference.inputs.enumerated() { x.start[column] = input }
    activation.apply(x, times: nil, count: 1, width: reference.inputs.count, pool: try ThreadPool(threads: 2))
    var largest = 0.0
    for (column, input) in reference.inputs.enumerated() {
      let difference = abs(Double(x.start[column]) - expected[column]) / max(1, abs(Double(input)))
      largest = max(largest, difference)
    }
    print("\(name): largest difference \(largest), relative to inputs beyond 1")
    #expect(largest < 1e-6)
  }
}
