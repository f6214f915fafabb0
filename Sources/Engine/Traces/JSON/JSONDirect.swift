/// A value whose JSON is written without asking the value to encode itself.
protocol JSONDirect {
  /// Appends the value's JSON; false when there is none, since a number is not finite.
  func append(to bytes: inout [UInt8]) -> Bool
}

extension String: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    bytes.append(UInt8(ascii: "\""))
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
      case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
      case 0x08: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "b")]
      case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
      case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0x0C: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "f")]
      case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
      case 0x00..<0x20:
        bytes += Array("\\u00".utf8)
        for digit in [byte >> 4, byte & 15] {
          bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return true
  }
}

extension Bool: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    bytes += Array((self ? "true" : "false").utf8)
    return true
  }
}

extension JSONDirect where Self: FixedWidthInteger {
  func append(to bytes: inout [UInt8]) -> Bool {
    // Most numbers of a trace have few digits.
    if self >= 0, self < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: self))
    } else {
      bytes.append(contentsOf: description.utf8)
    }
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
    bytes.append(contentsOf: description.utf8)
    if bytes.suffix(2).elementsEqual(".0".utf8) { bytes.removeLast(2) }
    return true
  }
}

extension Float: JSONDirect {}
extension Double: JSONDirect {}

extension Optional: JSONDirect where Wrapped: JSONDirect {
  func append(to bytes: inout [UInt8]) -> Bool {
    if let self { return self.append(to: &bytes) }
    bytes += Array("null".utf8)
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
