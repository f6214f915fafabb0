/// The classes of characters at which `tokenizers` cuts, as defined by Rust and its crates.
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

  /// General category M as of Unicode 9, at which the crate `unicode-normalization-alignments` stands (`is_combining_mark`).
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x300: return false
    // In Unicode 9 two of them were marks, and one was not.
    case 0x1CF2, 0x1CF3: return true
    case 0x111C9: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return isKnown(scalar, asOf: 9)
    default: return false
    }
  }

  /// Mn as of Unicode 8, at which the crate `unicode_categories` stands (`is_mark_nonspacing`).
  static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x300: false
    // In Unicode 8 two of them were nonspacing, and four were not.
    case 0x1734, 0x1171E: true
    case 0x1885, 0x1886, 0xA9BD, 0x111C9: false
    default: scalar.properties.generalCategory == .nonspacingMark && isKnown(scalar, asOf: 8)
    }
  }

  private static func isKnown(_ scalar: Unicode.Scalar, asOf version: Int) -> Bool {
    scalar.properties.age.map { $0.major <= version } ?? false
  }

  /// Controls, formats and private use as of Unicode 8 (`is_other` of `unicode_categories`, which does not count what is unassigned).
  static func isOther(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .privateUse: true
    case .format: isKnown(scalar, asOf: 8)
    default: false
    }
  }

  /// What matches `\w` in Rust's `regex` crate (UTS #18), which stands at Unicode 16.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: return true
    case ..<0x80: return false
    default: break
    }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: break
    default: if !properties.isAlphabetic && !properties.isJoinControl { return false }
    }
    return isKnown(scalar, asOf: 16)
  }

  /// ASCII punctuation and symbols, and general category P as of Unicode 8, at which the crate `unicode_categories` stands.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    case ..<0x80: return false
    // In Unicode 8 these two were punctuation.
    case 0x166D, 0x111C9: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return isKnown(scalar, asOf: 8)
    default: return false
    }
  }
}
