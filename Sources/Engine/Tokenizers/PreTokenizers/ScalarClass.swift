/// The kinds of characters that `tokenizers` cuts by, as Rust and its crates define them.
enum ScalarClass {
  /// General category N (`char::is_numeric`).
  static func isNumeric(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// White_Space (`char::is_whitespace`).
  static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  /// General category M as of Unicode 13, at which the crate `unicode-normalization-alignments` stands (`is_combining_mark`).
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: scalar.properties.age.map { $0.major <= 13 } ?? false
    default: false
    }
  }

  /// What matches `\w` in Rust's `regex` crate (UTS #18).
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }

  /// ASCII punctuation and symbols, and general category P as of Unicode 8, at which the crate `unicode_categories` stands.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    case ..<0x80: return false
    // These two were punctuation then.
    case 0x166D, 0x111C9: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return scalar.properties.age.map { $0.major <= 8 } ?? false
    default: return false
    }
  }

  /// General category Mn as of Unicode 8, at which the crate `unicode_categories` stands.
  static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Vowel signs that became other kinds of characters, or were others then.
    case 0x1734: return true
    case 0x1885, 0x1886, 0x111C9: return false
    default: return scalar.properties.generalCategory == .nonspacingMark && isOfUnicode8(scalar)
    }
  }

  /// General categories Cc, Cf and Co as of Unicode 8 (`is_other` of the crate `unicode_categories`).
  static func isOther(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: isOfUnicode8(scalar)
    default: false
    }
  }

  private static func isOfUnicode8(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.age.map { $0.major <= 8 } ?? false
  }
}
