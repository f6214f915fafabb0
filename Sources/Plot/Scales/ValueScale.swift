import Foundation

/// Places numbers between explicit bounds, in equal ratios or in equal steps.
public enum ValueScale: Equatable, Sendable {
  /// Logarithmic.
  case logarithmic(LogScale)
  /// Linear.
  case linear(ClosedRange<Double>)
  /// Linear from 0 to a whole number, with ticks at whole numbers.
  case counts(upTo: Int)

  /// The bounds.
  public var domain: ClosedRange<Double> {
    switch self {
    case .logarithmic(let scale): scale.domain
    case .linear(let domain): domain
    case .counts(let most): 0...Double(max(1, most))
    }
  }

  /// Where a value lies, 0 at the lower bound, 1 at the upper; values beyond are clamped.
  public func fraction(of value: Double) -> Double {
    switch self {
    case .logarithmic(let scale): return scale.fraction(of: value)
    case .counts(let most): return min(max(value / Double(max(1, most)), 0), 1)
    case .linear(let domain):
      let length = domain.upperBound - domain.lowerBound
      return length > 0 ? min(max((value - domain.lowerBound) / length, 0), 1) : 0
    }
  }

  /// Powers of ten, or about five multiples of 1, 2 or 5 times a power of ten; the bounds if there are none.
  public var ticks: [Double] {
    switch self {
    case .logarithmic(let scale): return scale.ticks
    case .counts(let most):
      let ticks = LinearScale(upTo: Double(max(1, most)), whole: true).ticks
      return ticks.filter { $0 <= Double(max(1, most)) }
    case .linear(let domain):
      let step = LinearScale(upTo: domain.upperBound - domain.lowerBound).tickStep
      let first = (domain.lowerBound / step - 1e-9).rounded(.up)
      let last = (domain.upperBound / step + 1e-9).rounded(.down)
      guard first < last else { return [domain.lowerBound, domain.upperBound] }
      return (Int(first)...Int(last)).map { Double($0) * step }
    }
  }
}

/// How numbers beside a scale are written.
public enum NumberStyle: Equatable, Sendable {
  /// `12k`.
  case counts
  /// `12,000`.
  case fullCounts
  /// `−2.5`.
  case decimals
  /// 0.25 as `25 %`.
  case percent

  /// The text of a number.
  public func text(_ value: Double) -> String {
    switch self {
    case .counts: return CountFormat.short(Int(value.rounded()))
    case .fullCounts: return CountFormat.full(Int(value.rounded()))
    case .decimals:
      let text = Decimal3.text(abs(value))
      return value < 0 && text != "0" ? "\u{2212}" + text : text
    case .percent: return Decimal3.text(value * 100) + " %"
    }
  }
}
