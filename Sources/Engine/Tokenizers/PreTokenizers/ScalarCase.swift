/// Lower case by Rust's `char::to_lowercase`, independent of neighbouring characters.
enum ScalarCase {
  /// Appends a scalar's lower case in UTF-8: two scalars for `İ`, the scalar itself if it has none.
  static func appendLowercase(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
    if scalar.isASCII {
      text.append((0x41...0x5A).contains(scalar.value) ? UInt8(scalar.value) + 32 : UInt8(scalar.value))
    } else {
      text.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }
  }
}
