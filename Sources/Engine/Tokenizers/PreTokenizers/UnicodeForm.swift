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
  /// Applies the normalization to UTF-8.
  func apply(to text: [UInt8]) -> [UInt8] {
    // All of ASCII is in every form already.
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    var result: [UInt8] = []
    var known: [UInt8] = []
    var taken = 0
    while let found = Self.nextOdd(in: text, from: taken) {
      known += text[taken..<found.range.lowerBound]
      taken = found.range.upperBound
      if let parts = found.parts {
        known += parts.utf8
      } else {
        // A later character stays unchanged, and separates the text on both sides.
        result += normalized(known[...])
        known.removeAll(keepingCapacity: true)
        result += text[found.range]
      }
    }
    if taken == 0 { return normalized(text[...]) }
    return result + normalized((known + text[taken...])[...])
  }

  /// Every form decomposes these marks; Foundation loses them after other marks.
  private static func parts(_ value: UInt32) -> String? {
    switch value {
    case 0x340: "\u{300}"
    case 0x341: "\u{301}"
    case 0x343: "\u{313}"
    case 0x344: "\u{308}\u{301}"
    case 0xF73: "\u{F71}\u{F72}"
    case 0xF75: "\u{F71}\u{F74}"
    case 0xF81: "\u{F71}\u{F80}"
    default: nil
    }
  }

  /// The next character that Foundation alone would treat wrongly; `parts` is nil for a later character.
  private static func nextOdd(in text: [UInt8], from start: Int) -> (range: Range<Int>, parts: String?)? {
    text.withUnsafeBufferPointer { bytes in
      var at = start
      while at < bytes.count {
        let lead = bytes[at]
        if lead < 0xCD {
          // One byte, or the first of two below U+0340, or one behind the first.
          at += 1
          continue
        }
        let width = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard at + width <= bytes.count else { return nil }
        // Ideographs up to U+9FFF: nearly all text of three bytes.
        if !(0xE4...0xE9).contains(lead) {
          var value = UInt32(lead & (width == 2 ? 0x1F : width == 3 ? 0x0F : 0x07))
          for next in 1..<width { value = value << 6 | UInt32(bytes[at + next] & 0x3F) }
          if let parts = parts(value) { return (at..<at + width, parts) }
          if isLater(value) { return (at..<at + width, nil) }
        }
        at += width
      }
      return nil
    }
  }

  private func normalized(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    let form =
      switch self {
      case .nfc: text.precomposedStringWithCanonicalMapping
      case .nfd: text.decomposedStringWithCanonicalMapping
      case .nfkc where Self.joinsByCompatibility(bytes):
        // Foundation's own form KC does not join them.
        text.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
      case .nfkc: text.precomposedStringWithCompatibilityMapping
      case .nfkd: text.decomposedStringWithCompatibilityMapping
      }
    return Array(form.utf8)
  }

  /// Whether a text has characters that join the preceding ones only by their compatibility decomposition: halfwidth sound
  /// marks, and jamo that are halfwidth or not conjoining.
  private static func joinsByCompatibility(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      bytes.count > 2
        && (0..<bytes.count - 2).contains { at in
          switch (bytes[at], bytes[at + 1]) {
          case (0xE3, 0x84...0x86), (0xEF, 0xBE...0xBF):
            let high = UInt32(bytes[at] & 0x0F) << 12 | UInt32(bytes[at + 1] & 0x3F) << 6
            let value = high | UInt32(bytes[at + 2] & 0x3F)
            return 0x3131...0x318E ~= value || 0xFF9E...0xFFDC ~= value
          default: return false
          }
        }
    }
  }

  /// Later characters with a decomposition or a combining class, including some inert neighbours.
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
