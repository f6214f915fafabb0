import Words

/// What Quarto needs to show a figure, for `{{< include >}}`.
package struct QuartoSnippet {
  private let float: FigureFloat

  /// The figure whose PNG and PDF are called after its id.
  package init(_ float: FigureFloat) { self.float = float }

  /// An image with caption, label and alternative text.
  ///
  /// The name has no ending: Quarto takes the PDF for documents by LaTeX and the PNG for all others.
  package var text: String {
    let citations = float.citations.isEmpty ? "" : " [\(float.citations.map { "@\($0)" }.joined(separator: "; "))]"
    let alt = Self.line(float.alt).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return """
      <!-- \(Self.line(float.remark).replacing("--", with: "–")) -->

      ![\(FigureFloat.cited(float.caption, citations, Self.escaped))](\(float.id)){#fig-\(float.id) fig-alt="\(alt)" width=\(Decimals.fixed(float.size.width / 72, 3))in}

      """
  }

  /// Text in which no character is a sign of Markdown: Pandoc reads any punctuation after a backslash as itself.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in line(text) {
      if signs.contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }

  private static let signs = Set("\\`*_{}[]<>()#+-.!|~^$@&:\"'=%/")

  private static func line(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
