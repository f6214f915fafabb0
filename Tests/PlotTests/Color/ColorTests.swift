import Testing

@testable import Plot

extension ColorMap: CustomTestStringConvertible {
  /// Its name, in the list of test cases.
  public var testDescription: String { name }
}

@Suite struct ColorTests {
  @Test(arguments: ColorMap.all)
  func lightnessOnlyRisesOrOnlyFalls(map: ColorMap) {
    let steps = (0...255).map { map.color(at: Double($0) / 255).luminance }
    let differences = zip(steps, steps.dropFirst()).map { $1 - $0 }
    #expect(differences.allSatisfy { $0 > -1e-3 } || differences.allSatisfy { $0 < 1e-3 })
    #expect(map.color(darkness: 1).luminance < map.color(darkness: 0).luminance)
  }

  @Test(arguments: ColorMap.all)
  func inkContrastsWithEveryColour(map: ColorMap) {
    for step in 0...1000 {
      let color = map.color(at: Double(step) / 1000)
      let (light, dark) = (max(color.luminance, color.ink.luminance), min(color.luminance, color.ink.luminance))
      #expect((light + 0.05) / (dark + 0.05) >= 4.5)
    }
  }

  @Test(arguments: [("batlow", 0x011959, 0xFACCFA), ("viridis", 0x440154, 0xFDE725), ("cividis", 0x00224E, 0xFEE838)])
  func mapsHaveTheirPublishedEnds(name: String, first: UInt32, last: UInt32) throws {
    let map = try ColorMap.named(name)
    #expect(map.color(at: 0) == Color(hex: first))
    #expect(map.color(at: 1) == Color(hex: last))
    #expect(map.color(at: .nan) == Color(hex: first) && map.color(at: 7) == Color(hex: last))
  }

  @Test func anUnknownMapIsAnErrorThatListsTheKnown() {
    let error = #expect(throws: PlotError.self) { try ColorMap.named("jet") }
    #expect(error?.hints == ["known colour maps: batlow, viridis, cividis, magma, lapaz, rdpu, gnbu"])
  }

  @Test func rankOneIsDarkestAndRanksBeyondTheLimitShareTheLastColour() throws {
    let scale = ColorScale(map: .rdpu, scale: .logarithmic(try LogScale(1...100_000)))
    let colors = [1, 2, 10, 500, 99_999].map { scale.color(of: $0).luminance }
    #expect(colors == colors.sorted())
    #expect(scale.color(of: 100_000) == scale.color(of: 262_144))
  }
}
