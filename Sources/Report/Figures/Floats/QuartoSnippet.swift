import Traces
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
    return """
      <!-- \(Self.remark(Self.line(float.remark))) -->

      ![\(FigureFloat.cited(float.caption, citations, Self.escaped))](\(float.id)){#fig-\(float.id) fig-alt="\(Self.line(float.alt).replacingScalars(Self.attributeEscapes))" width=\(Decimals.fixed(float.size.width / 72, 3))in}

      """
  }

  /// Text in which no character is a sign of Markdown: Pandoc reads any punctuation after a backslash as itself.
  static func escaped(_ text: String) -> String {
    line(text).replacingScalars(escapes)
  }

  private static let escapes = backslashes("\\`*_{}[]<>()#+-.!|~^$@&:\"'=%/")
  /// Also braces and angles, which Quarto reads as shortcodes wherever they stand: one of them shows variables of the environment.
  private static let attributeEscapes = backslashes("\\\"{}<>&")

  private static func backslashes(_ signs: String) -> [Unicode.Scalar: String] {
    Dictionary(uniqueKeysWithValues: signs.unicodeScalars.map { ($0, "\\\($0)") })
  }

  /// Text that ends no comment and is no shortcode in one.
  private static func remark(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.replacingScalars(["{": "(", "}": ")"]).unicodeScalars {
      if scalar == "-", result.last == "-" {
        result.removeLast()
        result.append("–")
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  private static func line(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
