import Foundation
import Plot
import Traces

/// A number of every state that colours can show.
enum Quantity: String, CaseIterable {
  case probability, logprob, rank, entropy, kl

  /// The title of the colour bar.
  var title: String {
    switch self {
    case .probability: "Probability"
    case .logprob: "Log-probability (nats)"
    case .rank: "Rank of token (log scale)"
    case .entropy: "Entropy (nats)"
    case .kl: "KL to the output (nats)"
    }
  }

  /// Within a sentence.
  var phrase: String {
    switch self {
    case .probability: "probability"
    case .logprob: "log-probability"
    case .rank: "rank"
    case .entropy: "entropy"
    case .kl: "Kullback–Leibler divergence to the model's output"
    }
  }

  /// Whether it describes the whole distribution of a state rather than one token.
  var isOfState: Bool { self == .entropy || self == .kl }

  /// Of the token that comes next, or of the state that predicts it.
  func value(_ trace: Trace, _ row: Int, _ column: Int) -> Double? {
    switch self {
    case .probability: trace.logprob[row][column].map { exp(Double($0)) }
    case .logprob: trace.logprob[row][column].map(Double.init)
    case .rank: trace.rank[row][column].map(Double.init)
    case .entropy: trace.entropy[row][column].map(Double.init)
    case .kl: trace.kl[row][column].map(Double.init)
    }
  }

  /// The quantity an option names.
  init(_ options: FigureOptions) {
    self = options.text("color").flatMap(Quantity.init(rawValue:)) ?? .probability
  }
}

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
