/// Comma-separated values (RFC 4180).
package enum CommaSeparated {
  /// A cell, in quotes where it has to be.
  package static func quoted(_ cell: String) -> String {
    let needsQuotes = cell.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) } || cell.hasPrefix(" ")
    return needsQuotes ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
  }
}
