import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// The model's own logits against plain sums in double precision.
@Suite struct PlainOutputTests {
  /// A state like none in particular, and what the kernels make of it.
  private static func sample(
    _ model: LanguageModel, _ changed: Output? = nil, target: Int
  ) throws -> (state: FloatMatrix, output: ModelOutput) {
    let state = FloatMatrix(rows: 1, columns: model.width)
    var random = SplitMix64(seed: 7)
    for column in 0..<model.width { state.start[column] = Float(Int(random.next(below: 2001)) - 1000) / 250 }
    let copy = FloatMatrix(rows: 1, columns: model.width)
    copy.start.update(from: state.start, count: model.width)
    let pool = try ThreadPool(threads: 2)
    let output = changed ?? model.network.output
    let prepared = output.prepare(copy, normed: [0..<1], pool: pool)
    let outputs = ModelOutput.of(
      prepared, targets: [target], counted: [model.counted(.final)], draws: [nil],
      head: output.head, pool: pool)
    return (state, try #require(outputs.first))
  }

  @Test(arguments: ParityModel.all) func kernelsAgreeWithPlainSums(model: ParityModel) throws {
    let opened = try model.open()
    let (state, output) = try Self.sample(opened, target: 3)
    let plain = PlainOutput(state.start, width: opened.width, output: opened.network.output)
    #expect(output.difference(from: plain, target: 3) == nil)
    let best = plain.logit(output.largest)
    print("\(model): \(abs(Double(output.logit) - best.value)) of \(best.bound)")
  }

  /// Faults that a lens which shares its code with the output would repeat.
  @Test(arguments: ["norm weight", "norm bias", "epsilon", "other row", "scale", "head bias"])
  func aFaultOfNormOrHeadIsNoticed(fault: String) throws {
    // GPT-2 has a layer norm with weights and biases.
    let opened = try TinyModel.gpt2.open()
    let (state, output) = try Self.sample(opened, target: 3)
    var wrong = opened.network.output
    switch fault {
    case "norm weight": wrong.norm?.weight[5] *= 1.5
    case "norm bias": wrong.norm?.bias?[5] += 0.5
    case "epsilon": wrong.norm?.epsilon += 0.5
    case "other row":
      let rows = wrong.head.weights.rows
      wrong.head.weights = wrong.head.weights.slice(1..<rows)
    case "scale": wrong.head.scale = 1.01
    default: wrong.head.bias = [Float](repeating: 0.01, count: wrong.head.weights.rows)
    }
    let plain = PlainOutput(state.start, width: opened.width, output: wrong)
    let difference = try #require(output.difference(from: plain, target: 3), "\(fault) is not noticed")
    #expect(difference.hasPrefix("logit "))
  }

  /// A head can forbid or force tokens by a bias beside which float32 has no room for the rest of a logit.
  @Test(arguments: [114_688, 1.8087936e7, -1e9] as [Float]) func aLargeBiasIsRoundedAndNoFault(bias: Float) throws {
    let opened = try TinyModel.gpt2.open()
    var biased = opened.network.output
    biased.head.bias = (0..<biased.head.weights.rows).map { $0 == 3 ? bias : 0 }
    let (state, output) = try Self.sample(opened, biased, target: 3)
    let plain = PlainOutput(state.start, width: opened.width, output: biased)
    #expect(output.difference(from: plain, target: 3) == nil)
    #expect((output.largest == 3) == (bias > 0))
    var wrong = biased
    wrong.head.bias?[3] = bias * 1.001
    let other = PlainOutput(state.start, width: opened.width, output: wrong)
    #expect(output.difference(from: other, target: 3)?.hasPrefix("logit ") == true)
  }
}
