import Testing

@testable import Plot

/// Ink of what matters less, on white and on colours.
@Suite struct MutedInkTests {
  @Test func contrastIsThatOfTheGuidelines() {
    #expect(Color.black.contrast(with: .white) == 21 && Color.white.contrast(with: .black) == 21)
    #expect(Color.white.contrast(with: .white) == 1)
    #expect(abs(Color(hex: 0x777777).contrast(with: .white) - 4.478) < 0.001)
  }

  @Test func mutedLabelsCanBeReadOnWhite() throws {
    #expect(try Theme().softInk.contrast(with: .white) > 7)
  }

  @Test(arguments: ColorMap.all)
  func mutedWordsCanBeReadOnEveryColour(map: ColorMap) {
    for step in 0...100 {
      let fill = map.color(at: Double(step) / 100)
      #expect(fill.contrast(with: fill.mutedInk) >= 4.5)
    }
    // Light cells have a grey that differs from their ink.
    #expect(Color.white.mutedInk.contrast(with: .white) < 16)
  }
}
