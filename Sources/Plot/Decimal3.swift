/// Numbers as text with at most three decimals, the same in every locale: for SVG, snapshots and messages.
enum Decimal3 {
  /// `1.5`, `-0.25`, `12`; never an exponent, never `-0`.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard abs(value) < 9e15 else { return "\(value)" }
    let thousandths = UInt64((abs(value) * 1000).rounded())
    var (whole, fraction) = (thousandths / 1000, thousandths % 1000)
    // Sixteen digits, a point, three digits and a sign at most; written from the end.
    let capacity = 24
    return String(unsafeUninitializedCapacity: capacity) { bytes in
      var start = capacity
      func put(_ byte: UInt8) {
        start -= 1
        bytes[start] = byte
      }
      func digit(_ number: inout UInt64) {
        put(UInt8(ascii: "0") + UInt8(number % 10))
        number /= 10
      }
      if fraction != 0 {
        var digits = 3
        while fraction % 10 == 0 { (fraction, digits) = (fraction / 10, digits - 1) }
        for _ in 0..<digits { digit(&fraction) }
        put(UInt8(ascii: "."))
      }
      repeat { digit(&whole) } while whole > 0
      if value < 0, thousandths != 0 { put(UInt8(ascii: "-")) }
      for place in start..<capacity { bytes[place - start] = bytes[place] }
      return capacity - start
    }
  }
}
