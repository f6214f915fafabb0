import Traces

/// Makes text from outside (prompts, tokens, model names, messages) safe to show: no invisible character affects the page.
///
/// Control characters, bidirectional overrides, byte-order marks and noncharacters are named; line breaks and the spaces
/// that a reader would miss (leading, trailing, doubled) get a mark.
package enum VisibleText {
  /// A stretch of a text.
  package enum Piece: Equatable {
    /// Characters shown as they are.
    case plain(String)
    /// A line break ("\n", or "\r\n" as one).
    case newline(String)
    /// Spaces that need a mark.
    case spaces(String)
    /// A character that cannot be shown: its label, "⇥" or "‹U+202E›".
    case control(String)
  }

  /// The pieces of `text`; their order is the text's.
  package static func pieces(of text: String) -> [Piece] {
    var pieces: [Piece] = []
    var plain = String.UnicodeScalarView()
    var spaces = 0
    var lineIsEmpty = true

    func flushPlain() {
      if !plain.isEmpty { pieces.append(.plain(String(plain))) }
      plain = String.UnicodeScalarView()
    }
    func flushSpaces(atLineEnd: Bool) {
      guard spaces > 0 else { return }
      if spaces > 1 || lineIsEmpty || atLineEnd {
        flushPlain()
        pieces.append(.spaces(String(repeating: " ", count: spaces)))
      } else {
        plain.append(" ")
      }
      spaces = 0
    }

    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      if scalar == " " {
        spaces += 1
        continue
      }
      let isBreak = scalar == "\n" || (scalar == "\r" && index < scalars.count && scalars[index] == "\n")
      flushSpaces(atLineEnd: isBreak)
      if isBreak {
        flushPlain()
        if scalar == "\r" {
          pieces.append(.control(label(of: scalar) ?? ""))
          index += 1
        }
        pieces.append(.newline("\n"))
        lineIsEmpty = true
      } else if let label = label(of: scalar) {
        flushPlain()
        pieces.append(.control(label))
        lineIsEmpty = false
      } else {
        plain.append(scalar)
        lineIsEmpty = false
      }
    }
    flushSpaces(atLineEnd: true)
    flushPlain()
    return pieces
  }

  /// `text` in one line, for headings, captions, attributes and messages: line breaks and controls replaced by labels.
  package static func inline(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" {
        result += "↵"
      } else if let label = label(of: scalar) {
        result += label
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// `text` in its lines, with a mark at every break and at every space that needs one: for places without markup.
  package static func marked(_ text: String) -> String {
    pieces(of: text).map { piece in
      switch piece {
      case .plain(let text): text
      case .newline: "↵\n"
      case .spaces(let spaces): String(repeating: "␣", count: spaces.count)
      case .control(let label): label
      }
    }.joined()
  }

  /// The beginning of `text` in one line, single-spaced, at most `count` characters, cut at a word where there is one.
  package static func excerpt(of text: String, count: Int) -> String {
    let line = inline(text).split(separator: " ").joined(separator: " ")
    guard line.count > count else { return line }
    let head = head(of: line, count: count)
    let cut = head.lastIndex(of: " ").map { head[..<$0] } ?? head
    return (cut.count > count / 2 ? String(cut) : String(head)) + "…"
  }

  /// The first `count` characters of a line; fewer, or more, where they would end inside of a special token.
  package static func head(of line: String, count: Int) -> Substring {
    let head = line.prefix(count)
    guard let token = specialToken(around: head.endIndex, in: line) else { return head }
    return line[..<(token.lowerBound == line.startIndex ? token.upperBound : token.lowerBound)]
  }

  /// The last `count` characters of a line; fewer, or more, where they would begin inside of a special token.
  package static func tail(of line: String, count: Int) -> Substring {
    let tail = line.suffix(count)
    guard let token = specialToken(around: tail.startIndex, in: line) else { return tail }
    return line[(token.upperBound == line.endIndex ? token.lowerBound : token.upperBound)...]
  }

  /// The special token that a cut would divide: `<|im_start|>`, `</s>`, `[INST]`, which have no spaces.
  private static func specialToken(around cut: String.Index, in line: String) -> Range<String.Index>? {
    for (first, last) in [("<", ">"), ("[", "]")] as [(Character, Character)] {
      let before = line[..<cut].suffix(longestSpecialToken)
      let after = line[cut...].prefix(longestSpecialToken)
      guard let start = before.lastIndex(where: { $0 == first || $0 == last || $0 == " " }), line[start] == first,
        let end = after.firstIndex(where: { $0 == first || $0 == last || $0 == " " }), line[end] == last
      else { continue }
      return start..<line.index(after: end)
    }
    return nil
  }

  /// Characters of a special token on either side of a cut.
  private static let longestSpecialToken = 40

  /// The label of a character that cannot be shown itself; nil for other characters.
  package static func label(of scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x09: return "⇥"
    // Joiners shape letters and emoji.
    case 0x200C, 0x200D: return nil
    // Arabic, Syriac and Kaithi number signs: format characters with a visible shape.
    case 0x0600...0x0605, 0x06DD, 0x070F, 0x0890...0x0891, 0x08E2, 0x110BD, 0x110CD: return nil
    default: break
    }
    // Noncharacters: not allowed in HTML.
    if scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value) { return named(scalar) }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse:
      return named(scalar)
    case .spaceSeparator where scalar != " ":
      return named(scalar)
    default:
      return nil
    }
  }

  /// The first character of `text` that cannot be seen: its label, and its number among the characters, from 1; nil for none.
  ///
  /// - Parameter allowed: Characters that count as seen, such as line breaks.
  package static func unseen(
    in text: String, except allowed: Set<Unicode.Scalar> = []
  ) -> (label: String, number: Int)? {
    for (index, scalar) in text.unicodeScalars.enumerated() where !allowed.contains(scalar) {
      // A tab has a label of its own for texts that may have some.
      if label(of: scalar) != nil { return (named(scalar), index + 1) }
    }
    return nil
  }

  /// The notation that tokens have, too (`TokenDisplay`).
  private static func named(_ scalar: Unicode.Scalar) -> String { "‹\(Hex.codePoint(scalar))›" }

  /// `text` with every character that is special in HTML standing alone in its grapheme cluster.
  ///
  /// The template engine escapes whole clusters, so a quote with a combining accent on it would pass unescaped and end an
  /// attribute. Such a mark is put on a dotted circle, as Unicode recommends for marks without a base.
  package static func escapable(_ text: String) -> String {
    let special: Set<Unicode.Scalar> = ["<", ">", "&", "\"", "'"]
    guard text.contains(where: { $0.unicodeScalars.count > 1 && $0.unicodeScalars.contains(where: special.contains) })
    else { return text }
    var result = ""
    for character in text {
      guard character.unicodeScalars.count > 1, character.unicodeScalars.contains(where: special.contains) else {
        result.append(character)
        continue
      }
      var previous: Unicode.Scalar?
      for scalar in character.unicodeScalars {
        if let previous, special.contains(previous) || special.contains(scalar) {
          result.unicodeScalars.append("◌")
        }
        result.unicodeScalars.append(scalar)
        previous = scalar
      }
    }
    return result
  }
}
