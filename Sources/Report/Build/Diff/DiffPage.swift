import Foundation
import Plot
import Words

/// A page that shows what differs, with both pictures and their difference; everything is inside the page.
public enum DiffPage {
  /// The page as HTML.
  public static func html(_ findings: [DiffFinding], first: String, second: String) -> String {
    let different = findings.filter { !$0.isEqual }
    let heading = different.isEmpty ? "No differences" : Wording.differing(different.count, "file")
    return page(
      heading,
      """
      <p>\(XMLText.visible(first)) and \(XMLText.visible(second)): \(Wording.count(findings.count, "file")) compared.</p>
      \(different.map(section).joined(separator: "\n"))
      """)
  }

  /// A page of its own with a heading.
  static func page(_ heading: String, _ body: String) -> String {
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
      <title>\(heading)</title>
      <style>
      :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
      body { margin: 2rem auto; padding: 0 1rem; max-width: 90rem; }
      .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
      figure { margin: 0; }
      img { max-width: 100%; background: white; }
      table { border-collapse: collapse; margin: 0.5rem 0; }
      th, td { text-align: left; vertical-align: top; padding: 0.15rem 1rem 0.15rem 0; }
      figcaption { font-size: 0.85rem; }
      </style>
      </head>
      <body>
      <h1>\(heading)</h1>
      \(body)
      </body>
      </html>

      """
  }

  /// Both pictures of a file and their difference, side by side.
  static func pictures(_ finding: DiffFinding) -> String? {
    finding.pictures.map { pictures in
      "<div class=\"pictures\">"
        + [("before", pictures.first), ("after", pictures.second), ("difference", pictures.difference)].map {
          "<figure><img alt=\"\(XMLText.visible(finding.name)), \($0)\" src=\"data:image/png;base64,\($1.base64EncodedString())\">"
            + "<figcaption>\($0)</figcaption></figure>"
        }.joined() + "</div>"
    }
  }

  private static func section(_ finding: DiffFinding) -> String {
    let lines = finding.lines.map { "<li>\(XMLText.visible($0))</li>" }.joined()
    return "<section><h2>\(XMLText.visible(finding.name))</h2><ul>\(lines)</ul>\(pictures(finding) ?? "")</section>"
  }
}

extension XMLText {
  /// Text from outside for a page: what cannot be seen has a label, as on a terminal, and nothing in it is markup.
  static func visible(_ text: String) -> String { escaped(VisibleText.inline(text)) }
}
