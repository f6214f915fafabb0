/// Comma-separated values (RFC 4180) in UTF-8, lines ended by a line feed.
package enum CommaSeparated {
  /// What is done with cells that a spreadsheet would compute.
  package enum Cells: Sendable {
    /// A text that begins like a formula gets an apostrophe before it, which spreadsheets take for the mark of a text.
    case safe
    /// Every text as it is, for programs.
    case raw
  }

  /// A table, row by row.
  package static func table(_ rows: [[String]], cells: Cells = .safe) -> String {
    rows.map { $0.map { quoted(cells == .safe && isFormula($0) ? "'" + $0 : $0) }.joined(separator: ",") + "\n" }
      .joined()
  }

  /// A cell, in quotes where it has to be.
  package static func quoted(_ cell: String) -> String {
    let needsQuotes = cell.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) } || cell.hasPrefix(" ")
    return needsQuotes ? "\"" + cell.replacingScalars(["\"": "\"\""]) + "\"" : cell
  }

  /// Whether a spreadsheet would take a text for a formula; a number with a sign is none.
  ///
  /// The signs are those of OWASP's page on CSV injection, with their wide forms, which East Asian spreadsheets take as well.
  package static func isFormula(_ cell: String) -> Bool {
    guard let first = cell.unicodeScalars.first else { return false }
    return signs.contains(first) && Double(cell) == nil
  }

  private static let signs: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
}
