import Foundation

/// Tests of paired outcomes without approximation.
package enum ExactTests {
  /// The two-sided p of McNemar's exact test: how probable a split at least as uneven is when both sides are equally likely.
  ///
  /// The sum runs over logarithms of binomial coefficients, so that large counts neither overflow nor vanish.
  package static func mcnemar(_ one: Int, _ other: Int) -> Double {
    let all = one + other
    guard all > 0 else { return 1 }
    let few = min(one, other)
    func logChoose(_ k: Int) -> Double { lgamma(Double(all) + 1) - lgamma(Double(k) + 1) - lgamma(Double(all - k) + 1) }
    let terms = (0...few).map { logChoose($0) - Double(all) * log(2) }
    let largest = terms.max() ?? 0
    let tail = exp(largest) * terms.reduce(0) { $0 + exp($1 - largest) }
    return min(1, 2 * tail)
  }

  /// Holm's (1979) step-down adjustment of several p: valid whatever depends on what, and never more than Bonferroni's.
  package static func holm(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var adjusted = values
    var least = 0.0
    for (place, index) in order.enumerated() {
      least = max(least, min(1, values[index] * Double(values.count - place)))
      adjusted[index] = least
    }
    return adjusted
  }
}
