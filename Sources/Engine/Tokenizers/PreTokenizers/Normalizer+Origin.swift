/// Where the first character of a normalized text comes from.
///
/// A step that acts at the start of a text only (`Metaspace` with "first") asks in `tokenizers` whether the piece starts where the original
/// text does. A normalizer that drops or joins characters there changes the answer (`NormalizedString::slice`).
extension Normalizer {
  /// The byte of `text` that the first byte of the step's result comes from.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func firstSource(in text: [UInt8]) throws(TokenizerError) -> Int {
    switch self {
    case .replace(let wanted, let replacement):
      guard !wanted.isEmpty else { return 0 }
      var start = 0
      while text[start...].starts(with: wanted) {
        // What is put in is taken to come from the last character that it replaces.
        if !replacement.isEmpty { return start + Self.lastCharacter(of: wanted) }
        start += wanted.count
      }
      return start
    case .replaceMatches(let pattern, let replacement):
      let found = try text.withUnsafeBufferPointer { bytes throws(TokenizerError) in
        try pattern.matches(in: bytes, pieces: [0..<bytes.count])
      }
      var start = 0
      for match in found.joined() where !match.isEmpty {
        guard match.lowerBound == start else { break }
        if !replacement.isEmpty { return start + Self.lastCharacter(of: Array(text[match])) }
        start = match.upperBound
      }
      return start
    case .strip(left: true, _):
      let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
      return scalars.prefix(while: ScalarClass.isWhitespace).reduce(0) { $0 + UTF8.width($1) }
    case .stripAccents:
      let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
      return scalars.prefix(while: ScalarClass.isMark).reduce(0) { $0 + UTF8.width($1) }
    default: return 0
    }
  }

  /// The byte at which the last character starts.
  private static func lastCharacter(of text: [UInt8]) -> Int { text.lastIndex { $0 & 0xC0 != 0x80 } ?? 0 }
}
