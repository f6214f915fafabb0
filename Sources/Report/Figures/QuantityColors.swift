import Foundation
import Plot
import Traces

/// The colours of a quantity: darker is closer to the answer, between limits that do not depend on the data.
struct QuantityColors {
  let scale: ColorScale
  let bar: ColorBar

  /// Colours of a map for values of a quantity; `log-probability` and what is measured in nats end at `limit`.
  init(_ quantity: Quantity, _ map: ColorMap, maxRank: Int, limit: Double? = nil, values: [[Double?]]) throws {
    let numbers: NumberStyle
    switch quantity {
    case .probability:
      (scale, numbers) = (ColorScale(map: map, scale: .linear(0...1), direction: .darkHigh), .percent)
    case .logprob:
      (scale, numbers) = (ColorScale(map: map, scale: .linear(-(limit ?? 10)...0), direction: .darkHigh), .decimals)
    case .rank:
      (scale, numbers) = (ColorScale(map: map, scale: .logarithmic(try LogScale(1...Double(maxRank)))), .counts)
    case .entropy: (scale, numbers) = (ColorScale(map: map, scale: .linear(0...(limit ?? 12))), .decimals)
    case .kl: (scale, numbers) = (ColorScale(map: map, scale: .linear(0...(limit ?? 10))), .decimals)
    }
    let domain = scale.scale.domain
    let known = values.joined().compactMap(\.self)
    bar = ColorBar(
      title: quantity.title, scale: scale, numbers: numbers,
      // Rounding can put a probability slightly above 1.
      exceeds: known.contains { $0 > domain.upperBound + 1e-6 },
      fallsBelow: known.contains { $0 < domain.lowerBound })
  }
}
