import Traces

/// Text on its way to a terminal: nothing in it moves the cursor, hides text, or turns its direction.
///
/// Data is made visible where a message is made (`VisibleText`, `TokenDisplay`). This is the gate behind all of that.
public enum TerminalText {
  /// `text` with a label for every character that cannot be seen, except line breaks, tabs and the colours of `RankPalette`.
  public static func safe(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 != "\n" && VisibleText.label(of: $0) != nil }) else { return text }
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      if let colour = colour(at: rest) {
        result.append(contentsOf: rest.prefix(colour))
        rest = rest.dropFirst(colour)
        continue
      }
      rest = rest.dropFirst()
      // The space that some languages write between digits moves nothing, nor does a tab.
      if scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory == .spaceSeparator {
        result.append(scalar)
      } else if let label = VisibleText.label(of: scalar) {
        result.append(contentsOf: label.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// `safe`, in which the runner of GitHub Actions finds no command: `::` where a line begins, or `##[` anywhere.
  ///
  /// The runner takes both for commands, wherever in a program's output they come from.
  public static func withoutCommands(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var isLineStart = true
    var rest = safe(text).unicodeScalars[...]
    while let scalar = rest.first {
      if isLineStart && rest.starts(with: "::".unicodeScalars) || rest.starts(with: "##[".unicodeScalars) {
        result.append(contentsOf: "‹\(Hex.codePoint(scalar))›".unicodeScalars)
      } else {
        result.append(scalar)
      }
      isLineStart = scalar == "\n" || isLineStart && scalar.properties.isWhitespace
      rest = rest.dropFirst()
    }
    return String(result)
  }

  /// The length of a sequence that sets ink and paper, or ends them; nil for every other beginning.
  private static func colour(at text: Substring.UnicodeScalarView) -> Int? {
    guard text.starts(with: "\u{1B}[".unicodeScalars) else { return nil }
    let body = text.dropFirst(2).prefix { $0 == ";" || ("0"..."9").contains($0) }
    guard text.dropFirst(2 + body.count).first == "m" else { return nil }
    let codes = String(String.UnicodeScalarView(body))
    guard codes == "0" || codes.hasPrefix("38;5;") || codes.hasPrefix("38;2;") else { return nil }
    return 3 + body.count
  }
}
