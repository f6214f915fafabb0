/// Which installed families take over, in which order, for characters that a figure's own family lacks.
///
/// The order is spelled out so that it does not depend on the user's font configuration or language. Scripts that are not
/// listed are found by fontconfig, which has one Noto family for each.
enum FontFamilies {
  /// The families to ask for when `family` is wanted: itself first.
  static func chain(for family: String) -> [String] {
    let first = serif.contains(family) ? ["Noto Serif", "Noto Sans"] : ["Noto Sans"]
    return [family] + (first + scripts).filter { $0 != family }
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
