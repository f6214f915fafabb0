/// Translates a pattern for Oniguruma (Ruby syntax, as `tokenizers` compiles it) to one for PCRE2 with UTF and UCP.
///
/// The two agree on nearly everything that tokenizers use. They differ in white space (PCRE2 includes U+180E) and in `\w`,
/// which are spelled out here, and in the version of Unicode: `tokenizers` 0.23 has Unicode 16, Debian 12's PCRE2 has 14, so
/// later characters are added (`LaterUnicode`). Constructs with different meanings are refused.
enum PatternTranslation {
  /// Unicode's White_Space, as the inside of a character class.
  private static let space =
    #"\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"#
  /// What Oniguruma counts as a word character: Alphabetic, marks, digits, connectors, and the numbers of Latin-1.
  private static let word =
    ["L", "M", "Nl", "Nd", "Pc"].map(category).joined()
    + #"\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}"#

  /// A general category, as the inside of a character class.
  private static func category(_ name: String) -> String { "\\p{\(name)}" + (LaterUnicode.ranges[name] ?? "") }

  /// A pattern that matches a text and nothing else.
  static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      return (isPlain || scalar.value < 0x21 ? "" : "\\") + String(scalar)
    }.joined()
  }

  /// Throws `TokenizerError.badPattern` for what is not known to mean the same.
  static func translate(_ source: String, path: String) throws(TokenizerError) -> String {
    var result = ""
    // Oniguruma nests classes; an inner one that only adds characters is written out into the outer one.
    var depth = 0
    var inClass: Bool { depth > 0 }
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
        case "p", "P":
          guard rest.popFirst() == "{", let end = rest.firstIndex(of: "}") else {
            throw refuse("'\\\(escaped)' without '{'")
          }
          let name = String(String.UnicodeScalarView(rest[..<end]))
          rest = rest[rest.index(after: end)...]
          switch (escaped, inClass) {
          case ("p", true): result += category(name)
          case ("p", false): result += "[\(category(name))]"
          case (_, false): result += "[^\(category(name))]"
          default:
            // Inside a class the later characters cannot be excluded.
            guard LaterUnicode.ranges[name] == nil else { throw refuse("'\\P{\(name)}' in a class") }
            result += "\\P{\(name)}"
          }
        case "d": result += inClass ? category("Nd") : "[\(category("Nd"))]"
        case "D" where !inClass: result += "[^\(category("Nd"))]"
        // The ends of the whole text.
        case "A" where !inClass, "z" where !inClass: result += "\\\(escaped)"
        case "r", "n", "t", "f", "x", "u":
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
          let isPlain = !["^", ":", "-", "]", "["].contains(rest.first) && depth == 1 && result.last != "-"
          guard isPlain else { throw refuse("such a class within a class") }
        } else {
          result += "["
          // A first ] stands for itself in both.
          if rest.first == "^" { result.unicodeScalars.append(rest.removeFirst()) }
          if rest.first == "]" { throw refuse("a class that starts with ']'") }
        }
        depth += 1
      case "]" where depth == 2:
        if rest.first == "-" { throw refuse("a range behind a class within a class") }
        depth = 1
      case "]":
        depth = 0
        result += "]"
      case "&" where inClass && rest.first == "&":
        throw refuse("'&&' in a class")
      case "$" where !inClass:
        // In Ruby it matches at the end of a line.
        result += #"(?=\n|\z)"#
      case "^" where !inClass: throw refuse("'^'")
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
