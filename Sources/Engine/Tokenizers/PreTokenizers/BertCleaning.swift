/// What BERT (Devlin and others 2018) does to a text before it is cut, as the normalizer `BertNormalizer` of `tokenizers` does it.
struct BertCleaning: Sendable {
  /// Control characters are dropped, and white space becomes spaces.
  var cleansText: Bool
  /// Chinese characters stand apart.
  var separatesChinese: Bool
  /// Marks over and under letters are dropped.
  var stripsAccents: Bool
  var lowercases: Bool

  /// Does it on UTF-8.
  func apply(to text: [UInt8]) -> [UInt8] {
    var scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    if cleansText {
      scalars = scalars.compactMap { scalar in
        switch scalar.value {
        case 0, 0xFFFD: nil
        case 0x09, 0x0A, 0x0D: " "
        default: ScalarClass.isOther(scalar) ? nil : ScalarClass.isWhitespace(scalar) ? " " : scalar
        }
      }
    }
    if separatesChinese { scalars = scalars.flatMap { Self.isChinese($0) ? [" ", $0, " "] : [$0] } }
    if stripsAccents {
      let whole = String(String.UnicodeScalarView(scalars))
      let decomposed = Normalizer.UnicodeForm.nfd.apply(to: whole)
      scalars = decomposed.unicodeScalars.filter { !ScalarClass.isNonspacingMark($0) }
    }
    guard lowercases else { return Array(String(String.UnicodeScalarView(scalars)).utf8) }
    return scalars.flatMap { Array($0.properties.lowercaseMapping.utf8) }
  }

  /// The blocks that BERT counts as Chinese; one of them starts late by a slip that models were trained with.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF,
      0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

/// The rules `nmt` of SentencePiece, as the normalizer `Nmt` of `tokenizers` has them.
enum LegacyRules {
  /// Does them on UTF-8.
  static func apply(to text: [UInt8]) -> [UInt8] {
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.compactMap { scalar -> Unicode.Scalar? in
      switch scalar.value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: " "
      default: scalar
      }
    }
    return Array(String(String.UnicodeScalarView(scalars)).utf8)
  }
}
