import Foundation
import Plot
import Traces

/// The colours of a quantity: darker is closer to the answer, between limits that do not depend on the data.
struct QuantityColors {
  let scale: ColorScale
  let bar: ColorBar

  /// Colours for values of a quantity; `log-probability` and what is measured in nats end at the option `limit`.
  init(_ quantity: Quantity, _ options: FigureOptions, values: [[Double?]]) throws {
    let map = try ColorMap.named(options.text("colors") ?? "rdpu")
    let limit = options.number("limit")
    let numbers: NumberStyle
    switch quantity {
    case .probability:
      (scale, numbers) = (ColorScale(map: map, scale: .linear(0...1), direction: .darkHigh), .percent)
    case .logprob:
      (scale, numbers) = (ColorScale(map: map, scale: .linear(-(limit ?? 10)...0), direction: .darkHigh), .decimals)
    case .rank:
      let most = Double(options.integer("max_rank") ?? 100_000)
      (scale, numbers) = (ColorScale(map: map, scale: .logarithmic(try LogScale(1...most))), .counts)
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

extension FigureKind.Option {
  /// What colours mean.
  package static let color = FigureKind.Option(
    name: "color", values: .choice(Quantity.allCases.map(\.rawValue)), standard: .text("probability"),
    doc: "What the colours mean.")

  /// The end of scales in nats.
  package static let limit = FigureKind.Option(
    name: "limit", values: .number(0.1...1000), standard: nil,
    doc: "The end of a scale in nats: 10 for log-probability and KL, 12 for entropy.")
}
