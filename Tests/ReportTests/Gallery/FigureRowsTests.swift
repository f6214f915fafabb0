import Plot
import Testing

@testable import Gallery

@Suite struct FigureRowsTests {
  private let style = PageStyle(paper: .a4)

  private func panels(_ sizes: [Size], smallestText: Double? = 7) -> [FigureRows.Panel] {
    sizes.map { size in
      FigureRows.Panel(figure: size, smallestText: smallestText) { width, _ in width < 250 ? 80 : 60 }
    }
  }

  @Test func smallFiguresStandSideBySideAtTheirTrueSize() throws {
    let rows = try FigureRows.arranged(panels([Size(218, 160), Size(218, 150)]), style: style)
    #expect(rows.scale == 1)
    #expect(rows.rows.map { $0.slots.map(\.panel) } == [[0, 1]])
    #expect(rows.height == 240)
    let (first, second) = (rows.rows[0].slots[0], rows.rows[0].slots[1])
    #expect(first.x == 0)
    #expect(abs(second.x + second.width - style.area.width) < 0.01)
  }

  @Test func figuresThatAreALittleTooWideAreReducedTogetherAndStayInTheText() throws {
    let rows = try FigureRows.arranged(panels([Size(255, 200), Size(255, 100)]), style: style)
    #expect(rows.rows.count == 1)
    #expect(abs(rows.scale - (style.area.width - FigureRows.gap) / 510) < 1e-9)
    let last = rows.rows[0].slots[1]
    #expect(abs(last.x + 255 * rows.scale - style.area.width) < 0.01)
  }

  @Test func noTextIsReducedBelowSixPoints() throws {
    let rows = try FigureRows.arranged(panels([Size(300, 200), Size(300, 100)]), style: style)
    #expect(rows.scale == 1)
    #expect(rows.rows.map { $0.slots.map(\.panel) } == [[0], [1]])
    #expect(abs(FigureRows.floor(panels([Size(300, 200)])) - 6 / 7) < 1e-9)
  }

  @Test func figuresWhoseTextCouldNotBeReadAreNotReduced() throws {
    let rows = try FigureRows.arranged(panels([Size(300, 200), Size(300, 100)], smallestText: 6.1), style: style)
    #expect(rows.scale == 1)
    #expect(rows.rows.map { $0.slots.map(\.panel) } == [[0], [1]])
    #expect(rows.height == 200 + 60 + FigureRows.gap + 100 + 60)
  }

  @Test func fourSmallFiguresMakeAGridWhoseColumnsStandBelowEachOther() throws {
    let rows = try FigureRows.arranged(panels(Array(repeating: Size(225, 160), count: 4)), style: style)
    #expect(rows.rows.map { $0.slots.map(\.panel) } == [[0, 1], [2, 3]])
    #expect(rows.rows[0].slots.map(\.x) == rows.rows[1].slots.map(\.x))
  }

  @Test func aFigureThatIsALittleTooHighIsReducedToTheRoomThatIsLeft() throws {
    let own = panels([Size(396, 380)])
    let rows = try #require(try FigureRows.fitting(own, height: 400, floor: FigureRows.floor(own), style: style))
    #expect(rows.height <= 400 && rows.height > 390)
    #expect(try FigureRows.fitting(own, height: 200, floor: FigureRows.floor(own), style: style) == nil)
  }

  @Test func aFigureALittleWiderThanTheTextStaysInTheText() throws {
    let rows = try FigureRows.arranged(panels([Size(514, 300)]), style: style)
    #expect(rows.rows[0].slots[0].x == 0)
    #expect(abs(514 * rows.scale - style.area.width) < 0.001)
  }

  @Test(arguments: [Size(2000, 300), Size(1500, 1500), Size(90_000, 1)])
  func whatIsWiderThanTheTextIsScaledAndStaysWhole(size: Size) throws {
    let rows = try FigureRows.arranged(panels([size]), style: style)
    #expect(rows.rows.count == 1 && abs(size.width * rows.scale - style.area.width) < 0.01)
  }
}
