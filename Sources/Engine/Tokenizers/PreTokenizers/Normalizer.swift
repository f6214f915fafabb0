/// A step that changes text before it is cut.
enum Normalizer: Sendable {
  /// Every occurrence of a non-empty text becomes another.
  case replace([UInt8], with: [UInt8])
  /// Every match of a pattern becomes a text.
  case replaceMatches(Pattern, with: [UInt8])
  /// A prefix for texts that are not empty.
  case prepend([UInt8])
  /// A Unicode normalization form.
  case form(UnicodeForm)
  /// Lower case.
  case lowercase
  /// Combining marks are dropped.
  case stripAccents
  /// White space at the ends is dropped.
  case strip(left: Bool, right: Bool)
  /// BERT's clean-up of a text.
  case bert(BertCleanup)
  /// Controls are dropped and unusual spaces become plain ones, by SentencePiece's `nmt` rules.
  case nmt
  /// SentencePiece's compiled map of characters.
  case precompiled(PrecompiledCharacterMap)
  /// Every byte becomes the character that stands for it.
  case byteAlphabet

  /// Applies the step to UTF-8.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func apply(to text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    switch self {
    case .replace(let wanted, let replacement):
      return text.replacing(wanted, with: replacement)
    case .replaceMatches(let pattern, let replacement):
      return try pattern.replaceMatches(in: text, with: replacement)
    case .prepend(let prefix):
      return text.isEmpty ? text : prefix + text
    case .lowercase: return text.mappingScalars { ScalarCase.appendLowercase($0, to: &$1) }
    case .stripAccents:
      return text.mappingScalars { scalar, kept in if !ScalarClass.isMark(scalar) { kept.append(scalar) } }
    case .strip(let left, let right):
      var scalars = Substring(String(decoding: text, as: UTF8.self)).unicodeScalars
      if left { scalars = scalars.drop(while: ScalarClass.isWhitespace) }
      if right { while let last = scalars.last, ScalarClass.isWhitespace(last) { scalars.removeLast() } }
      return Array(String(scalars).utf8)
    case .form(let form): return form.apply(to: text)
    case .bert(let cleanup): return cleanup.apply(to: text)
    case .nmt: return text.mappingScalars(NMTRules.append)
    case .precompiled(let map): return map.apply(to: text)
    case .byteAlphabet: return ByteAlphabet.spelling(text)
    }
  }
}

extension [UInt8] {
  /// This UTF-8 with every scalar replaced by what `append` adds.
  func mappingScalars(_ append: (Unicode.Scalar, inout [UInt8]) -> Void) -> [UInt8] {
    var mapped: [UInt8] = []
    mapped.reserveCapacity(count)
    for scalar in String(decoding: self, as: UTF8.self).unicodeScalars { append(scalar, &mapped) }
    return mapped
  }

  /// Appends a scalar in UTF-8.
  mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.isASCII { append(UInt8(scalar.value)) } else { append(contentsOf: UTF8.encode(scalar) ?? .init()) }
  }
}
