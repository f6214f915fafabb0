import Foundation

/// A linear scale from 0 to a round number.
public struct LinearScale: Equatable, Sendable {
  /// The upper bound.
  public let maximum: Double
  /// Distance between ticks.
  public let tickStep: Double

  /// The scale for values up to `largest`: about five ticks at most, at multiples of 1, 2 or 5 times a power of ten; for
  /// whole numbers at least 1 apart.
  public init(upTo largest: Double, whole: Bool = false) {
    let target = largest.isFinite && largest > 0 ? largest : 1
    let raw = whole ? max(1, target / 4) : target / 4
    let power = pow(10, (log10(raw) + 1e-9).rounded(.down))
    tickStep = ([1, 2, 5, 10].first { $0 * power >= raw - 1e-12 } ?? 10) * power
    maximum = (target / tickStep - 1e-9).rounded(.up) * tickStep
  }

  /// Where a value lies, clamped to 0...1.
  public func fraction(of value: Double) -> Double { min(max(value / maximum, 0), 1) }

  /// Multiples of the step, 0 first.
  public var ticks: [Double] { (0...Int((maximum / tickStep).rounded())).map { Double($0) * tickStep } }
}
