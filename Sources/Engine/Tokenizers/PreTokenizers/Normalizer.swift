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
  /// What BERT does to a text before it is cut.
  case bert(BertCleaning)
  /// SentencePiece's oldest rules (`nmt`): control characters are dropped, and unusual spaces become spaces.
  case nmt
  /// A map of characters that SentencePiece compiled.
  case precompiled(CharacterMap)

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
    case .bert(let cleaning): return cleaning.apply(to: text)
    case .nmt: return LegacyRules.apply(to: text)
    case .precompiled(let map): return map.apply(to: text)
    case .form(let form):
      // All of ASCII is in every form already.
      if text.allSatisfy({ $0 < 0x80 }) { return text }
      return Array(form.apply(to: String(decoding: text, as: UTF8.self)).utf8)
    }
  }
}

extension Normalizer.UnicodeForm {
  /// The text in this form.
  func apply(to string: String) -> String {
    switch self {
    case .nfc: string.precomposedStringWithCanonicalMapping
    case .nfd: string.decomposedStringWithCanonicalMapping
    case .nfkc: string.precomposedStringWithCompatibilityMapping
    case .nfkd: string.decomposedStringWithCompatibilityMapping
    }
  }
}
