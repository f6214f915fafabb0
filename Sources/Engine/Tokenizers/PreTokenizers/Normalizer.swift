import Foundation

/// A step that changes text before it is cut.
enum Normalizer: Sendable {
  /// Every occurrence of a text becomes another.
  case replace([UInt8], with: [UInt8])
  /// Every match of a pattern becomes a text.
  case replaceMatches(Pattern, with: [UInt8])
  /// A text in front of all that is not empty.
  case prepend([UInt8])
  /// A Unicode normalization form.
  case form(UnicodeForm)
  /// Every character's small letter.
  case lowercase
  /// Combining marks are dropped.
  case stripAccents
  /// White space at the ends is dropped.
  case strip(left: Bool, right: Bool)

  /// Unicode's normalization forms (UAX #15).
  enum UnicodeForm: String, Sendable, CaseIterable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"
  }

  /// Does the step on UTF-8.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func apply(to text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    switch self {
    case .replace(let wanted, let replacement):
      return text.replacing(wanted, with: replacement)
    case .replaceMatches(let pattern, let replacement):
      let found = try text.withUnsafeBufferPointer { bytes throws(TokenizerError) in
        try pattern.matches(in: bytes, pieces: [0..<bytes.count])
      }
      var result: [UInt8] = []
      var copied = 0
      for match in found.joined() {
        result += text[copied..<match.lowerBound]
        result += replacement
        copied = match.upperBound
      }
      return result + text[copied...]
    case .prepend(let prefix):
      return text.isEmpty ? text : prefix + text
    case .lowercase:
      return String(decoding: text, as: UTF8.self).unicodeScalars.flatMap { Array($0.properties.lowercaseMapping.utf8) }
    case .stripAccents:
      var kept = String.UnicodeScalarView()
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars where !ScalarClass.isMark(scalar) {
        kept.append(scalar)
      }
      return Array(String(kept).utf8)
    case .strip(let left, let right):
      var scalars = Substring(String(decoding: text, as: UTF8.self)).unicodeScalars
      if left { scalars = scalars.drop(while: ScalarClass.isWhitespace) }
      if right { while let last = scalars.last, ScalarClass.isWhitespace(last) { scalars.removeLast() } }
      return Array(String(scalars).utf8)
    case .form(let form):
      // All of ASCII is in every form already.
      if text.allSatisfy({ $0 < 0x80 }) { return text }
      let string = String(decoding: text, as: UTF8.self)
      switch form {
      case .nfc: return Array(string.precomposedStringWithCanonicalMapping.utf8)
      case .nfd: return Array(string.decomposedStringWithCanonicalMapping.utf8)
      case .nfkc: return Array(string.precomposedStringWithCompatibilityMapping.utf8)
      case .nfkd: return Array(string.decomposedStringWithCompatibilityMapping.utf8)
      }
    }
  }
}
