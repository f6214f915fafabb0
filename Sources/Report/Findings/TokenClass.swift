import Foundation
import Traces

/// What a token is, told from its text and the character before it.
public enum TokenClass: String, CaseIterable, Sendable, Codable {
  /// Letters at the beginning of a word: after a space of its own, or after a character that is no part of a word.
  case wordStart = "word-start"
  /// Letters within a word.
  case continuation
  /// Numbers, with or without a space before them.
  case digit
  /// Neither letters nor numbers.
  case punctuation
  /// Contains a line break.
  case lineBreak = "line-break"
  /// Spaces and tabs alone.
  case space
  /// Letters of a script that is written without spaces between words.
  case unspaced
  /// Bytes that are no whole characters.
  case bytes

  /// The class of a token after the token `before`; nil at the beginning of a text.
  package init(_ text: Trace.TokenText?, after before: Trace.TokenText?) {
    guard case .text(let text) = text, !text.isEmpty else {
      self = .bytes
      return
    }
    let scalars = text.unicodeScalars
    let visible = scalars.filter { !$0.properties.isWhitespace }
    if scalars.contains(where: { Self.lineBreaks.contains($0.value) }) {
      self = .lineBreak
    } else if visible.isEmpty {
      self = .space
    } else if let letter = visible.first(where: \.properties.isAlphabetic) {
      if Self.isUnspaced(letter) {
        self = .unspaced
      } else {
        let previous: Unicode.Scalar? =
          switch before {
          case .text(let text): text.unicodeScalars.last
          case .bytes, nil: nil
          }
        let isInside = scalars.first.map(Self.isInsideWords) == true && previous.map(Self.isInsideWords) == true
        self = isInside ? .continuation : .wordStart
      }
    } else {
      self = visible.contains { $0.properties.numericType != nil } ? .digit : .punctuation
    }
  }

  /// Whether its tokens have letters.
  package var hasLetters: Bool { [.wordStart, .continuation, .unspaced].contains(self) }

  /// One of the class and several, as sentences name them.
  package var plural: String {
    switch self {
    case .wordStart: "word starts"
    case .continuation: "continuations of words"
    case .digit: "numbers"
    case .punctuation: "punctuation marks"
    case .lineBreak: "line breaks"
    case .space: "spaces"
    case .unspaced: "tokens of scripts without spaces"
    case .bytes: "parts of characters"
    }
  }

  /// Line feed, vertical tab, form feed, carriage return, next line, line and paragraph separators (UAX #14).
  private static let lineBreaks: Set<UInt32> = [0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029]

  /// Letters, marks, numbers and the apostrophes that stand in words.
  private static func isInsideWords(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "'" || scalar == "\u{2019}" { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber: return true
    default: return scalar.properties.isAlphabetic
    }
  }

  /// Blocks of Thai, Lao, Myanmar, Khmer, Hiragana, Katakana, Bopomofo and Han characters.
  private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isIdeographic { return true }
    return [
      0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3100...0x312F, 0x31A0...0x31BF,
      0x31F0...0x31FF, 0xFF66...0xFF9F,
    ].contains { $0.contains(Int(scalar.value)) }
  }
}
