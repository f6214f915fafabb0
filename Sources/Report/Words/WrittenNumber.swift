/// Numbers as people write them in options, specs and conditions: decimal digits, with a fraction and an exponent where a number is real.
///
/// Programs disagree about other notations (0x10, 1_000, 010, +5, 1:30, inf), so no number is read from them.
package enum WrittenNumber {
  /// What a message says of the notation.
  package static let advice = "write it in decimal digits: 16, -2, 0.5, 1e-3"

  /// Whether a text is a whole number, of however many digits.
  package static func isWhole(_ text: some StringProtocol) -> Bool {
    String(text).wholeMatch(of: /-?(?:0|[1-9][0-9]*)/) != nil
  }

  /// The whole number that a text is; nil for any other text, and for a number beyond 64 bits.
  package static func whole(_ text: some StringProtocol) -> Int? { isWhole(text) ? Int(text) : nil }

  /// The real number that a text is; nil for any other text, and for a number beyond double precision.
  package static func real(_ text: some StringProtocol) -> Double? {
    let form = /-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/
    guard String(text).wholeMatch(of: form) != nil, let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
