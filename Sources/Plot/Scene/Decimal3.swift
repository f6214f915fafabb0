/// Numbers as text with at most three decimals, the same in every locale: for SVG, snapshots and messages.
enum Decimal3 {
  /// `1.5`, `-0.25`, `12`; never an exponent, never `-0`.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard abs(value) < 9e15 else { return "\(value)" }
    let thousandths = Int64((abs(value) * 1000).rounded())
    let sign = value < 0 && thousandths != 0 ? "-" : ""
    let fraction = thousandths % 1000
    if fraction == 0 { return "\(sign)\(thousandths / 1000)" }
    var digits = String(fraction)
    digits = String(repeating: "0", count: 3 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(thousandths / 1000).\(digits)"
  }
}
