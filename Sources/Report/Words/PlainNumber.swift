/// Numbers as people write them in specs: "3", "2.5".
package enum PlainNumber {
  /// The number, without ".0" when it is whole; independent of the locale.
  package static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}
