import Foundation

/// A logarithmic scale with explicit bounds, both above 0.
public struct LogScale: Equatable, Sendable {
  /// Bounds.
  public let domain: ClosedRange<Double>

  /// A scale.
  ///
  /// - Throws: `PlotError.badFigure` unless 0 < lower < upper.
  public init(_ domain: ClosedRange<Double>) throws {
    guard domain.lowerBound > 0, domain.lowerBound < domain.upperBound, domain.upperBound.isFinite else {
      throw PlotError.badFigure(
        "a logarithmic scale needs bounds above 0, the second larger, found "
          + "\(Decimal3.text(domain.lowerBound)) and \(Decimal3.text(domain.upperBound))")
    }
    self.domain = domain
  }

  /// Where a value lies, 0 at the lower bound, 1 at the upper; values beyond are clamped.
  public func fraction(of value: Double) -> Double {
    guard value > domain.lowerBound else { return 0 }
    guard value < domain.upperBound else { return 1 }
    return log(value / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
  }

  /// Powers of ten within the bounds, or the bounds themselves if there are none.
  public var ticks: [Double] {
    let first = Int((log10(domain.lowerBound) - 1e-9).rounded(.up))
    let last = Int((log10(domain.upperBound) + 1e-9).rounded(.down))
    guard first < last else { return [domain.lowerBound, domain.upperBound] }
    return (first...last).map { pow(10, Double($0)) }
  }

  /// Powers of ten within bounds above 0, with twice and five times each if there would be fewer than three.
  static func roundNumbers(in domain: ClosedRange<Double>) -> [Double] {
    let first = Int(log10(domain.lowerBound).rounded(.down))
    let last = Int(log10(domain.upperBound).rounded(.up))
    func within(_ factors: [Double]) -> [Double] {
      var numbers: [Double] = []
      for power in first...last {
        // Small powers are quotients, because 1 / 10 is the number written 0.1.
        let scale = pow(10, Double(abs(power)))
        numbers += factors.map { power < 0 ? $0 / scale : $0 * scale }
      }
      return numbers.filter { $0 >= domain.lowerBound * (1 - 1e-9) && $0 <= domain.upperBound * (1 + 1e-9) }
    }
    let coarse = within([1])
    return coarse.count < 3 ? within([1, 2, 5]) : coarse
  }
}
