import Testing

@testable import Plot

@Suite struct ScaleTests {
  @Test func aLogScaleIsEvenInDecadesAndClamps() throws {
    let scale = try LogScale(1...100_000)
    #expect(scale.ticks == [1, 10, 100, 1000, 10_000, 100_000])
    #expect(scale.fraction(of: 1) == 0)
    #expect(abs(scale.fraction(of: 100) - 0.4) < 1e-12)
    #expect(scale.fraction(of: 200_000) == 1)
    #expect(scale.fraction(of: 0) == 0)
  }

  @Test(arguments: [0.0...10.0, 5.0...5.0, -1.0...1.0, 1.0 ... .infinity])
  func aLogScaleNeedsTwoBoundsAboveZero(domain: ClosedRange<Double>) {
    #expect(throws: PlotError.self) { try LogScale(domain) }
  }

  @Test func aLogScaleWithoutAPowerOfTenHasItsBoundsAsTicks() throws {
    #expect(try LogScale(2...7).ticks == [2, 7])
  }

  @Test(arguments: [
    (0.02...300.0, [0.1, 1, 10, 100]), (60...700, [100, 200, 500]), (0.15...4, [0.2, 0.5, 1, 2]),
  ])
  func roundNumbersArePowersOfTenWhereThereAreEnough(domain: ClosedRange<Double>, numbers: [Double]) {
    #expect(LogScale.roundNumbers(in: domain) == numbers)
  }

  @Test(arguments: [
    (58.34, 60.0, 20.0), (100, 100, 50), (99.99, 100, 50), (4, 4, 1), (0.003, 0.003, 0.001), (0, 1, 0.5),
    (.nan, 1, 0.5),
  ])
  func aLinearScaleEndsAtARoundNumber(largest: Double, maximum: Double, step: Double) {
    let scale = LinearScale(upTo: largest)
    #expect(abs(scale.maximum - maximum) < 1e-9 && abs(scale.tickStep - step) < 1e-9)
    #expect(scale.ticks.first == 0 && scale.ticks.count <= 6)
  }

  @Test func bandsFollowEachOtherWithGapsWhereAsked() {
    let bands = BandScale(count: 3, start: 10, step: 5, gapsAfter: [0], gap: 2)
    #expect([0, 1, 2].map(bands.begin) == [10, 17, 22])
    #expect(bands.middle(1) == 19.5 && bands.end == 27 && bands.length == 17)
  }

  @Test(arguments: [
    (0, "0", "0"), (1, "1", "1"), (999, "999", "999"), (1000, "1,000", "1k"), (1234, "1,234", "1.2k"),
    (3012, "3,012", "3.0k"), (3000, "3,000", "3k"),
    (9949, "9,949", "9.9k"), (9950, "9,950", "10k"), (12_345, "12,345", "12k"), (99_500, "99,500", "100k"),
    (262_144, "262,144", "262k"), (999_499, "999,499", "999k"), (999_500, "999,500", "1.0M"),
    (2_000_000, "2,000,000", "2M"), (-1234, "−1,234", "−1.2k"),
    (Int.max, "9,223,372,036,854,775,807", "9223372037G"), (Int.min, "−9,223,372,036,854,775,808", "−9223372037G"),
  ])
  func countsAreGroupedOrShortened(count: Int, full: String, short: String) {
    #expect(CountFormat.full(count) == full)
    #expect(CountFormat.short(count) == short)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0001, "0"), (1.5, "1.5"), (-0.25, "-0.25"), (12, "12"), (0.0005, "0.001"), (1e6, "1000000"),
  ])
  func decimalsHaveAtMostThreeDigits(value: Double, text: String) {
    #expect(Decimal3.text(value) == text)
  }
}
