import Foundation

/// The digits of a JSON text's numbers, for those of which float64 says too little.
///
/// simdjson keeps the nearest float64 of a number. The nearest float32 to the digits is another one than the nearest to this
/// float64 when it lies halfway between two float32, and `-0` without a point has no sign in simdjson. Such numbers are rare;
/// the first one makes a table of all of them.
final class JSONDigits {
  private let document: JSONDocument
  private let bytes: UnsafeRawBufferPointer
  /// Places on the tape, ascending, and the first byte of each number.
  private lazy var places: [(index: Int, start: Int)] = findPlaces()
  private lazy var hasNegativeZero = findNegativeZero()

  /// Of a document and the bytes that it was parsed from, which must outlive this value.
  init(_ document: JSONDocument, bytes: UnsafeRawBufferPointer) {
    self.document = document
    self.bytes = bytes
  }

  /// The nearest float64 to a number, with its sign; nil for other kinds.
  func double(_ value: JSONValue) -> Double? {
    guard let wide = value.real else { return nil }
    return wide == 0 && value.kind == .integer && hasNegativeZero ? digits(of: value).flatMap(Double.init) : wide
  }

  /// The nearest float32 to a number, with its sign, infinite beyond float32; nil for other kinds.
  func float(_ value: JSONValue) -> Float? {
    guard let wide = value.real else { return nil }
    if wide == 0 { return double(value).map { Float($0) } }
    return JSONDigits.isAmbiguous(wide) ? digits(of: value).flatMap(Float.init) : Float(wide)
  }

  /// Whether the nearest float32 to a float64 may be another one than the nearest to the digits.
  private static func isAmbiguous(_ wide: Double) -> Bool {
    // Halfway between two float32 numbers the lost digits decide; subnormal numbers have more such places.
    wide.bitPattern & 0x1FFF_FFFF == 0x1000_0000 || abs(wide) < Double(Float.leastNormalMagnitude)
  }

  private func digits(of value: JSONValue) -> String? {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].index < value.index { low = middle + 1 } else { high = middle }
    }
    guard low < places.count, places[low].index == value.index else { return nil }
    let start = places[low].start
    let end = (start..<bytes.count).first { !JSONDigits.continues(bytes[$0]) } ?? bytes.count
    return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Whether a byte can follow the first of a number.
  private static func continues(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
    default: isDigit(byte)
    }
  }

  /// Numbers follow one another on the tape as they do in the text.
  private func findPlaces() -> [(index: Int, start: Int)] {
    var places: [(index: Int, start: Int)] = []
    var at = 0
    var index = 1
    let end = Int(document.tape[0] & 0x00FF_FFFF_FFFF_FFFF)
    while index < end {
      let tag = UInt8(truncatingIfNeeded: document.tape[index] >> 56)
      guard tag == JSONValue.Tag.real || tag == JSONValue.Tag.signed || tag == JSONValue.Tag.unsigned else {
        index += 1
        continue
      }
      guard let start = nextNumber(from: &at) else { break }
      let word = document.tape[index + 1]
      let isNeeded =
        switch tag {
        case JSONValue.Tag.real: JSONDigits.isAmbiguous(Double(bitPattern: word))
        case JSONValue.Tag.signed: word == 0 || JSONDigits.isAmbiguous(Double(Int64(bitPattern: word)))
        default: JSONDigits.isAmbiguous(Double(word))
        }
      if isNeeded { places.append((index, start)) }
      index += 2
    }
    return places
  }

  /// The first byte of the next number outside strings; `at` moves behind it.
  private func nextNumber(from at: inout Int) -> Int? {
    while at < bytes.count {
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") {
        at += 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
      } else if byte == UInt8(ascii: "-") || JSONDigits.isDigit(byte) {
        let start = at
        while at < bytes.count, JSONDigits.continues(bytes[at]) { at += 1 }
        return start
      } else {
        at += 1
      }
    }
    return nil
  }

  /// Whether there may be a `-0` without a point: the bytes are somewhere, not as an exponent as in `1e-05`.
  private func findNegativeZero() -> Bool {
    guard let first = bytes.baseAddress else { return false }
    var place = 0
    while place < bytes.count, let found = memchr(first + place, Int32(UInt8(ascii: "-")), bytes.count - place) {
      let at = UnsafeRawPointer(found) - first
      place = at + 1
      guard place < bytes.count, bytes[place] == UInt8(ascii: "0") else { continue }
      let isWhole = place + 1 >= bytes.count || !JSONDigits.continues(bytes[place + 1])
      if isWhole, at == 0 || !JSONDigits.continues(bytes[at - 1]) { return true }
    }
    return false
  }
}
