import Testing

@testable import Words

@Suite struct VisibleTextTests {
  @Test func ordinaryTextIsOnePiece() {
    #expect(VisibleText.pieces(of: "Heathrow airport is") == [.plain("Heathrow airport is")])
    #expect(VisibleText.pieces(of: "").isEmpty)
    #expect(VisibleText.pieces(of: "北京 Київ ירושלים 👩‍👩‍👧") == [.plain("北京 Київ ירושלים 👩‍👩‍👧")])
  }

  @Test func spacesAtEdgesAndDoubledSpacesAreMarked() {
    #expect(VisibleText.pieces(of: " 1, 1") == [.spaces(" "), .plain("1, 1")])
    #expect(VisibleText.pieces(of: "a  b ") == [.plain("a"), .spaces("  "), .plain("b"), .spaces(" ")])
    #expect(
      VisibleText.pieces(of: "a \n b") == [.plain("a"), .spaces(" "), .newline("\n"), .spaces(" "), .plain("b")])
  }

  @Test func lineBreaksAreKeptAndReturnsNamed() {
    #expect(VisibleText.pieces(of: "1.\n2.") == [.plain("1."), .newline("\n"), .plain("2.")])
    #expect(VisibleText.pieces(of: "a\r\nb") == [.plain("a"), .control("‹U+000D›"), .newline("\n"), .plain("b")])
    #expect(VisibleText.pieces(of: "a\rb") == [.plain("a"), .control("‹U+000D›"), .plain("b")])
  }

  @Test(arguments: [
    ("\0", "‹U+0000›"), ("\t", "⇥"), ("\u{1B}", "‹U+001B›"), ("\u{7F}", "‹U+007F›"), ("\u{85}", "‹U+0085›"),
    ("\u{A0}", "‹U+00A0›"),
    ("\u{AD}", "‹U+00AD›"), ("\u{202E}", "‹U+202E›"), ("\u{2066}", "‹U+2066›"), ("\u{2028}", "‹U+2028›"),
    ("\u{FEFF}", "‹U+FEFF›"),
    ("\u{E000}", "‹U+E000›"), ("\u{FFFE}", "‹U+FFFE›"), ("\u{E0041}", "‹U+E0041›"), ("\u{1FFFF}", "‹U+1FFFF›"),
  ])
  func charactersThatCannotBeSeenAreNamed(character: String, label: String) {
    #expect(VisibleText.pieces(of: "a\(character)b") == [.plain("a"), .control(label), .plain("b")])
  }

  @Test func inlineTextHasNoLineBreakAndNoControl() {
    #expect(VisibleText.inline("a\nb\0c\u{202E}d") == "a↵b‹U+0000›c‹U+202E›d")
  }

  @Test func excerptsEndAtAWord() {
    #expect(VisibleText.excerpt(of: "one two three", count: 20) == "one two three")
    #expect(VisibleText.excerpt(of: "one two three", count: 10) == "one two…")
    #expect(VisibleText.excerpt(of: "abcdefghijkl", count: 5) == "abcde…")
  }

  @Test("excerpts never begin or end inside of a special token", arguments: ["<|im_start|>", "</s>", "[INST]"])
  func excerptsKeepSpecialTokensWhole(token: String) {
    let line = "before \(token)user↵Two.\(token)↵\(token)"
    for count in 1...line.count {
      for part in [VisibleText.head(of: line, count: count), VisibleText.tail(of: line, count: count)] {
        #expect(!part.isEmpty && part.count { "<[".contains($0) } == part.count { ">]".contains($0) }, "\(part)")
        #expect(part.replacing(token, with: "").allSatisfy { !"<>[]|".contains($0) }, "\(part)")
      }
    }
    #expect(VisibleText.tail(of: "a \(token)user", count: 6) == "user")
    #expect(VisibleText.excerpt(of: "What is \(token)", count: 10) == "What is…")
    #expect(VisibleText.tail(of: "1 < 2 and 3 > 2", count: 9) == "and 3 > 2")
  }

  @Test func aSpecialCharacterNeverSharesItsClusterWithAMark() {
    for text in ["\"\u{301} onerror=x", "<\u{200D}script", "\u{600}<b", "'\u{FE0F}", "a&\u{308}b"] {
      let escapable = VisibleText.escapable(text)
      for character in escapable where character.unicodeScalars.count > 1 {
        #expect(
          !character.unicodeScalars.contains { "<>&\"'".unicodeScalars.contains($0) }, "\(character.debugDescription)")
      }
    }
    #expect(VisibleText.escapable("é <b>") == "é <b>")
  }
}
