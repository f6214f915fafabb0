import Foundation
import Words

/// Compares two texts: everything but numbers and digests must be the same, numbers within a tolerance.
///
/// A tolerance is for galleries that other versions of libraries make. There a probability can be rounded the other way, and the bytes and
/// edges of a picture can be others; no word of a page changes with them.
struct TextComparison {
  /// Whether nothing differs beyond the tolerance.
  var isEqual: Bool { difference == nil }
  /// "line 12: …rank 3… and …rank 4…"; nil for equal texts.
  private(set) var difference: String?

  /// Compares texts in UTF-8.
  ///
  /// - Parameters:
  ///   - isDrawing: Whether numbers within tags are places and sizes, which are not compared. What stands between tags is read, and is.
  ///   - isDigest: Whether a digest, or its beginning, is that of a file beside the first text.
  init(
    _ one: Data, _ other: Data, tolerance: DiffTolerance, isDrawing: Bool = false,
    isDigest: (String) -> Bool = { _ in false }
  ) {
    var (a, b) = (Scanner(bytes: [UInt8](one)), Scanner(bytes: [UInt8](other)))
    func agree(_ x: Scanner.Piece, _ y: Scanner.Piece) -> Bool {
      if a.bytes[x.range] == b.bytes[y.range] { return true }
      guard x.kind == y.kind else { return false }
      switch x.kind {
      case .other: return false
      case .digest: return isDigest(String(decoding: a.bytes[x.range], as: UTF8.self))
      case .number:
        return isDrawing && a.isInTag ? Self.isAlike(x, y, a, b) : Self.agree(x, y, a, b, tolerance)
      }
    }
    while true {
      let (x, y) = (a.next(), b.next())
      if x == nil, y == nil { return }
      if let x, let y, agree(x, y) { continue }
      difference = "line \(a.line): \(a.around(x)) and \(b.around(y))"
      return
    }
  }

  /// Two places or sizes of a drawing.
  ///
  /// Letters of another version of a font move and stretch what stands beside them, by little. What has a width or a height keeps one.
  private static func isAlike(_ x: Scanner.Piece, _ y: Scanner.Piece, _ a: Scanner, _ b: Scanner) -> Bool {
    guard let one = a.value(x), let other = b.value(y) else { return false }
    if a.isExtent(x), max(one, other) > 2 * min(one, other) { return false }
    return abs(one - other) <= 6 + 0.1 * max(one, other)
  }

  /// Two numbers.
  private static func agree(
    _ x: Scanner.Piece, _ y: Scanner.Piece, _ a: Scanner, _ b: Scanner, _ tolerance: DiffTolerance
  ) -> Bool {
    if tolerance.channel > 0, a.isLayout(x), b.isLayout(y) {
      // A size may be another one; what is shown stays so.
      guard let one = a.value(x), let other = b.value(y) else { return false }
      return max(one, other) <= 2 * min(one, other)
    }
    guard tolerance.number > 0, let one = a.value(x), let other = b.value(y) else { return false }
    let isCount = mayCount(a.isWhole(x), one, b.isWhole(y), other)
    if isCount, a.step(x) == 0 || b.step(y) == 0 { return false }
    // A probability changes by its logarithm's change times itself, and either can be rounded the other way.
    let step = min(a.step(x), b.step(y))
    return abs(one - other) <= tolerance.number * max(1, abs(one)) + step * 1.000_001
  }

  /// Whether one of two different numbers is a count, a rank or an id, which no tolerance is for.
  ///
  /// Whole numbers are; 0 and 1 beside a fraction can be probabilities that happen to be whole.
  static func mayCount(_ isWhole: Bool, _ one: Double, _ isOtherWhole: Bool, _ other: Double) -> Bool {
    if isWhole, isOtherWhole { return true }
    return isWhole && abs(one) > 1 || isOtherWhole && abs(other) > 1
  }

  /// The pieces of a text in turn.
  private struct Scanner {
    let bytes: [UInt8]
    private var place = 0
    /// The line of the last piece, from 1.
    private(set) var line = 1
    /// Whether the last piece stands within a tag.
    private(set) var isInTag = false

    /// A stretch of the text.
    struct Piece {
      var kind: Kind
      var range: Range<Int>
    }

