/// Small letters as Rust's `char::to_lowercase` gives them, without regard to what is around a character.
enum ScalarCase {
  /// Appends the small letter of a scalar: two scalars for `İ`, itself where there is none.
  static func appendLowercase(_ scalar: Unicode.Scalar, to text: inout String.UnicodeScalarView) {
    if scalar.isASCII {
      text.append((0x41...0x5A).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar)
    } else {
      text.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
    }
  }
}
