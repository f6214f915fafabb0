import Foundation

/// What an SVG of `SVGOutput` holds besides the letters, whose outlines and places follow from versions of libraries.
enum VectorPicture {
  /// The file without its letters: definitions of outlines, and the elements that place them.
  static func withoutLetters(_ data: Data) -> Data {
    let bytes = [UInt8](data)
    var rest: [UInt8] = []
    rest.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "<"), let end = outline(bytes, at: place) ?? letter(bytes, at: place) {
        place = end
        // An outline has a line of its own.
        if place < bytes.count, bytes[place] == 0x0A, rest.last == 0x0A { place += 1 }
        continue
      }
      rest.append(bytes[place])
      place += 1
    }
    return Data(rest)
  }

  /// The end of `<path id="…" d="…"/>`; nil for anything else.
  private static func outline(_ bytes: [UInt8], at start: Int) -> Int? {
    guard let id = value(bytes, after: "<path id=\"", at: start), let form = value(bytes, after: " d=\"", at: id) else {
      return nil
    }
    return skip("/>", bytes, at: form)
  }

  /// The end of `<use href="#…" x="…" y="…"/>`; nil for anything else.
  private static func letter(_ bytes: [UInt8], at start: Int) -> Int? {
    guard var place = value(bytes, after: "<use href=\"#", at: start) else { return nil }
    place = value(bytes, after: " x=\"", at: place) ?? place
    place = value(bytes, after: " y=\"", at: place) ?? place
    return skip("/>", bytes, at: place)
  }

  /// The place behind a value and its quotation mark.
  private static func value(_ bytes: [UInt8], after head: StaticString, at start: Int) -> Int? {
    guard let from = skip(head, bytes, at: start) else { return nil }
    return bytes[from...].firstIndex(of: UInt8(ascii: "\"")).map { $0 + 1 }
  }

  private static func skip(_ text: StaticString, _ bytes: [UInt8], at start: Int) -> Int? {
    let end = start + text.utf8CodeUnitCount
    guard end <= bytes.count else { return nil }
    let isThere = text.withUTF8Buffer { bytes[start..<end].elementsEqual($0) }
    return isThere ? end : nil
  }
}
