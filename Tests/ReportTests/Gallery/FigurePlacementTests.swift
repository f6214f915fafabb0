import Plot
import Testing

@testable import Gallery

@Suite struct FigurePlacementTests {
  private let style = PageStyle(paper: .a4)

  private func plan(_ sizes: [Size], remaining: Double = 0, heading: Double = 28) throws -> [FigurePlacement] {
    let panels = sizes.map { FigurePlacement.PanelSize(figure: $0) { width, _ in width < 250 ? 80 : 60 } }
    return try FigurePlacement.plan(panels, style: style, remaining: remaining, heading: heading)
  }

  @Test func smallFiguresStandSideBySideOnWhatIsLeftOfThePage() throws {
    let plans = try plan([Size(218, 160), Size(218, 160)], remaining: 400)
    #expect(plans.count == 1)
    #expect(plans[0].newPage == false)
    #expect(plans[0].slots.map(\.rect.y) == [0, 0])
    #expect(plans[0].slots.map { $0.rect.x.rounded() } == [0, 246])
  }

  @Test func fullWidthFiguresStandOneBelowTheOther() throws {
    let plans = try plan([Size(396, 240), Size(396, 240)])
    #expect(plans.count == 1)
    #expect(plans[0].orientation == .portrait)
    #expect(plans[0].slots.map(\.rect.y) == [0, 324])
  }

  @Test func fourSmallFiguresMakeAGrid() throws {
    let plans = try plan(Array(repeating: Size(218, 160), count: 4))
    #expect(plans.count == 1)
    #expect(plans[0].slots.map { $0.rect.x.rounded() } == [0, 246, 0, 246])
  }

  @Test func tallFiguresTakeAPageEachAndTheFirstWhatIsLeft() throws {
    let plans = try plan([Size(396, 450), Size(396, 450)], remaining: 560)
    #expect(plans.map(\.newPage) == [false, true])
    #expect(plans.allSatisfy { $0.orientation == .portrait && $0.slots.count == 1 && $0.slots[0].scale == 1 })
  }

  @Test func aWideFigureTurnsThePage() throws {
    let plans = try plan([Size(700, 300)], remaining: 500)
    #expect(plans[0].orientation == .landscape)
    #expect(plans[0].slots[0].scale == 1)
  }

  @Test func aFigureALittleWiderThanTheTextGoesIntoTheMargins() throws {
    let slot = try #require(try plan([Size(514, 300)]).first?.slots.first)
    #expect(slot.scale == 1)
    #expect(abs(slot.rect.x + style.side - (595.276 - 514) / 2) < 0.001)
  }

  @Test(arguments: [Size(2000, 300), Size(300, 2000), Size(1500, 1500), Size(5, 3000), Size(90_000, 1)])
  func whatFitsNowhereIsScaledAndStaysWhole(size: Size) throws {
    let plan = try #require(try plan([size]).first)
    let slot = try #require(plan.slots.first)
    #expect(slot.scale < 1)
    let page = style.size(plan.orientation)
    let area = style.textArea(of: page)
    #expect(size.height * slot.scale + 28 + 60 <= area.height + 0.001)
    let left = area.x + slot.rect.x
    #expect(left >= style.edge - 0.001 && left + size.width * slot.scale <= page.width - style.edge + 0.001)
  }
}
