import Plot
import TestSupport
import Testing
import Traces

@testable import Figures

/// What figures do where there is little room, and what their words say of it.
@Suite struct FigureRoomTests {
  private func draw(
    _ kind: String, _ traces: [Trace], options: [String: OptionValue] = [:], _ style: FigureStyle
  ) throws -> DrawnFigure {
    try FigureRecipes().draw(kind, traces.map { .trace($0) }, options: options, style: style)
  }

  private func runs(_ figure: DrawnFigure) -> [TextRun] {
    figure.scene.items.compactMap { if case .text(let run) = $0 { run } else { nil } }
  }

  private func texts(_ figure: DrawnFigure) -> [String] { runs(figure).map(\.text) }

  private let column = FigureStyle(venue: "acl", span: "column")

  @Test func aLegendKeepsTheWordThatTellsItsLinesApart() throws {
    let words = [" Paris", " Westminster"]
    let traces = [
      (9, "SmolLM2 135M Instruct of somebody"), (5, "A model whose name is far too long for any column of a paper"),
    ]
    .map { SampleTraces.trace(layers: $0.0, columns: 1, name: $0.1, watch: words) }
    let figure = try draw("trajectory", traces, column)
    let names = texts(figure).filter { $0.contains(": ␣") }
    #expect(names.count == 4 && Set(names).count == 4)
    #expect(names.allSatisfy { $0.hasSuffix(": ␣Paris") || $0.hasSuffix(": ␣Westminster") }, "\(names)")
    // The chart keeps most of the figure, and no tick is missing between its neighbours.
    let grid = try #require(figure.scene.grids.first)
    let (left, right) = (try #require(grid.columns.first).lowerBound, try #require(grid.columns.last).upperBound)
    #expect(right - left >= 0.45 * 218)
    let ticks = texts(figure).filter { $0.hasSuffix(" %") && !$0.contains(":") }
    #expect(ticks == ["0 %", "25 %", "50 %", "75 %", "100 %"] || ticks == ["0 %", "50 %", "100 %"], "\(ticks)")
  }

  @Test func shortNamesStayAtTheEndsOfTheirLines() throws {
    let figure = try draw(
      "trajectory", [SampleTraces.trace(layers: 9, columns: 1, watch: [" is", " are"])], FigureStyle())
    let grid = try #require(figure.scene.grids.first)
    let end = try #require(grid.columns.last).upperBound
    #expect(runs(figure).filter { ["␣is", "␣are"].contains($0.text) }.allSatisfy { $0.origin.x > end })
  }

  @Test func wordsThatHaveNoRoomAreSaid() throws {
    let trace = SampleTraces.trace(layers: 30, columns: 54)
    let narrow = try draw("lens-grid", [trace], column)
    #expect(narrow.notes.count == 1)
    #expect(narrow.notes[0].hasPrefix("the cells are too small for words, so lens-grid shows colours alone"))
    #expect(narrow.notes[0].contains("span: full"))
    // What the note advises helps.
    var fewer = column
    fewer.layers = LayerChoice([.every(3)])
    #expect(try draw("lens-grid", [trace], options: ["count": .integer(4)], fewer).notes == [])
    #expect(try draw("rank-heatmap", [trace], column).notes == [], "numbers only repeat what colours show")
  }

  @Test func wordsOfWhichLittleIsLeftAreSaid() throws {
    // Of ever more positions, cells have room for words first, then for a letter or two of them, then for none.
    let trace = SampleTraces.trace(
      layers: 30, columns: 54, texts: [.text(" kitchen"), .text(" cabinet"), .text(" door"), .text(" beside")])
    let notes = try stride(from: 2, through: 54, by: 2).map { count in
      try draw("lens-grid", [trace], options: ["count": .integer(count)], FigureStyle()).notes
    }
    let cut = try #require(notes.firstIndex { $0.contains { $0.hasPrefix("the cells are small for words: in ") } })
    #expect(notes[cut].count == 1 && notes[cut][0].contains(", one or two characters of a word are left; show fewer "))
    #expect(cut > 0 && notes[0] == [], "\(notes[0])")
    let none = try #require(notes.firstIndex { $0.contains { $0.hasPrefix("the cells are too small for words") } })
    #expect(none > cut)
  }

  @Test func aFigureWiderThanItsColumnTakesAllColumns() throws {
    let trace = SampleTraces.trace(layers: 30, columns: 54)
    var style = column
    #expect(try draw("rank-heatmap", [trace], style).isWide == false)
    style.width = 300
    let wide = try draw("rank-heatmap", [trace], style)
    #expect(wide.scene.size.width > 219 && wide.isWide)
    #expect(wide.notes.contains { $0.contains("a column of acl is 218 wide: its float takes all columns (figure*)") })
    style.width = 600
    let tooWide = try draw("rank-heatmap", [SampleTraces.trace(layers: 30, columns: 120)], style)
    #expect(tooWide.notes.contains { $0.contains("the text of acl is 454 wide: it runs into the margin") })
  }

  @Test func aWidthThatFitsIntoAColumnKeepsTheFigureInIt() throws {
    var style = FigureStyle(venue: "acl", span: "full", width: 215)
    let narrow = try draw("token-ranks", [SampleTraces.trace(layers: 4, columns: 1, watch: [" is", " are"])], style)
    #expect(!narrow.isWide && narrow.textWidth == 218.27 && narrow.notes == [])
    style.width = nil
    let wide = try draw("token-ranks", [SampleTraces.trace(layers: 4, columns: 1, watch: [" is", " are"])], style)
    #expect(wide.isWide && wide.textWidth == 453.54)
  }

  @Test(arguments: [1, 2, 4, 40, 54])
  func withoutAVenueAFigureLeavesRoomForItsCaption(columns: Int) throws {
    let trace = SampleTraces.trace(layers: 30, columns: columns)
    for (kind, traces) in [("lens-grid", [trace]), ("comparison", [trace, trace]), ("rank-heatmap", [trace])] {
      #expect(try draw(kind, traces, FigureStyle()).scene.size.height <= 450.001, "\(kind) of \(columns)")
    }
  }

  @Test func tokensOfThePromptAreToldFromTheOutput() throws {
    var trace = SampleTraces.trace(layers: 6, columns: 6)
    // The prompt's last three tokens are columns as well.
    let end = trace.promptLength
    trace.promptLength = end + 3
    let mixed = try draw("rank-heatmap", [trace], FigureStyle())
    #expect(mixed.title == "Rank of each token of prompt and output after every layer")
    #expect(mixed.alt.contains("6 tokens of prompt and output"))
    #expect(mixed.caption.contains("A band tells tokens of the prompt from the output."))
    #expect(texts(mixed).contains("Next token") && texts(mixed).contains("prompt") && texts(mixed).contains("output"))
    let output = try draw("rank-heatmap", [SampleTraces.trace(layers: 6, columns: 6)], FigureStyle())
    #expect(output.alt.contains("6 output tokens") && texts(output).contains("Output token"))
    #expect(!output.caption.contains("A band"))
  }

  @Test func aColumnThatNoTokenFollowsIsLeftOutOfRanks() throws {
    var trace = SampleTraces.trace(layers: 6, columns: 4)
    trace.columns[3].target = nil
    for row in trace.rank.indices { (trace.rank[row][3], trace.logprob[row][3]) = (nil, nil) }
    let figure = try draw("rank-heatmap", [trace], FigureStyle())
    #expect(figure.alt.contains("3 output tokens"))
    #expect(figure.readouts.flatMap(\.columns).count + figure.readouts.flatMap(\.rows).count == 3 + 7)
  }
}