    /// What is compared of a piece.
    enum Kind {
      /// A number in decimal digits.
      case number
      /// At least twelve hexadecimal digits, the length of a shortened digest.
      case digest
      /// One other byte, or a name with digits.
      case other
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool {
      isDigit(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F || byte >= 0x80
    }

    mutating func next() -> Piece? {
      guard place < bytes.count else { return nil }
      let start = place
      if bytes[start] == 0x0A { line += 1 }
      if bytes[start] == UInt8(ascii: "<") { isInTag = true }
      if bytes[start] == UInt8(ascii: ">") { isInTag = false }
      guard Self.isWord(bytes[start]) else {
        place += 1
        return Piece(kind: .other, range: start..<place)
      }
      var end = start
      // A minus sign is of several bytes, and the number begins behind it.
      let isSign = bytes[start] >= 0x80
      while end < bytes.count, Self.isWord(bytes[end]), !(isSign && Self.isDigit(bytes[end])) { end += 1 }
      let word = bytes[start..<end]
      if word.count >= 12, word.allSatisfy(Self.isHex), word.contains(where: Self.isDigit) {
        place = end
        return Piece(kind: .digest, range: start..<end)
      }
      // A colour can consist of digits alone.
      guard Self.isDigit(bytes[start]), start == 0 || bytes[start - 1] != UInt8(ascii: "#") else {
        place = end
        return Piece(kind: .other, range: start..<end)
      }
      end = start
      while end < bytes.count, Self.isDigit(bytes[end]) { end += 1 }
      if end + 1 < bytes.count, bytes[end] == 0x2E, Self.isDigit(bytes[end + 1]) {
        end += 1
        while end < bytes.count, Self.isDigit(bytes[end]) { end += 1 }
      }
      place = end
      return Piece(kind: .number, range: start..<end)
    }

    func value(_ piece: Piece) -> Double? { Double(String(decoding: bytes[piece.range], as: UTF8.self)) }

    /// Whether a number has no fraction.
    func isWhole(_ piece: Piece) -> Bool { !bytes[piece.range].contains(0x2E) }

    /// One in the last printed digit; nothing for a whole number, which counts layers or tokens, unless it is a percentage.
    func step(_ piece: Piece) -> Double {
      if let point = bytes[piece.range].firstIndex(of: 0x2E) {
        return pow(10, -Double(piece.range.upperBound - point - 1))
      }
      return after(piece, 4).drop { !$0.isASCII || $0 == " " }.first == "%" ? 1 : 0
    }

    /// Whether a number of a drawing is a width, a height, a radius or a scale.
    func isExtent(_ piece: Piece) -> Bool {
      let start = piece.range.lowerBound
      let before = String(decoding: bytes[max(0, start - 14)..<start], as: UTF8.self)
      return ["width=\"", "height=\"", "r=\"", "scale("].contains { before.hasSuffix($0) }
    }

    /// Whether a number is a size of a file or of a picture, which follows from libraries: `"bytes": 12`, `width="34"`, `12 kB`, `34w`.
    func isLayout(_ piece: Piece) -> Bool {
      let before = String(decoding: bytes[max(0, piece.range.lowerBound - 12)..<piece.range.lowerBound], as: UTF8.self)
      if before.hasSuffix(" width=\"") || before.hasSuffix(" height=\"") { return true }
      let key = before.filter { $0 != " " }
      if key.hasSuffix("\"bytes\":") { return true }
      // Models have a width as well, which is a whole number.
      if key.hasSuffix("\"width\":") || key.hasSuffix("\"height\":") { return bytes[piece.range].contains(0x2E) }
      let rest = after(piece, 6)
      let unit = rest.drop { !$0.isASCII || $0 == " " }.prefix { $0.isLetter }
      if ["kB", "MB"].contains(String(unit)) { return isBesideLink(piece) }
      return isInTag && (rest.hasPrefix("w ") || rest.hasPrefix("w\"") || rest.hasPrefix("w,"))
    }

    /// Whether a size stands where pages have those of files: in small letters, or in the label of a link; words of authors may have one, too.
    private func isBesideLink(_ piece: Piece) -> Bool {
      let start = piece.range.lowerBound
      let before = String(decoding: bytes[max(0, start - 200)..<start], as: UTF8.self)
      if isInTag {
        return before.range(of: "aria-label=\"", options: .backwards).map { !before[$0.upperBound...].contains("\"") }
          ?? false
      }
      guard let small = before.range(of: "<small>", options: .backwards) else { return false }
      return !before[small.upperBound...].contains("<")
    }

    private func after(_ piece: Piece, _ count: Int) -> String {
      String(decoding: bytes[piece.range.upperBound..<min(bytes.count, piece.range.upperBound + count)], as: UTF8.self)
    }

    /// A piece with its neighbourhood, in one line.
    func around(_ piece: Piece?) -> String {
      guard let piece else { return "the end" }
      let range = max(0, piece.range.lowerBound - 20)..<min(bytes.count, piece.range.upperBound + 20)
      return "“\(VisibleText.excerpt(of: String(decoding: bytes[range], as: UTF8.self), count: 60))”"
    }
  }
}
