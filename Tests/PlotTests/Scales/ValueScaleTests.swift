import Testing

@testable import Plot

/// Scales with bounds on both sides, and how their numbers are written.
@Suite struct ValueScaleTests {
  @Test func linearScalesGoFromBoundToBoundAndClamp() {
    let scale = ValueScale.linear(-5...5)
    #expect([-6, -5, 0, 2.5, 5, 9].map(scale.fraction) == [0, 0, 0.5, 0.75, 1, 1])
    #expect(scale.ticks == [-5, 0, 5])
    #expect(ValueScale.linear(0...1).ticks.first == 0 && ValueScale.linear(0...1).ticks.last == 1)
    #expect(ValueScale.linear(-1...29).ticks.contains(0))
    #expect(ValueScale.linear(3...3).fraction(of: 3) == 0)
  }

  @Test func logarithmicScalesAreAsBefore() throws {
    let scale = ValueScale.logarithmic(try LogScale(1...1000))
    #expect(scale.domain == 1...1000 && scale.ticks == [1, 10, 100, 1000])
    #expect(abs(scale.fraction(of: 10) - 1.0 / 3) < 1e-12)
  }

  @Test func numbersAreWrittenTheSameEverywhere() {
    #expect([12_345, 1].map { NumberStyle.counts.text($0) } == ["12k", "1"])
    #expect(NumberStyle.fullCounts.text(12_345) == "12,345")
    #expect([-2.5, 0, -0.0001, 10].map { NumberStyle.decimals.text($0) } == ["\u{2212}2.5", "0", "0", "10"])
    #expect([0, 0.25, 1].map { NumberStyle.percent.text($0) } == ["0 %", "25 %", "100 %"])
  }

  @Test func namesAtTheEndsOfLinesAreMovedApartWithinTheChart() {
    #expect(EndNames.apart([10, 11, 30], by: 8, within: 0...40) == [10, 18, 30])
    #expect(EndNames.apart([39, 39.5, 40], by: 8, within: 0...40) == [24, 32, 40])
    #expect(EndNames.apart([], by: 8, within: 0...40).isEmpty)
  }

  @Test func valuesBeyondTheBoundsCanHaveColoursOfTheirOwn() throws {
    let scale = ColorScale(
      map: .rdpu, scale: .logarithmic(try LogScale(2...5000)), range: 0.1...0.6, below: Color(hex: 0x9A017B),
      above: .white)
    #expect(scale.color(of: 1) == Color(hex: 0x9A017B) && scale.color(of: 5001) == .white)
    #expect(scale.color(of: 2).luminance < scale.color(of: 5000).luminance)
    let diverging = ColorScale(map: .vik, scale: .linear(-1...1), direction: .published)
    #expect(diverging.color(of: 0).luminance > 0.75)
    #expect(diverging.color(of: -1).blue > diverging.color(of: -1).red)
    #expect(diverging.color(of: 1).red > diverging.color(of: 1).blue)
  }
}
