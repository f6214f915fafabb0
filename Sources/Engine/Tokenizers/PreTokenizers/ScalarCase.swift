/// Small letters as Rust's `char::to_lowercase` gives them, without regard to what is around a character.
enum ScalarCase {
  /// Appends the small letter of a scalar in UTF-8: two scalars for `İ`, itself where there is none.
  static func appendLowercase(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
    if scalar.isASCII {
      text.append((0x41...0x5A).contains(scalar.value) ? UInt8(scalar.value) + 32 : UInt8(scalar.value))
    } else {
      text.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }
  }
}
