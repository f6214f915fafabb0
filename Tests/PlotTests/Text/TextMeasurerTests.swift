import Foundation
import Testing

@testable import Plot

@Suite struct TextMeasurerTests {
  let sans = Font(family: "TeX Gyre Heros", size: 9)
  let mono = Font(family: "DejaVu Sans Mono", size: 10)

  @Test func widthsAreThoseOf72UnitsPerInchAndNotRounded() throws {
    // The figure for DejaVu Sans 9 is 96.2 with these settings, 101 with rounded positions, 129 at 96 dpi.
    let width = try TextMeasurer.extent("Prompt: Heathrow AV", font: Font(family: "DejaVu Sans", size: 9)).width
    #expect(abs(width - 96.2) < 0.05)
  }

  @Test func widthGrowsLinearlyWithTheSize() throws {
    let small = try TextMeasurer.extent("Layer 12,345", font: sans).width
    let large = try TextMeasurer.extent("Layer 12,345", font: Font(family: "TeX Gyre Heros", size: 90)).width
    #expect(abs(large / small - 10) < 0.01)
  }

  @Test func ligaturesAreOff() throws {
    let font = Font(family: "TeX Gyre Termes", size: 100)
    let glyphs = try PangoEngine.withEngine { engine in
      engine.glyphs(of: try engine.shape("office", font)).count
    }
    #expect(glyphs == 6)
  }

  @Test func extentIsTheFontsWhateverTheText() throws {
    let plain = try TextMeasurer.extent("x", font: sans)
    let tall = try TextMeasurer.extent("中文", font: sans)
    #expect(plain.ascent == tall.ascent && plain.descent == tall.descent)
    #expect(try TextMeasurer.extent("", font: sans).width == 0)
    let metrics = try TextMeasurer.metrics(sans)
    #expect(metrics.capHeight > metrics.xHeight && metrics.ascent > metrics.capHeight)
  }

  @Test func aFamilyThatIsNotInstalledIsAnErrorThatNamesItAndItsPackage() {
    let error = #expect(throws: PlotError.self) {
      try TextMeasurer.extent("a", font: Font(family: "TeX Gyre Nowhere", size: 9))
    }
    #expect(error?.message.hasPrefix("font family 'TeX Gyre Nowhere' is not installed; the system would use '") == true)
    #expect(error?.hints.first?.contains("fonts-texgyre") == true)
  }

  @Test func wordsWrapAndLongWordsBreakBetweenGraphemes() throws {
    let text = "The countries of the European Union are:\n1. Austria\n\n👨‍👩‍👧Donaudampfschifffahrtsgesellschaft"
    let lines = try TextMeasurer.lines(text, font: mono, width: 100)
    #expect(
      lines == [
        "The countries of", "the European", "Union are:", "1. Austria", "", "👨‍👩‍👧", "Donaudampfschiff",
        "fahrtsgesellscha", "ft",
      ])
    for line in lines { #expect(try TextMeasurer.extent(line, font: mono).width <= 100) }
  }

  @Test(arguments: ["é́é́é́é́é́", "👩‍🚀👩‍🚀👩‍🚀👩‍🚀", "हिन्दीहिन्दीहिन्दी", "中文中文中文中文"])
  func breakingNeverSplitsAGrapheme(text: String) throws {
    let lines = try TextMeasurer.lines(text, font: mono, width: 22)
    #expect(lines.count > 1)
    #expect(lines.flatMap(Array.init) == Array(text))
  }

  @Test func shorteningCutsAtGraphemesAndFits() throws {
    let long = String(repeating: "wörd ", count: 40)
    let head = try TextMeasurer.shortened(long, font: mono, width: 60)
    let tail = try TextMeasurer.shortened(long, font: mono, width: 60, keeping: .tail)
    #expect(head == "wörd wör…")
    #expect(tail == "…rd wörd ")
    #expect(try TextMeasurer.shortened("short", font: mono, width: 60) == "short")
    #expect(try TextMeasurer.shortened("long", font: mono, width: 1) == "…")
  }

  @Test(arguments: [
    "中文", "кириллица", "עברית", "العربية", "हिन्दी", "ไทย", "한국어", "日本語", "ελληνικά", "␣⏎→·…⟨⟩↵⇥", "ქართული", "தமிழ்",
  ])
  func everyScriptTheModelsSpeakHasGlyphs(text: String) throws {
    for font in [sans, mono, Font(family: "TeX Gyre Termes", size: 9, bold: true)] {
      #expect(try TextMeasurer.drawable(text, font: font) == text)
    }
  }

  @Test func whatNoFontCanDrawIsShownByItsCode() throws {
    #expect(try TextMeasurer.drawable("go \u{F0000}!", font: sans) == "go ⟨F0000⟩!")
  }

  @Test func measuringFromManyThreadsGivesOneAnswer() async {
    let widths = await withTaskGroup(of: Double?.self) { group in
      for index in 0..<200 {
        group.addTask {
          try? TextMeasurer.extent(
            index % 2 == 0 ? "even שלום" : "even שלום", font: Font(family: "TeX Gyre Heros", size: 7)
          ).width
        }
      }
      var all: Set<Double?> = []
      for await width in group { all.insert(width) }
      return all
    }
    #expect(widths.count == 1 && widths.first != .some(nil))
  }
}
