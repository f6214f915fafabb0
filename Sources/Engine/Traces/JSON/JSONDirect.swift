/// A value whose JSON is written without asking the value to encode itself.
protocol JSONDirect {
  /// Appends the value's JSON; false when there is none, since a number is not finite.
  func append(to bytes: inout [UInt8]) -> Bool
}

extension String: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: self, where: { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      switch $1 {
      case 0x08: $0 += "\\b".utf8
      case 0x09: $0 += "\\t".utf8
      case 0x0A: $0 += "\\n".utf8
      case 0x0C: $0 += "\\f".utf8
      case 0x0D: $0 += "\\r".utf8
      case 0x00..<0x20:
        $0 += "\\u00".utf8
        for digit in [$1 >> 4, $1 & 15] {
          $0.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default: $0 += [UInt8(ascii: "\\"), $1]
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return true
  }
}

extension [UInt8] {
  /// Appends a text's bytes: runs of plain ones as they are, each other one by `escape`.
  fileprivate mutating func append(
    contentsOf text: String, where isPlain: (UInt8) -> Bool, escape: (inout [UInt8], UInt8) -> Void
  ) {
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      for (index, byte) in utf8.enumerated() where !isPlain(byte) {
        append(contentsOf: utf8[start..<index])
        escape(&self, byte)
        start = index + 1
      }
      append(contentsOf: utf8[start...])
    }
  }

  /// Appends a text in which nothing is to be escaped.
  fileprivate mutating func append(plain text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }
}

extension Bool: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    bytes.append(plain: self ? "true" : "false")
    return true
  }
}

extension JSONDirect where Self: FixedWidthInteger {
  func append(to bytes: inout [UInt8]) -> Bool {
    if self < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = magnitude
    let start = bytes.count
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
      rest = quotient
    } while rest > 0
    bytes[start...].reverse()
    return true
  }
}

extension Int: JSONDirect {}
extension Int8: JSONDirect {}
extension Int16: JSONDirect {}
extension Int32: JSONDirect {}
extension Int64: JSONDirect {}
extension UInt: JSONDirect {}
extension UInt8: JSONDirect {}
extension UInt16: JSONDirect {}
extension UInt32: JSONDirect {}
extension UInt64: JSONDirect {}

extension JSONDirect where Self: BinaryFloatingPoint & CustomStringConvertible {
  /// As many digits as the number needs; a whole number has no ".0".
  func append(to bytes: inout [UInt8]) -> Bool {
    guard isFinite else { return false }
    bytes.append(plain: description)
    if bytes[bytes.count - 2] == UInt8(ascii: "."), bytes[bytes.count - 1] == UInt8(ascii: "0") { bytes.removeLast(2) }
    return true
  }
}

extension Float: JSONDirect {}
extension Double: JSONDirect {}

extension Optional: JSONDirect where Wrapped: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    if let self { return self.append(to: &bytes) }
    bytes.append(plain: "null")
    return true
  }
}

extension Array: JSONDirect where Element: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    bytes.append(UInt8(ascii: "["))
    for index in indices {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      guard self[index].append(to: &bytes) else { return false }
    }
    bytes.append(UInt8(ascii: "]"))
    return true
  }
}
