import Testing

@testable import Words

@Suite struct TerminalTextTests {
  @Test func ordinaryTextStays() {
    for text in ["error: spec.yaml:3: wrong\n  hint: x\ty", "北京 ירושלים 👩‍👩‍👧", "a\u{A0}b"] {
      #expect(TerminalText.safe(text) == text)
    }
  }

  @Test(arguments: [
    ("a\rb", "a‹U+000D›b"), ("\u{1B}]0;title\u{7}", "‹U+001B›]0;title‹U+0007›"), ("\u{202E}abc", "‹U+202E›abc"),
    ("\u{1B}[2J", "‹U+001B›[2J"), ("\u{1B}[8mhidden\u{1B}[0m", "‹U+001B›[8mhidden\u{1B}[0m"),
    ("\u{9B}2J", "‹U+009B›2J"),
    ("\u{1B}[38;5;1", "‹U+001B›[38;5;1"),
  ])
  func whatMovesHidesOrTurnsTextIsNamed(text: String, shown: String) {
    #expect(TerminalText.safe(text) == shown)
  }

  @Test func noLineIsACommandOfARunner() {
    let text = "::a\n  \u{A0}::b c::d\n##[e]f ##vso[g] ##[h]\n: :"
    #expect(
      TerminalText.withoutCommands(text)
        == "‹U+003A›:a\n  \u{A0}‹U+003A›:b c::d\n‹U+0023›#[e]f ##vso[g] ‹U+0023›#[h]\n: :")
  }

  @Test func coloursOfTablesPass() {
    let cell = "\u{1B}[38;5;231;48;5;53m1\u{1B}[0m \u{1B}[38;2;0;0;0;48;2;253;231;37m9\u{1B}[0m"
    #expect(TerminalText.safe(cell) == cell)
  }
}
