import Words

/// What Typst needs to show a figure at its final size, for `#include`.
package struct TypstSnippet {
  private let float: FigureFloat

  /// The figure whose SVG is called after its id.
  package init(_ float: FigureFloat) { self.float = float }

  /// A figure with caption, label and alternative text.
  ///
  /// A figure across all columns stands at the top of a page, as Typst requires of those.
  package var text: String {
    let place = float.isWide ? "\n  placement: top,\n  scope: \"parent\"," : ""
    let citations = float.citations.map { " @\($0)" }.joined()
    return """
      // \(float.remark)
      #figure(
        image(\(Self.quoted("\(float.id).svg")), width: \(Decimals.fixed(float.size.width, 2))pt, alt: \(Self.quoted(float.alt))),
        caption: [\(FigureFloat.cited(float.caption, citations) { $0 == "." ? $0 : "#" + Self.quoted($0) })],\(place)
      ) <\(float.label)>

      """
  }

  /// A string of Typst's code mode, in which nothing but quotes and backslashes is read as a sign.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
