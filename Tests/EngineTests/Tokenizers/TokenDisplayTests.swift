import Engine
import Testing
import Traces

@Suite struct TokenDisplayTests {
  @Test(arguments: [
    ("London", "London"), (" London", "␣London"), ("London ", "London␣"), ("to be", "to␣be"), (" ", "␣"), ("  ", "␣␣"),
    ("   ", "␣␣␣"), ("    ", "␣×4"), (String(repeating: " ", count: 31), "␣×31"), ("\n", "↵"), ("\n\n", "↵×2"),
    ("\n\n\n\n", "↵×4"), (" \n", "␣↵"), ("\r\n", "‹U+000D›↵"), ("\t", "⇥"), ("\t\t", "⇥×2"), (";\n\n", ";↵×2"),
    ("", "∅"),
    ("\0", "‹U+0000›"), ("\u{1B}[", "‹U+001B›["), ("\u{7F}", "‹U+007F›"), ("\u{85}", "‹U+0085›"),
    ("a\u{A0}b", "a‹U+00A0›b"), ("\u{AD}", "‹U+00AD›"), ("\u{200B}", "‹U+200B›"), ("a\u{200B}", "a‹U+200B›"),
    ("\u{200D}", "‹U+200D›"), ("\u{202E}abc", "‹U+202E›abc"), ("\u{2066}", "‹U+2066›"), ("\u{FEFF}", "‹U+FEFF›"),
    ("\u{2028}", "‹U+2028›"), ("\u{3000}", "‹U+3000›"), ("\u{E000}", "‹U+E000›"), ("\u{3164}", "‹U+3164›"),
    ("\u{10FFFF}", "‹U+10FFFF›"), ("\u{FE0F}", "‹U+FE0F›"), ("\u{E0067}", "‹U+E0067›"),
    // Combining marks have a letter to stand on.
    ("\u{301}", "◌\u{301}"), (" \u{301}", "␣◌\u{301}"), ("e\u{301}", "e\u{301}"), ("é", "é"), ("\u{BCD}", "◌\u{BCD}"),
    // Joiners, selectors and tags that do their work stay.
    ("👨‍👩‍👧", "👨‍👩‍👧"), ("👨\u{200D}", "👨‹U+200D›"), ("❤️", "❤️"), ("🇩🇪", "🇩🇪"), ("1️⃣", "1️⃣"), ("👍🏽", "👍🏽"),
    ("中", "中"), (" Москва", "␣Москва"), ("שלום", "שלום"), ("<bos>", "<bos>"), ("<|endoftext|>", "<|endoftext|>"),
    ("�", "�"), ("▁", "▁"),
  ])
  func everySpaceAndInvisibleCharacterIsMarked(text: String, label: String) {
    #expect(TokenDisplay.label(text) == label)
    #expect(TokenDisplay.label(.text(text)) == label)
  }

  @Test(arguments: [
    ("e4bd", "‹E4 BD›"), ("20e4", "␣‹E4›"), ("a0", "‹A0›"), ("bd41", "‹BD›A"), ("e4bda0", "你"), ("e4bda0e5", "你‹E5›"),
    ("c0af", "‹C0 AF›"), ("eda080", "‹ED A0 80›"), ("f4908080", "‹F4 90 80 80›"), ("ff", "‹FF›"), ("", "∅"),
  ])
  func bytesThatAreNoWholeCharacterAreHexadecimal(hex: String, label: String) {
    #expect(TokenDisplay.label(.bytes(hex)) == label)
  }

  @Test(arguments: [
    ("The key is", "The key is"), ("EU:\n1. Austria\n\n2.", "EU:↵1. Austria↵↵2."),
    ("a    b\t\u{200B}", "a    b⇥‹U+200B›"), (" \u{301}", " ◌\u{301}"), ("", "∅"),
  ])
  func aWholeTextKeepsItsSpaces(text: String, line: String) { #expect(TokenDisplay.line(text) == line) }

  @Test func aTokenWithoutTextIsAQuestionMark() { #expect(TokenDisplay.label(nil) == "?") }

  @Test func shorteningCountsCharactersAsAPersonDoes() {
    #expect(TokenDisplay.shortened("London", to: 6) == "London")
    #expect(TokenDisplay.shortened("London", to: 5) == "Lond…")
    #expect(TokenDisplay.shortened("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", to: 2) == "👨‍👩‍👧…")
    #expect(TokenDisplay.shortened("e\u{301}e\u{301}e\u{301}", to: 2) == "e\u{301}…")
    #expect(TokenDisplay.shortened("London", to: 1) == "…")
    #expect(TokenDisplay.shortened("London", to: 0) == "…")
    #expect(TokenDisplay.shortened("", to: 0) == "")
  }

  @Test func splitCharactersAreWholeInTheTextOfAllTokens() {
    let family = Array("a👨‍👩‍👧你".utf8)
    #expect(TokenDisplay.text(of: family.map { [$0] }) == "a👨‍👩‍👧你")
    #expect(TokenDisplay.text(of: [[0x61], [0xE4, 0xBD]]) == "a\u{FFFD}")
    #expect(TokenDisplay.text(of: []) == "")
  }
}
