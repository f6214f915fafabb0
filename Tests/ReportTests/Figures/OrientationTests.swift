import Engine
import Foundation
import Plot
import Testing
import Traces

@testable import Figures

/// Which way layers run, what is wrapped, and what captions say of what was drawn.
@Suite struct OrientationTests {
  func draw(
    _ kind: String, _ traces: [Trace], _ options: [String: OptionValue] = [:], venue: String? = "neurips",
    span: String? = nil
  ) throws -> DrawnFigure {
    try FigureRecipes().draw(
      kind, traces.map(Numbers.trace), options: options, style: FigureStyle(venue: venue, span: span))
  }

  func texts(_ figure: DrawnFigure) -> [String] {
    figure.scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
  }

  let keys = SampleTraces.trace(layers: 30, columns: 1, watch: [" is", " are"])

  @Test func aFewTokensOfManyLayersLieAcrossThePage() throws {
    let figure = try draw("token-ranks", [keys])
    #expect(figure.scene.drawn.isTurned == true)
    #expect(figure.scene.size.width > 380 && figure.scene.size.height < 110)
    // The last layer has a label in any case.
    #expect(texts(figure).contains("29"))
    let narrow = try draw("token-ranks", [keys], venue: "acl", span: "column")
    #expect(narrow.scene.drawn.isTurned == true && texts(narrow).contains("29") && texts(narrow).contains("emb."))
  }

  @Test(arguments: ["rank-heatmap", "token-ranks", "lens-grid", "difference", "comparison"])
  func layersRunAsAskedFor(kind: String) throws {
    let trace = SampleTraces.trace(layers: 12, columns: 4, watch: [" is", " are"])
    let traces = kind == "comparison" ? [trace, trace] : [trace]
    let across = try draw(kind, traces, ["orientation": .text("layers-across")])
    let down = try draw(kind, traces, ["orientation": .text("layers-down")])
    #expect(across.scene.drawn.isTurned == true && down.scene.drawn.isTurned == false)
    #expect(across.scene.grids[0].columns.count == 13 && down.scene.grids[0].rows.count == 13)
    // The numbers do not depend on where they are drawn.
    #expect(across.table == down.table)
    let alike = ["layers-across", "layers-down"].contains { word in
      (try? draw(kind, traces))?.scene == (try? draw(kind, traces, ["orientation": .text(word)]))?.scene
    }
    #expect(alike, "auto is one of the two")
  }

  @Test func readoutsAreThoseOfTheCellsWhicheverWayLayersRun() throws {
    let trace = SampleTraces.trace(layers: 5, columns: 3)
    let across = try draw("rank-heatmap", [trace], ["orientation": .text("layers-across")]).readouts
    let down = try draw("rank-heatmap", [trace], ["orientation": .text("layers-down")]).readouts
    #expect(across.count == 1 && down.count == 1)
    #expect(across[0].rows == down[0].columns && across[0].columns == down[0].rows)
    #expect(across[0].columns == ["embedding", "0", "1", "2", "3", "4"])
    for row in down[0].cells.indices {
      for column in down[0].cells[row].indices {
        #expect(across[0].cells[column][row] == down[0].cells[row][column])
      }
    }
    #expect(across[0].grid.columns.count == 6 && across[0].grid.rows.count == 3)
  }

  @Test func theArticlesLookKeepsItsLayersFromTopToBottom() throws {
    let article: [String: OptionValue] = ["look": .text("article")]
    #expect(try draw("token-ranks", [keys], article).scene.drawn.isTurned == false)
    let across = article.merging(["orientation": .text("layers-across")]) { $1 }
    #expect(try draw("token-ranks", [keys], across).scene.drawn.isTurned == true)
  }

  @Test(arguments: [(20, "neurips"), (38, "neurips"), (60, "neurips"), (60, "acl"), (100, "neurips")])
  func everyTokenOfALongTextHasItsLabelWithinAThirdOfAPage(count: Int, venue: String) throws {
    let words = (0..<count).map { Trace.TokenText.text(" w\($0)") }
    let trace = SampleTraces.trace(layers: 30, columns: count, texts: words)
    let figure = try draw("rank-heatmap", [trace], venue: venue)
    let shown = Set(texts(figure))
    #expect((0..<count).allSatisfy { shown.contains("␣w\($0)") })
    #expect(figure.scene.size.height <= 252 + 1e-6)
    // Every cell has its readout, also in the later panels.
    #expect(figure.readouts.map { $0.cells.map(\.count).reduce(0, +) }.reduce(0, +) == 31 * count)
    #expect(figure.caption.contains("next panel") == (figure.scene.drawn.panels > 1))
  }

