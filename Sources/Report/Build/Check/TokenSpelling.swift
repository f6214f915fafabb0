import Foundation
import Traces

/// A text compared with the tokens that spell it: letters and digits, one by one.
///
/// Tokenizers change spaces, marks and the size of letters, and add control tokens; no letter or digit of ASCII becomes another one.
struct TokenSpelling {
  /// Where a text and its tokens go on in different ways.
  struct Difference {
    /// The token that the text does not go on with; nil where the tokens end before the text.
    var token: Int?
    /// How the text goes on there; empty at its end.
    var rest: String
  }

  /// The first difference; nil where they agree.
  private(set) var difference: Difference?

  /// What a token stands for.
  private struct Piece {
    /// Letters and digits in small letters.
    var letters: [UInt8]
    /// Whether the tokenizer may have added it, so that the text need not have it.
    var isAdded: Bool
  }

  /// Compares them; nil where nobody can: beside characters other than ASCII, bytes, unknown words, and control tokens within the text.
  init?(_ text: String, tokens: [Trace.Token]) {
    guard Self.isASCII(text), let pieces = Self.pieces(of: tokens, in: text) else { return nil }
    var (letters, places): ([UInt8], [Int]) = ([], [])
    for (place, byte) in text.utf8.enumerated() {
      guard let letter = Self.letter(byte) else { continue }
      letters.append(letter)
      places.append(place)
    }
    func rest(from letter: Int?) -> String {
      guard let letter, places.indices.contains(letter) else { return "" }
      return String(decoding: text.utf8.dropFirst(places[letter]), as: UTF8.self)
    }
    // A control token that was added may be written in the text, too, so there can be several places.
    var reached: Set<Int> = [0]
    for (index, piece) in pieces.enumerated() {
      var next = Set(
        reached.filter { letters[$0...].starts(with: piece.letters) }.map { $0 + piece.letters.count })
      if piece.isAdded { next.formUnion(reached) }
      guard !next.isEmpty else {
        difference = Difference(token: index, rest: rest(from: reached.max()))
        return
      }
      reached = next
    }
    if !reached.contains(letters.count) { difference = Difference(token: nil, rest: rest(from: reached.max())) }
  }

  /// The tokens' letters; nil where a token may stand for any text.
  private static func pieces(of tokens: [Trace.Token], in text: String) -> [Piece]? {
    let texts = tokens.compactMap { $0.text.map { unmarked($0) } }
    guard texts.count == tokens.count else { return nil }
    let canBeAdded = texts.map { isControl($0) || isLanguage($0) }
    // Before the text and after it.
    let first = canBeAdded.firstIndex(of: false) ?? texts.count
    let last = canBeAdded.lastIndex(of: false) ?? -1
    var pieces: [Piece] = []
    for (index, own) in texts.enumerated() {
      let isAtEnd = index < first || index > last
      let letters = Self.letters(of: own)
      let isForeign = isUnknown(letters) || (!isAtEnd && isControl(own))
      if isForeign, !text.contains(own.trimmingCharacters(in: .whitespaces)) { return nil }
      if !isAtEnd, !isASCII(own) { return nil }
      pieces.append(Piece(letters: letters, isAdded: isAtEnd))
    }
    return pieces
  }

  /// The text of a token without the marks by which vocabularies write spaces, line ends, and the middle and the end of words.
  private static func unmarked(_ text: String) -> String {
    var text = text
    for mark in ["\u{2581}", "\u{120}", "\u{10A}", "\u{109}"] where !isControl(text) {
      text = text.replacingOccurrences(of: mark, with: " ")
    }
    return text.count > 4 && text.hasSuffix("</w>") ? String(text.dropLast(4)) : text
  }

  /// Whether a token is written as control tokens are: `<s>`, `[SEP]`, `<|endoftext|>`.
  static func isControl(_ text: String) -> Bool {
    let own = text.trimmingCharacters(in: .whitespaces)
    guard own.count > 2, !own.contains(where: \.isWhitespace) else { return false }
    return (own.hasPrefix("<") && own.hasSuffix(">")) || (own.hasPrefix("[") && own.hasSuffix("]"))
  }

  /// Whether a token is written as those that name a language: `en_XX`, `eng_Latn`, `__en__`.
  private static func isLanguage(_ text: String) -> Bool {
    let own = text.trimmingCharacters(in: .whitespaces)
    let parts = own.split(separator: "_", omittingEmptySubsequences: false)
    let isMarked = own.count > 4 && own.hasPrefix("__") && own.hasSuffix("__")
    return isMarked || (parts.count == 2 && (2...3).contains(parts[0].count) && (2...4).contains(parts[1].count))
  }

  /// Whether a token stands for a word that the vocabulary lacks.
  private static func isUnknown(_ letters: [UInt8]) -> Bool {
    let own = String(decoding: letters, as: UTF8.self)
    return own.hasPrefix("unk") || own == "oov"
  }

  private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

  /// Letters and digits of ASCII, in small letters.
  static func letters(of text: String) -> [UInt8] { text.utf8.compactMap(letter) }

  private static func letter(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39, 0x61...0x7A: byte
    case 0x41...0x5A: byte + 0x20
    default: nil
    }
  }
}
