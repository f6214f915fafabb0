import Testing

@testable import Figures
@testable import Words

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("abc", 3), ("", 0), ("中文", 4), ("한국어", 6), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("עברית", 5), ("\u{200B}", 0),
    ("🙂", 2), ("👩‍👩‍👧", 2), ("❤️", 2), ("␣London", 7), ("ｱ", 1), ("Ａ", 2),
  ])
  func aTextTakesSoManyColumns(text: String, columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
  }

  @Test func textIsShortenedAndPaddedByColumns() {
    #expect(DisplayWidth.shortened("中文字符", to: 5) == "中文…")
    #expect(DisplayWidth.shortened("中文字符", to: 8) == "中文字符")
    #expect(DisplayWidth.aligned("中", to: 4) == "  中")
    #expect(DisplayWidth.padded("中", to: 4) == "中  ")
  }
}

@Suite struct RankPaletteTests {
  @Test func theEnvironmentDecidesAsIsUsual() {
    #expect(RankPalette(environment: ["TERM": "xterm"], isTerminal: true) == RankPalette(depth: .indexed))
    #expect(RankPalette(environment: ["COLORTERM": "truecolor"], isTerminal: true) == RankPalette(depth: .full))
    #expect(RankPalette(environment: [:], isTerminal: false) == RankPalette(depth: .none))
    #expect(RankPalette(environment: ["TERM": "dumb"], isTerminal: true) == RankPalette(depth: .none))
    #expect(RankPalette(environment: ["FORCE_COLOR": "1"], isTerminal: false) == RankPalette(depth: .indexed))
    #expect(
      RankPalette(environment: ["NO_COLOR": "1", "FORCE_COLOR": "1"], isTerminal: true) == RankPalette(depth: .none))
    #expect(RankPalette(environment: ["NO_COLOR": ""], isTerminal: true) == RankPalette(depth: .indexed))
  }

  @Test func theBestRankIsTheDarkestAndTheWorstTheBrightest() {
    let palette = RankPalette(depth: .full)
    #expect(palette.cell("1", rank: 1, worst: 1000) == "\u{1B}[38;2;255;255;255;48;2;68;1;84m1\u{1B}[0m")
    #expect(palette.cell("1000", rank: 1000, worst: 1000) == "\u{1B}[38;2;0;0;0;48;2;253;231;37m1000\u{1B}[0m")
    #expect(palette.cell("-", rank: nil, worst: 1000) == "-")
    #expect(RankPalette(depth: .none).cell("1", rank: 1, worst: 1) == "1")
  }
}
