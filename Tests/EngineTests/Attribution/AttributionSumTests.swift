import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("The parts of a model sum to its difference of two logits, in every family")
struct AttributionSumTests {
  static let text = "The keys to the cabinet"

  @Test func theSumOfPartsIsTheModelsOwnDifference() throws {
    var worst = (name: "", error: 0.0)
    for tiny in ParityModel.all where ParityModel.ofOneStream.contains(tiny.name) {
      guard tiny.kind == .safetensors || !ParityModel.inBothKinds.contains(tiny.name) else { continue }
      let model = try tiny.open()
      let request = TraceRequest(prompt: Self.text, attribute: AttributionRequest())
      if let lacking = model.partsLacking {
        #expect(throws: RunError.partsOfModel(model: tiny.name, what: "attribute", found: lacking)) {
          try traceOne(model, request)
        }
        continue
      }
      let attribution = try #require(try traceOne(model, request).attribution)
      let sum = attribution.parts.reduce(0) { $0 + Double($1.value) }
      let difference = Double(attribution.targetLogit) - Double(attribution.foilLogit)
      let size = attribution.parts.reduce(0) { $0 + abs(Double($1.value)) }
      let error = abs(sum - difference) / max(abs(difference), size)
      if error > worst.error { worst = (tiny.name, error) }
      #expect(error < 1e-4, "\(tiny.name)")
      // Whatever the parts are, they are no rest that makes the sum right: without any one of them it is wrong.
      #expect(attribution.parts.contains { abs($0.value) > 1e-3 * Float(size) }, "\(tiny.name)")
      let last = try #require(attribution.parts.last { $0.lens != nil }?.lens)
      #expect(abs(Double(last) - difference) <= 1e-4 * size, "\(tiny.name): the last layer's lens is the model")
    }
    print("largest relative difference of a sum: \(worst.error) in \(worst.name)")
  }

  @Test func aHeadWithAnActivationHasNoSumOfParts() throws {
    for name in ParityModel.withActivatedHead.sorted() {
      let model = try ParityModel(name: name, kind: .safetensors).open()
      let error = #expect(throws: RunError.self) {
        try traceOne(model, TraceRequest(prompt: Self.text, attribute: AttributionRequest()))
      }
      #expect(
        error == .partsOfModel(model: name, what: "attribute", found: "one whose head has an activation"), "\(name)")
    }
  }
}
