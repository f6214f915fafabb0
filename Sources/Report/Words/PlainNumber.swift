/// Numbers as people write them in specs: "3", "2.5".
package enum PlainNumber {
  /// Without a fraction where there is none; never in the locale's form.
  package static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}
