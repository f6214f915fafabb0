import Foundation

extension Normalizer {
  /// Unicode's normalization forms (UAX #15), as of Unicode 9, at which the crate `unicode-normalization-alignments` stands.
  enum UnicodeForm: String, Sendable, CaseIterable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"
  }
}

extension Normalizer.UnicodeForm {
  /// Does the normalization on UTF-8.
  func apply(to text: [UInt8]) -> [UInt8] {
    // All of ASCII is in every form already.
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    let string = String(decoding: text, as: UTF8.self)
    guard Self.needsCare(text) else { return Array(normalized(string).utf8) }
    // What nothing was known about stays, and what is around it does not meet.
    var result: [UInt8] = []
    var known = String.UnicodeScalarView()
    for scalar in string.unicodeScalars {
      if let parts = Self.marks[scalar] {
        known.append(contentsOf: parts.unicodeScalars)
      } else if Self.isLater(scalar.value) {
        result += normalized(String(known)).utf8
        known.removeAll(keepingCapacity: true)
        result += String(scalar).utf8
      } else {
        known.append(scalar)
      }
    }
    return result + normalized(String(known)).utf8
  }

  /// Every form takes these marks apart; Foundation loses them behind other marks.
  private static let marks: [Unicode.Scalar: String] = [
    "\u{340}": "\u{300}", "\u{341}": "\u{301}", "\u{343}": "\u{313}", "\u{344}": "\u{308}\u{301}",
    "\u{F73}": "\u{F71}\u{F72}", "\u{F75}": "\u{F71}\u{F74}", "\u{F81}": "\u{F71}\u{F80}",
  ]

  /// Whether a text has characters that Foundation alone would get wrong.
  private static func needsCare(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { bytes in
      var at = 0
      while at < bytes.count {
        let lead = bytes[at]
        if lead < 0xCD {
          // One byte, or the first of two below U+0340, or one behind the first.
          at += 1
        } else if lead < 0xE0 {
          guard at + 1 < bytes.count else { return false }
          if lead == 0xCD && bytes[at + 1] <= 0x84 || lead == 0xDF && bytes[at + 1] == 0xBD { return true }
          at += 2
        } else {
          let width = lead < 0xF0 ? 3 : 4
          guard at + width <= bytes.count else { return false }
          // Ideographs up to U+9FFF: nearly all text of three bytes.
          if !(0xE4...0xE9).contains(lead) {
            var value = UInt32(lead & (width == 3 ? 0x0F : 0x07))
            for next in 1..<width { value = value << 6 | UInt32(bytes[at + next] & 0x3F) }
            if value == 0xF73 || value == 0xF75 || value == 0xF81 || isLater(value) { return true }
          }
          at += width
        }
      }
      return false
    }
  }

  private func normalized(_ text: String) -> String {
    switch self {
    case .nfc: text.precomposedStringWithCanonicalMapping
    case .nfd: text.decomposedStringWithCanonicalMapping
    // Foundation's own form KC leaves a halfwidth sound mark behind its kana.
    case .nfkc: text.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
    case .nfkd: text.decomposedStringWithCompatibilityMapping
    }
  }

  /// Characters that came later and have a decomposition or a combining class, some inert neighbours among them.
  private static let later: [ClosedRange<UInt32>] = [
    0x7FD...0x7FD, 0x897...0x89F, 0x8CA...0x8D3, 0x9FE...0x9FE, 0xC3C...0xC3C, 0xD3B...0xD3C, 0xEBA...0xEBA,
    0x1715...0x1715, 0x1ABF...0x1AEB, 0x1DF6...0x1DFA, 0x32FF...0x32FF, 0xA7F1...0xA7F4, 0xA82C...0xA82C,
    0xAB69...0xAB69, 0x10781...0x107BA, 0x10D24...0x10D27, 0x10D69...0x10D6D, 0x10EAB...0x10EAC, 0x10EFA...0x10EFF,
    0x10F46...0x10F50, 0x10F82...0x10F85, 0x11070...0x11070, 0x1133B...0x1133B, 0x11380...0x113E2,
    0x1145E...0x1145E, 0x11839...0x1183A, 0x11930...0x11943, 0x119E0...0x119E0, 0x11A34...0x11A34,
    0x11A47...0x11A47, 0x11A99...0x11A99, 0x11D42...0x11D45, 0x11D97...0x11D97, 0x11F41...0x11F42,
    0x16100...0x16139, 0x16D40...0x16D79, 0x16FF0...0x16FF6, 0x1E030...0x1E08F, 0x1E130...0x1E136,
    0x1E2AE...0x1E2AE, 0x1E2EC...0x1E2EF, 0x1E4EC...0x1E4EF, 0x1E5EE...0x1E5EF, 0x1E6C0...0x1E6FF,
    0x1F16C...0x1F16C, 0x1FBF0...0x1FBF9,
  ]

  private static func isLater(_ value: UInt32) -> Bool {
    // Nearly all text ends the search here.
    if value < 0x7FD || 0x32FF < value && value < 0xA7F1 || 0xAB69 < value && value < 0x10781 { return false }
    var (low, high) = (0, later.count)
    while low < high {
      let middle = (low + high) / 2
      if later[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < later.count && later[low].contains(value)
  }
}
