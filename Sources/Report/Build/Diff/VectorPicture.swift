import Foundation

/// An SVG of `SVGOutput`: its letters, whose outlines and places follow from versions of libraries, and what it holds besides.
struct VectorPicture {
  /// The file without its letters: definitions of outlines, and the elements that place them.
  let rest: Data
  /// The letters in their order.
  private let letters: [Letter]
  /// The outlines of letters, by name.
  private let outlines: [String: Outline]

  private struct Letter {
    var outline: String
    var x: Double?
    var y: Double?
  }

  /// The commands of a path and the numbers between them.
  private struct Outline: Equatable {
    var commands: [Substring]
    var numbers: [Double]

    init(_ path: String) {
      commands = path.split { $0.isNumber || ". -".contains($0) }
      numbers = path.split { !$0.isNumber && $0 != "." && $0 != "-" }.flatMap { part -> [Double] in
        // "1-2" are two numbers.
        let digits = part.split(separator: "-", omittingEmptySubsequences: false)
        return digits.enumerated().compactMap { place, digits in
          digits.isEmpty ? nil : Double((place > 0 ? "-" : "") + digits) ?? .nan
        }
      }
    }

    /// Whether two outlines are those of one letter: the same commands, and places that differ by a tenth of its size at most.
    func isLike(_ other: Outline) -> Bool {
      guard commands == other.commands, numbers.count == other.numbers.count else { return false }
      let size = (other.numbers.max() ?? 0) - (other.numbers.min() ?? 0)
      return zip(numbers, other.numbers).allSatisfy { abs($0 - $1) <= size / 10 }
    }
  }

  init(_ data: Data) {
    let bytes = [UInt8](data)
    var rest: [UInt8] = []
    rest.reserveCapacity(bytes.count)
    var (place, isDefinition) = (0, false)
    var letters: [Letter] = []
    var outlines: [String: Outline] = [:]
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "<") {
        if Self.skip("<defs", bytes, at: place) != nil { isDefinition = true }
        if Self.skip("</defs", bytes, at: place) != nil { isDefinition = false }
        let letter = Self.letter(bytes, at: place)
        if let letter { letters.append(letter.read) }
        // What draws is no definition, whatever name it has.
        let outline = isDefinition ? Self.outline(bytes, at: place) : nil
        if let outline { outlines[outline.name] = outline.read }
        if let end = outline?.end ?? letter?.end {
          place = end
          // An outline has a line of its own.
          if place < bytes.count, bytes[place] == 0x0A, rest.last == 0x0A { place += 1 }
          continue
        }
      }
      rest.append(bytes[place])
      place += 1
    }
    (self.rest, self.letters, self.outlines) = (Data(rest), letters, outlines)
  }

  /// What is different in the letters of another file of the figure; nil where both show the same letters in about the same places.
  func difference(ofLetters other: VectorPicture, by most: Double) -> String? {
    guard letters.count == other.letters.count else { return "letters: \(letters.count) and \(other.letters.count)" }
    func isNear(_ one: Double?, _ two: Double?) -> Bool {
      guard let one, let two else { return one == nil && two == nil }
      return abs(one - two) <= most
    }
    for (number, (one, two)) in zip(letters, other.letters).enumerated() {
      guard let own = outlines[one.outline], let made = other.outlines[two.outline] else {
        return "letter \(number + 1): an outline that the file does not define"
      }
      guard own.isLike(made) else { return "letter \(number + 1): another letter" }
      guard isNear(one.x, two.x), isNear(one.y, two.y) else { return "letter \(number + 1): in another place" }
      guard number > 0 else { continue }
      // Letters one after the other read as they did: digits in another order are another number.
      let before = (own: letters[number - 1], made: other.letters[number - 1])
      guard Self.follows(one, before.own, as: two, before.made) else {
        return "letter \(number + 1): in another place beside the letter before"
      }
    }
    return nil
  }

  /// Whether a letter stands to the letter before as in another file: on the same side and line, and within a word about as far away.
  private static func follows(_ one: Letter, _ before: Letter, as two: Letter, _ twoBefore: Letter) -> Bool {
    func step(_ to: Double?, _ from: Double?) -> Double { (to ?? 0) - (from ?? 0) }
    let own = (x: step(one.x, before.x), y: step(one.y, before.y))
    let made = (x: step(two.x, twoBefore.x), y: step(two.y, twoBefore.y))
    func side(_ step: Double) -> Int { step > 1 ? 1 : step < -1 ? -1 : 0 }
    for (own, made) in [(own.x, made.x), (own.y, made.y)] where side(own) != side(made) && abs(own - made) > 1 {
      return false
    }
    // Letters of one word stand close together on one line, whichever way it runs.
    let isWord = min(abs(made.x), abs(made.y)) < 0.5 && max(abs(made.x), abs(made.y)) < 12
    let most = 0.3 * max(abs(made.x), abs(made.y)) + 0.5
    return !isWord || abs(own.x - made.x) <= most && abs(own.y - made.y) <= most
  }

  /// `<path id="…" d="…"/>` and its end; nil for anything else.
  private static func outline(_ bytes: [UInt8], at start: Int) -> (name: String, read: Outline, end: Int)? {
    guard let id = value(bytes, after: "<path id=\"", at: start),
      let form = value(bytes, after: " d=\"", at: id.end), let end = skip("/>", bytes, at: form.end)
    else { return nil }
    return (id.text, Outline(form.text), end)
  }

  /// `<use href="#…" x="…" y="…"/>` and its end; nil for anything else.
  private static func letter(_ bytes: [UInt8], at start: Int) -> (read: Letter, end: Int)? {
    guard let name = value(bytes, after: "<use href=\"#", at: start) else { return nil }
    var place = name.end
    let x = value(bytes, after: " x=\"", at: place)
    place = x?.end ?? place
    let y = value(bytes, after: " y=\"", at: place)
    place = y?.end ?? place
    guard let end = skip("/>", bytes, at: place) else { return nil }
    return (Letter(outline: name.text, x: x.map(number), y: y.map(number)), end)
  }

  /// A place that is no number is near none.
  private static func number(_ value: (text: String, end: Int)) -> Double { Double(value.text) ?? .nan }

  /// A value, and the place behind it and its quotation mark.
  private static func value(_ bytes: [UInt8], after head: StaticString, at start: Int) -> (text: String, end: Int)? {
    guard let from = skip(head, bytes, at: start), let end = bytes[from...].firstIndex(of: UInt8(ascii: "\"")) else {
      return nil
    }
    return (String(decoding: bytes[from..<end], as: UTF8.self), end + 1)
  }

  private static func skip(_ text: StaticString, _ bytes: [UInt8], at start: Int) -> Int? {
    let end = start + text.utf8CodeUnitCount
    guard end <= bytes.count else { return nil }
    let isThere = text.withUTF8Buffer { bytes[start..<end].elementsEqual($0) }
    return isThere ? end : nil
  }
}
