import Foundation

/// A number with that many digits after the point, whatever the locale.
func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", locale: Locale(identifier: "en_US_POSIX"), value)
}

/// A number with about three significant digits.
func significant(_ value: Double) -> String {
  switch abs(value) {
  case 100...: fixed(value, 0)
  case 10...: fixed(value, 1)
  case 1...: fixed(value, 2)
  default: fixed(value, 3)
  }
}
