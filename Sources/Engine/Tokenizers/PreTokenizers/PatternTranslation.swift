/// From a pattern written for Oniguruma (Ruby syntax, as `tokenizers` compiles it) to one for PCRE2 with UTF and UCP.
///
/// The two agree on nearly all that tokenizers use. They differ on white space (PCRE2 counts U+180E as such) and on `\w`,
/// which are spelled out here, and on the version of Unicode: `tokenizers` 0.23 knows Unicode 16, Debian 12's PCRE2 14, so
/// the letters and numbers that came in between are added. What means different things in the two is refused.
enum PatternTranslation {
  /// Unicode's White_Space, as the inside of a character class.
  private static let space =
    #"\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"#
  /// Letters that came with Unicode 15 to 16, as the inside of a character class.
  private static let laterLetters =
    #"\x{1C89}-\x{1C8A}\x{A7CB}-\x{A7CD}\x{A7DA}-\x{A7DC}\x{105C0}-\x{105F3}\x{10D4A}-\x{10D65}\x{10D6F}-\x{10D85}"#
    + #"\x{10EC2}-\x{10EC4}\x{1123F}-\x{11240}\x{11380}-\x{11389}\x{1138B}\x{1138E}\x{11390}-\x{113B5}\x{113B7}"#
    + #"\x{113D1}\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02}\x{11F04}-\x{11F10}\x{11F12}-\x{11F33}\x{1342F}"#
    + #"\x{13441}-\x{13446}\x{13460}-\x{143FA}\x{16100}-\x{1611D}\x{16D40}-\x{16D6C}\x{18CFF}\x{1B132}\x{1B155}"#
    + #"\x{1DF25}-\x{1DF2A}\x{1E030}-\x{1E06D}\x{1E4D0}-\x{1E4EB}\x{1E5D0}-\x{1E5ED}\x{1E5F0}\x{2B739}"#
    + #"\x{2EBF0}-\x{2EE5D}\x{31350}-\x{323AF}"#
  /// Numbers that came with Unicode 15 to 16, as the inside of a character class.
  private static let laterNumbers =
    #"\x{10D40}-\x{10D49}\x{116D0}-\x{116E3}\x{11BF0}-\x{11BF9}\x{11F50}-\x{11F59}\x{16130}-\x{16139}"#
    + #"\x{16D70}-\x{16D79}\x{1CCF0}-\x{1CCF9}\x{1D2C0}-\x{1D2D3}\x{1E4F0}-\x{1E4F9}\x{1E5F1}-\x{1E5FA}"#
  private static let letters = #"\p{L}"# + laterLetters
  private static let numbers = #"\p{N}"# + laterNumbers
  /// What Oniguruma counts as a word character.
  private static let word = letters + #"\p{M}"# + numbers + #"\p{Pc}"#

  /// Throws `TokenizerError.badPattern` for what is not known to mean the same.
  static func translate(_ source: String, path: String) throws(TokenizerError) -> String {
    var result = ""
    var inClass = false
    var rest = source.unicodeScalars[...]
    func refuse(_ what: String) -> TokenizerError {
      .badPattern(path: path, pattern: source, reason: "\(what) is not known to mean the same in PCRE2 and Oniguruma")
    }
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\\":
        guard let escaped = rest.popFirst() else { throw refuse("a backslash at the end") }
        switch escaped {
        case "s": result += inClass ? space : "[\(space)]"
        case "S" where !inClass: result += "[^\(space)]"
        case "w": result += inClass ? word : "[\(word)]"
        case "W" where !inClass: result += "[^\(word)]"
        case "p" where rest.starts(with: "{L}".unicodeScalars):
          rest = rest.dropFirst(3)
          result += inClass ? letters : "[\(letters)]"
        case "p" where rest.starts(with: "{N}".unicodeScalars):
          rest = rest.dropFirst(3)
          result += inClass ? numbers : "[\(numbers)]"
        case "p", "P", "d", "D", "r", "n", "t", "f", "x", "u":
          if escaped == "u" {
            // \uHHHH
            let digits = String(String.UnicodeScalarView(rest.prefix(4)))
            guard digits.utf8.count == 4, UInt32(digits, radix: 16) != nil else { throw refuse("\\u\(digits)") }
            rest = rest.dropFirst(4)
            result += "\\x{\(digits)}"
          } else {
            result += "\\\(escaped)"
          }
        default:
          let isWord = escaped.properties.isAlphabetic || escaped.properties.numericType != nil
          if isWord { throw refuse("'\\\(escaped)'") }
          result += "\\\(escaped)"
        }
      case "[":
        if inClass {
          // Oniguruma nests classes.
          throw refuse("a class within a class")
        }
        inClass = true
        result.unicodeScalars.append(scalar)
      case "]":
        inClass = false
        result.unicodeScalars.append(scalar)
      case "&" where inClass && rest.first == "&":
        throw refuse("'&&' in a class")
      case "^" where !inClass, "$" where !inClass:
        // Ruby's are ends of lines.
        throw refuse("'\(scalar)'")
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
