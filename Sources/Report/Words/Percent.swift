import Foundation

/// Probabilities as percentages, the same in every locale.
package enum Percent {
  /// Two decimals; `<0.01 %` below that; at most `99.99 %` unless the probability is exactly 1.
  package static func text(logprob: Float) -> String {
    guard logprob < 0 else { return "100.00 %" }
    let share = exp(Double(logprob))
    guard share >= 0.0001 else { return "<0.01 %" }
    let hundredths = min(Int((share * 10_000).rounded()), 9999)
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
  }

  /// Whole per cents: `41 %`, `<1 %`, `>99 %`; `100 %` only where the probability is exactly 1.
  package static func whole(logprob: Float) -> String {
    guard logprob < 0 else { return "100 %" }
    let share = exp(Double(logprob))
    if share < 0.01 { return "<1 %" }
    return share > 0.99 ? ">99 %" : "\(Int((share * 100).rounded())) %"
  }

  /// As a sentence gives it: `41 %`, `4.1 %`, `0.52 %`, `<0.01 %`, and from 99.5 % on `99.52 %`, `>99.99 %`.
  package static func phrase(logprob: Float) -> String {
    let share = exp(Double(min(logprob, 0)))
    if logprob < 0, share >= 0.99995 { return ">99.99 %" }
    guard share >= 0.01, share < 0.995 else { return text(logprob: logprob) }
    if share >= 0.0995 { return "\(Int((share * 100).rounded())) %" }
    let tenths = Int((share * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// A share of a whole with one decimal: `92.0 %`.
  package static func share(_ share: Double) -> String { "\(Decimals.fixed(share * 100, 1)) %" }
}

extension Percent {
  /// `text` with a no-break space between every number and its "%", for places that break lines.
  package static func unbroken(_ text: String) -> String { text.replacing(" %", with: "\u{A0}%") }

  /// The same text with plain spaces there, which can be searched for and copied.
  package static func plain(_ text: String) -> String { text.replacing("\u{A0}%", with: " %") }
}

/// Numbers with a fixed count of decimals, independent of the locale.
package enum Decimals {
  /// `2.35`, `-0.10`; a value too large for its digits as Swift prints it.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    let power = pow(10, Double(digits))
    let scaled = (abs(value) * power).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(power))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let fraction = String(rest)
    return sign + "\(whole)"
      + (digits == 0 ? "" : "." + String(repeating: "0", count: digits - fraction.count) + fraction)
  }
}
