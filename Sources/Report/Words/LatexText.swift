import Traces

/// Text for LaTeX.
package enum LatexText {
  /// Text as any LaTeX engine sets it: ASCII and Latin-1 letters as they are, signs by their names, other characters by number.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if let command = commands[scalar] {
        result += command
      } else if scalar.isASCII {
        result += scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
      } else if (0xC0...0xFF).contains(scalar.value), !Self.beyondOT1.contains(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        result += "[\(Hex.codePoint(scalar))]"
      }
    }
    return result
  }

  /// `escaped`, with places to break a line where the text gives TeX none: between characters by number and in long words.
  ///
  /// For captions and paragraphs; an alternative text is no line.
  package static func breakable(_ text: String) -> String {
    var result = ""
    var letters = 0
    var isNumber = false
    for character in text {
      let piece = escaped(String(character))
      let number = piece.hasPrefix("[U+")
      if number && isNumber || letters >= longestRun {
        result += "\\allowbreak{}"
        letters = 0
      }
      letters = character == " " || character == "-" ? 0 : letters + 1
      isNumber = number
      result += piece
    }
    return result
  }

  /// More letters than any word that TeX hyphenates.
  private static let longestRun = 40

  /// Letters and signs of Latin-1 that TeX's old encoding of fonts, still the usual one, cannot compose.
  private static let beyondOT1: Set<Unicode.Scalar> = ["\u{D0}", "\u{D7}", "\u{DE}", "\u{F0}", "\u{F7}", "\u{FE}"]

  private static let commands: [Unicode.Scalar: String] = [
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "^": "\\textasciicircum{}",
    "_": "\\_", "%": "\\%", "~": "\\textasciitilde{}", "\"": "''", "<": "\\textless{}",
    ">": "\\textgreater{}", "|": "\\textbar{}", "\u{2423}": "\\textvisiblespace{}",
    "\u{21B5}": "\\ensuremath{\\hookleftarrow}", "\u{21E5}": "\\ensuremath{\\mapsto}", "\u{2192}": "\\ensuremath{\\to}",
    "\u{201C}": "``", "\u{201D}": "''", "\u{2018}": "`", "\u{2019}": "'", "\u{2013}": "--", "\u{2014}": "---",
    "\u{2026}": "\\dots{}", "\u{2212}": "\\ensuremath{-}", "\u{D7}": "\\ensuremath{\\times}", "\u{A0}": "~",
    "\u{2009}": "\\,", "\u{2039}": "\\ensuremath{\\langle}", "\u{203A}": "\\ensuremath{\\rangle}",
    "\u{2265}": "\\ensuremath{\\geq}", "\u{2264}": "\\ensuremath{\\leq}",
  ]
}
