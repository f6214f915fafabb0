/// The part of a normalized text that comes from the first character of the original.
///
/// `Metaspace` with "first" acts on pieces that start, by the offsets of `tokenizers`, at the start of the original text
/// (`NormalizedString::offsets_original`). A normalizer that drops, joins or adds characters there changes the result.
extension Normalizer {
  /// The leading bytes of the step's result that come from the first character, given how many of `text` do.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func start(_ start: Int, in text: [UInt8]) throws(TokenizerError) -> Int {
    guard start > 0, !text.isEmpty else { return 0 }
    switch self {
    case .replace(let wanted, let content):
      return Normalizer.start(start, replacing: text.occurrences(of: wanted, in: 0..<text.count), content.count)
    case .replaceMatches(let pattern, let content):
      let found = try text.withUnsafeBufferPointer { bytes throws(TokenizerError) in
        try pattern.matches(in: bytes, pieces: [0..<bytes.count])
      }
      return Normalizer.start(start, replacing: Array(found.joined()), content.count)
    case .prepend(let prefix): return prefix.count + start
    case .strip(let left, _): return left ? max(0, start - (text.count - (try stripped(text).count))) : start
    case .precompiled(let map): return map.start(start, in: text)
    // The replacement of a character comes from that character.
    case .form, .lowercase, .stripAccents, .bert, .nmt, .byteAlphabet:
      return try apply(to: Array(text.prefix(start))).count
    }
  }

  private func stripped(_ text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    try Normalizer.strip(left: true, right: false).apply(to: text)
  }

  /// Inserted text comes from the last character that it replaces.
  private static func start(_ start: Int, replacing matches: [Range<Int>], _ width: Int) -> Int {
    var (kept, end) = (0, 0)
    for match in matches {
      guard match.lowerBound < start else { break }
      kept += match.lowerBound - end
      end = match.upperBound
      guard end <= start else { return kept }
      kept += width
    }
    return kept + start - end
  }
}
