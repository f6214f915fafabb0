import Foundation

/// What an SVG of `SVGOutput` holds besides the letters, whose outlines and places follow from versions of libraries.
struct VectorPicture {
  /// The file without its letters: definitions of outlines, and the elements that place them.
  let rest: Data
  /// How many letters are placed.
  let letters: Int

  init(_ data: Data) {
    let bytes = [UInt8](data)
    var rest: [UInt8] = []
    rest.reserveCapacity(bytes.count)
    var (place, letters, isDefinition) = (0, 0, false)
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "<") {
        if Self.skip("<defs", bytes, at: place) != nil { isDefinition = true }
        if Self.skip("</defs", bytes, at: place) != nil { isDefinition = false }
        let letter = Self.letter(bytes, at: place)
        if letter != nil { letters += 1 }
        // What draws is no definition, whatever name it has.
        if let end = (isDefinition ? Self.outline(bytes, at: place) : nil) ?? letter {
          place = end
          // An outline has a line of its own.
          if place < bytes.count, bytes[place] == 0x0A, rest.last == 0x0A { place += 1 }
          continue
        }
      }
      rest.append(bytes[place])
      place += 1
    }
    (self.rest, self.letters) = (Data(rest), letters)
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
