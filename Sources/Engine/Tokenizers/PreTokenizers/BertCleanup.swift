/// BERT's normalization of a text before cutting (`BertNormalizer` of `tokenizers`).
struct BertCleanup: Sendable {
  /// Drops controls, NUL and U+FFFD; all white space becomes spaces.
  var cleansText: Bool
  /// Puts spaces around Chinese characters.
  var spacesChinese: Bool
  /// Decomposes and drops nonspacing marks.
  var stripsAccents: Bool
  /// Converts letters to lower case.
  var lowercases: Bool

  /// Applies the enabled steps to UTF-8.
  func apply(to text: [UInt8]) -> [UInt8] {
    var text = text
    if cleansText {
      text = text.mappingScalars { scalar, kept in
        let isLineOrTab = scalar == "\t" || scalar == "\n" || scalar == "\r"
        if !isLineOrTab, scalar == "\u{FFFD}" || ScalarClass.isOther(scalar) { return }
        kept.append(ScalarClass.isWhitespace(scalar) ? " " : scalar)
      }
    }
    if spacesChinese {
      text = text.mappingScalars { scalar, spaced in
        let isChinese = BertCleanup.isChinese(scalar)
        if isChinese { spaced.append(" ") }
        spaced.append(scalar)
        if isChinese { spaced.append(" ") }
      }
    }
    if stripsAccents {
      text = Normalizer.UnicodeForm.nfd.apply(to: text)
      text = text.mappingScalars { scalar, kept in if !ScalarClass.isNonspacingMark(scalar) { kept.append(scalar) } }
    }
    if lowercases { text = text.mappingScalars { ScalarCase.appendLowercase($0, to: &$1) } }
    return text
  }

  /// The blocks that BERT calls Chinese: ideographs of CJK, not kana and not Hangul.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

/// SentencePiece's rules for machine translation (`Nmt` of `tokenizers`).
enum NMTRules {
  /// Appends the replacement of a scalar.
  static func append(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: text.append(" ")
    default: text.append(scalar)
    }
  }
}
