/// The installed families, in order, for characters that a figure's own family lacks.
///
/// The explicit order does not depend on the user's font configuration or language. Fontconfig finds the scripts that are
/// not listed; it has one Noto family for each.
enum FontFamilies {
  /// The families to request for `family`: itself first.
  static func chain(for family: String) -> [String] {
    let first = serif.contains(family) ? ["Noto Serif", "Noto Sans"] : ["Noto Sans"]
    return [family] + (first + scripts).filter { $0 != family }
  }

  /// Byte ranges of `text` that another family draws better although `family` has the glyphs: DejaVu Sans Mono forces Arabic
  /// into equal widths, which tears it apart.
  static func replacedRanges(in text: String, family: String) -> [(range: Range<Int>, family: String)] {
    guard family == "DejaVu Sans Mono" else { return [] }
    var ranges: [Range<Int>] = []
    var offset = 0
    for scalar in text.unicodeScalars {
      let length = UTF8.width(scalar)
      switch scalar.value {
      case 0x0600...0x06FF, 0x0750...0x077F, 0x08A0...0x08FF, 0xFB50...0xFDFF, 0xFE70...0xFEFC:
        if let last = ranges.last, last.upperBound == offset {
          ranges.removeLast(); ranges.append(last.lowerBound..<offset + length)
        } else {
          ranges.append(offset..<offset + length)
        }
      default: break
      }
      offset += length
    }
    return ranges.map { ($0, "Noto Sans Arabic") }
  }

  /// The Debian package that holds a family.
  static func package(of family: String) -> String {
    if family.hasPrefix("TeX Gyre") { return "fonts-texgyre" }
    if family.hasPrefix("DejaVu") { return "fonts-dejavu" }
    if family.contains(" CJK ") { return "fonts-noto-cjk" }
    if family.hasPrefix("Noto") { return "fonts-noto-core" }
    return "that provides '\(family)'"
  }

  private static let serif: Set<String> = ["TeX Gyre Termes", "DejaVu Serif", "Noto Serif"]

  private static let scripts = [
    "Noto Sans Hebrew", "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil",
    "Noto Sans Telugu", "Noto Sans Kannada", "Noto Sans Malayalam", "Noto Sans Gujarati", "Noto Sans Gurmukhi",
    "Noto Sans Oriya", "Noto Sans Sinhala", "Noto Sans Thai", "Noto Sans Lao", "Noto Sans Khmer", "Noto Sans Myanmar",
    "Noto Sans Georgian", "Noto Sans Armenian", "Noto Sans Ethiopic", "Noto Sans CJK SC", "Noto Sans CJK JP",
    "Noto Sans CJK KR", "DejaVu Sans", "Noto Sans Math", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Music",
  ]
}