  @Test func labelsAreThinnedOnlyWhereNothingElseHelpsAndTheCaptionSaysSo() throws {
    let trace = SampleTraces.trace(layers: 96, columns: 400, texts: (0..<400).map { .text(" w\($0)") })
    let figure = try draw("rank-heatmap", [trace], venue: "acl", span: "column")
    let stride = figure.scene.drawn.labelStride
    #expect(stride > 1 && figure.caption.contains("Only every \(Caption.ordinal(stride)) token has a label."))
  }

  @Test(arguments: [(3, "neurips"), (38, "neurips"), (3, "beamer"), (20, "beamer"), (20, "aaai"), (60, "acl")])
  func aCaptionClaimsNoMoreThanWasDrawn(columns: Int, venue: String) throws {
    for kind in ["rank-heatmap", "lens-grid", "token-ranks", "difference", "comparison"] {
      let trace = SampleTraces.trace(layers: 30, columns: columns, watch: [" is", " are"])
      let figure = try draw(kind, kind == "comparison" ? [trace, trace] : [trace], venue: venue)
      let drawn = figure.scene.drawn
      let caption = figure.caption
      if drawn.cellTexts == false {
        #expect(!caption.contains("Numbers are ranks") && !caption.contains("Words are the tokens"), "\(kind)")
        #expect(caption.contains("the figure's table has the"), "\(kind)")
      }
      if drawn.cellMarks == false { #expect(!caption.contains("marked"), "\(kind)") }
    }
  }

  @Test func aRunOfRank1IsFramedOnce() throws {
    var trace = SampleTraces.trace(layers: 6, columns: 1)
    trace.rank = [[900], [1], [40], [7], [1], [1], [1]]
    let scene = try draw("rank-heatmap", [trace]).scene
    let frames = scene.items.filter {
      if case .rectangle(_, nil, .some, _) = $0 { true } else { false }
    }
    // One for the single layer, one for the last three, one around the colour bar.
    #expect(frames.count == 3)
  }

  @Test func tokenRanksOfSeveralModelsAreStackedWithTheirCrossingsMarked() throws {
    func trace(_ name: String, layers: Int, from ahead: Int) -> Trace {
      var trace = SampleTraces.trace(layers: layers, columns: 1, name: name, watch: [" is", " are"])
      trace.watch[0].logprob = trace.rows.indices.map { _ in [-3] }
      trace.watch[1].logprob = trace.rows.indices.map { [$0 > ahead ? -1 : -5] }
      return trace
    }
    let figure = try draw(
      "token-ranks", [trace("One", layers: 8, from: 5), trace("Two", layers: 4, from: 2)], ["together": .flag(true)])
    let shown = texts(figure)
    #expect(shown.contains("One: “␣are” ahead for good from layer 5 of 7"))
    #expect(shown.contains("Two: “␣are” ahead for good from layer 2 of 3"))
    #expect(shown.contains("Heathrow airport is located in the city of ____"))
    #expect(figure.caption.contains("The dashed line stands before the layer"))
    let grids = figure.scene.grids
    #expect(grids.count == 2 && grids.map(\.part) == [0, 1])
    // Panels have the same length, and the line stands where the layer begins.
    #expect(abs((grids[0].columns.last?.upperBound ?? 0) - (grids[1].columns.last?.upperBound ?? 1)) < 1e-6)
    let dashed = figure.scene.items.compactMap { item -> Double? in
      guard case .path(let path, _, let stroke?) = item, !stroke.dash.isEmpty,
        case .move(let point)? = path.segments.first
      else { return nil }
      return point.x
    }
    #expect(dashed.count == 2)
    for (grid, (x, index)) in zip(grids, zip(dashed, [6, 3])) {
      #expect(grid.columns[index - 1].upperBound - 0.01...grid.columns[index].lowerBound + 0.01 ~= x)
    }
  }

  @Test func aComparisonOfWatchedWordsNeedsNoOutput() throws {
    var silent = keys
    silent.columns[0].target = nil
    var other = silent
    other.model.name = "Other"
    let figure = try draw("comparison", [silent, other])
    #expect(figure.caption.contains("Ranks of “␣is” and “␣are”"))
    #expect(figure.readouts.count == 2)
    #expect(throws: FigureError.self) { try draw("comparison", [silent, other], ["tokens": .text("output")]) }
  }
}
