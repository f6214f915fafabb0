import Foundation

// What to do about text that is not valid YAML. The parser's words say what it expected, which few authors know.

extension SpecSource {
  /// Advice on an error of the parser.
  ///
  /// - Parameters:
  ///   - message: The parser's words in lower case.
  ///   - mark: Where it stopped.
  ///   - begun: The line in which what it read began.
  func advice(on message: String, at mark: SpecMark, begun: Int?) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = lines.indices.contains(mark.line - 1) ? String(lines[mark.line - 1]) : ""
    if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
      return ["line \(mark.line) is indented with a tab; YAML allows only spaces there"]
    }
    if message.contains("scanning a quoted scalar"), message.contains("end of stream") || message.contains("document") {
      let opened = begun.map { " in line \($0)" } ?? ""
      return ["a quotation mark that opens\(opened) is not closed: end the text with the same mark"]
    }
    if message.contains("mapping values are not allowed") {
      return [quotesForColon(in: line, before: mark.column) ?? indentation(of: line, mark)]
    }
    if message.contains("expected ',' or") {
      return ["between entries in brackets stands a comma; put a text with a comma, a colon or a bracket in quotes"]
    }
    if message.contains("expected key") || message.contains("expected '-' indicator") {
      guard mark.column > line.prefix(while: { $0 == " " }).count + 1 else { return [indentation(of: line, mark)] }
      // Behind a text in quotes.
      return [
        "the text in quotes ends before this place: within double quotes write \\\" for a quotation mark, "
          + "within single quotes write it twice"
      ]
    }
    return []
  }

  /// The line with its text in quotes, where a colon within the text made a second key; nil where the colon is that of a key.
  private func quotesForColon(in line: String, before column: Int) -> String? {
    let before = String(String.UnicodeScalarView(line.unicodeScalars.prefix(max(0, column - 1))))
    guard let colon = before.range(of: ": ") else { return nil }
    let key = before[..<colon.lowerBound].trimmingCharacters(in: .whitespaces)
    let value = line.dropFirst(before.distance(from: before.startIndex, to: colon.upperBound))
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let isPlain = !value.contains { "\"'\\#{}[]".contains($0) } && value.count <= 80
    return "put a text with a colon and a space in quotes" + (isPlain ? ": \(key): \"\(value)\"" : "")
  }

  private func indentation(of line: String, _ mark: SpecMark) -> String {
    let column = line.prefix(while: { $0 == " " }).count + 1
    return "line \(mark.line) begins in column \(column): keys of one entry begin in the same column"
  }
}
