import Engine
import Foundation
import Plot
import Testing
import Traces

@testable import Figures

/// What the kinds that follow tokens, states and differences through the layers show and say.
@Suite struct LayerFiguresTests {
  /// A figure is made of other marks than it should be.
  struct OtherMarks: Error {}

  func describe(_ name: String, _ traces: [Trace], _ options: [String: OptionValue] = [:]) throws -> FigureDescription {
    let kind = try FigureKind.named(name)
    return try kind.describe(traces, options: kind.parse(options))
  }

  /// A trace of two blocks and two columns whose numbers are easy to follow.
  func small(_ name: String = "Small") -> Trace {
    var trace = SampleTraces.trace(layers: 2, columns: 2, watch: [" is", " are"])
    trace.model.name = name
    trace.rank = [[7, 5], [3, 1], [1, 1]]
    trace.logprob = [[-4, -3], [-2, -1], [-1, -0.5]]
    trace.entropy = [[6, 4], [3, 1], [2, 0]]
    trace.kl = [[5, 3], [1, 2], [0, 0]]
    trace.top.k = 1
    trace.top.ids = [[[2001], [2002]], [[1000], [2003]], [[1000], [1001]]]
    trace.top.logprobs = [[[-3], [-2.5]], [[-2], [-1]], [[-1], [-0.5]]]
    trace.watch[0].logprob = [[-5, -5], [-4, -2], [-3, -1]]
    trace.watch[1].logprob = [[-4, -6], [-4.5, -3], [-1, -2.5]]
    trace.watch[0].rank = [[50, 50], [20, 4], [9, 2]]
    trace.watch[1].rank = [[20, 90], [30, 9], [2, 6]]
    return trace
  }

  @Test(arguments: [
    (OptionValue.integer(0), " (37 % after the last layer) is"),
    (.text("embedding"), " (37 % after the last layer) is"),
    (.text("last"), " (37 %) is"),
  ])
  func theSentenceBelowOneLayerSaysWhenItsTokenHasItsProbability(layer: OptionValue, words: String) throws {
    #expect(try describe("top-tokens", [small()], ["layer": layer]).finding?.contains(words) == true)
    #expect(try describe("top-tokens", [small()]).finding?.contains(" (37 %) is") == true)
  }

  @Test func aLensGridShowsEachLayersOwnTokenAndFramesThoseOfTheLast() throws {
    let description = try describe("lens-grid", [small()])
    guard case .cells(let cells) = description.figure.panel.marks, case .labels(let labels) = cells.texts else {
      throw OtherMarks()
    }
    #expect(labels.map { $0.map(\.text) } == [["中文", "日本語の"], ["␣London", "␣кириллица"], ["␣London", "中文"]])
    #expect(cells.marked == [[false, false], [true, false], [true, true]])
    #expect(cells.values[2] == [exp(-1), exp(-0.5)])
    #expect(
      description.alt
        == "Grid of the token that every layer of Small would choose, 3 rows by 2 positions. The last layer chooses "
        + "“␣London”, “中文”; at half of the positions this choice is settled by layer 0.")
  }

  @Test(arguments: [
    ("rank", [[7, 5], [3, 1], [1, 1]]), ("entropy", [[6, 4], [3, 1], [2, 0]]), ("kl", [[5, 3], [1, 2], [0, 0]]),
  ])
  func aLensGridIsColouredByWhatIsAskedFor(quantity: String, values: [[Double]]) throws {
    guard case .cells(let cells) = try describe("lens-grid", [small()], ["color": .text(quantity)]).figure.panel.marks
    else {
      throw OtherMarks()
    }
    #expect(cells.values == values)
    // Darker is closer to the answer: all three are best when small.
    #expect(cells.scale.color(of: 1).luminance < cells.scale.color(of: 5).luminance)
  }

  @Test func aLensGridCanShowAWindow() throws {
    let description = try describe("lens-grid", [small()], ["start": .integer(2), "count": .integer(5)])
    guard case .cells(let cells) = description.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(cells.columns.count == 1 && cells.values.count == 3)
    #expect(throws: FigureError.outOfRange(what: "position", found: 3, count: 2, kind: "lens-grid")) {
      try describe("lens-grid", [small()], ["start": .integer(3)])
    }
  }

  @Test func aTrajectoryFollowsWatchedTokens() throws {
    let description = try describe("trajectory", [small()])
    guard case .lines(let lines) = description.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.series == ["␣is", "␣are"])
    #expect(lines.charts[0].lines.map { $0.points.map(\.value) } == [[50, 20, 9], [20, 30, 2]])
    #expect(lines.charts[0].lines[0].points.map(\.name) == ["embedding", "0", "1"])
    let second = try describe("trajectory", [small()], ["scale": .text("probability"), "position": .integer(2)])
    guard case .lines(let shares) = second.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(shares.charts[0].lines[0].points.map(\.value) == [-5, -2, -1].map { exp($0) })
    #expect(
      second.alt.contains("“␣is” has rank 2 (36.79 %) in Small; “␣are” has rank 6 (8.21 %) in Small."), "\(second.alt)")
  }

  @Test func theFirstPredictionIsTheOneAfterThePromptWhateverIsLookedAt() throws {
    var trace = small()
    // As if the last word of the prompt had been looked at as well.
    trace.promptLength = trace.columns[1].position + 1
    guard case .lines(let lines) = try describe("trajectory", [trace]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.charts[0].lines.map { $0.points.map(\.value) } == [[50, 4, 2], [90, 9, 6]])
  }

  @Test func aTrajectoryWithoutWatchedTokensFollowsTheTokenThatCame() throws {
    var trace = small()
    trace.watch = []
    guard case .lines(let lines) = try describe("trajectory", [trace]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.series == ["␣London"] && lines.charts[0].lines[0].points.map(\.value) == [7, 3, 1])
    trace.columns[0].target = nil
    #expect(throws: FigureError.self) { try describe("trajectory", [trace]) }
  }

  @Test(
    "ticks of layers are a step apart; one stays before the last where more than half a step lies between",
    arguments: [
      (3, "emb. 0 1 2"), (12, "emb. 0 2 4 6 8 11"), (18, "emb. 0 2 4 6 8 10 12 14 17"),
      (24, "emb. 0 5 10 15 20 23"), (26, "emb. 0 5 10 15 20 25"), (28, "emb. 0 5 10 15 20 27"),
      (30, "emb. 0 5 10 15 20 25 29"), (32, "emb. 0 5 10 15 20 25 31"), (36, "emb. 0 5 10 15 20 25 30 35"),
      (48, "emb. 0 5 10 15 20 25 30 35 40 47"), (80, "emb. 0 10 20 30 40 50 60 70 79"),
    ])
  func ticksOfLayers(layers: Int, labels: String) {
    let rows = SampleTraces.trace(layers: layers, columns: 1).rows
    #expect(LayerTicks.numbers(rows).map(\.label).joined(separator: " ") == labels)
  }

  @Test func modelsOfDifferentDepthShareAnAxisOfShares() throws {
    var deep = SampleTraces.trace(layers: 4, columns: 2)
    deep.model.name = "Deep"
    var shallow = small()
    shallow.watch = []
    guard case .lines(let lines) = try describe("trajectory", [shallow, deep]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.series == ["Small: ␣London", "Deep: ␣London"])
    #expect(lines.title == "Share of layers passed" && lines.ticks.map(\.label).last == "100 %")
    #expect(lines.charts[0].lines[1].points.map(\.place) == [0, 0.25, 0.5, 0.75, 1])
    let many = (0..<7).map { small("Model \($0)") }
    #expect(throws: FigureError.self) { try describe("trajectory", many) }
  }

  @Test func inATrajectoryOfSeveralModelsColoursAreTokensAndDashesAreModels() throws {
    let description = try describe("trajectory", [small(), small("Other")])
    guard case .lines(let lines) = description.figure.panel.marks else { throw OtherMarks() }
    #expect(lines.series == ["Small: ␣is", "Small: ␣are", "Other: ␣is", "Other: ␣are"])
    #expect(lines.looks?.map(\.color) == [0, 1, 0, 1] && lines.looks?.map(\.dash) == [0, 0, 1, 1])
    #expect(description.caption.text.hasSuffix("Colours tell tokens apart, kinds of line tell models apart."))
    guard case .lines(let alone) = try describe("trajectory", [small()]).figure.panel.marks else { throw OtherMarks() }
    #expect(alone.looks == nil)
  }

  @Test func profilesHaveTheSameScaleWhateverTheirData() throws {
    var high = small()
    high.entropy = high.entropy.map { $0.map { $0.map { $0 + 7 } } }
    for trace in [small(), high] {
      guard case .lines(let lines) = try describe("profile", [trace]).figure.panel.marks else { throw OtherMarks() }
      #expect(lines.charts.map(\.scale) == [.upTo(20), .upTo(20), .share])
    }
    guard case .lines(let lines) = try describe("profile", [high], ["limit": .number(8)]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.charts.map(\.scale) == [.upTo(8), .upTo(8), .share])
  }

  @Test func missingValuesBreakALine() {
    let pieces = LineMarks.Line.pieces(
      [(1, 1, 1), nil, (2, 2, 2), (3, 3, 3)], names: ["a", "b", "c", "d"], series: 0)
    #expect(pieces.map { $0.points.map(\.value) } == [[1], [2, 3]])
    #expect(pieces.map { $0.points.map(\.name) } == [["a"], ["c", "d"]])
  }

  @Test func aProfileAveragesOverPositions() throws {
    let description = try describe("profile", [small()])
    guard case .lines(let lines) = description.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(
      description.figure.panel.rows.labels.map(\.text) == ["Entropy (nats)", "KL to output (nats)", "Probability"])
    #expect(lines.charts[0].lines[0].points.map(\.value) == [5, 2, 1])
    // Between 4 and 6, a tenth of the way from both ends.
    #expect(abs(lines.charts[0].lines[0].points[0].low - 4.2) < 1e-12)
    #expect(abs(lines.charts[0].lines[0].points[0].high - 5.8) < 1e-12)
    #expect(lines.charts[1].lines[0].points.map(\.value) == [4, 1.5, 0])
    #expect(description.alt.contains("the entropy goes from 5.00 to 1.00 nats"))
    #expect(description.alt.contains("is largest after the embedding (4.00) and ends at 0"))
  }

  @Test func aProfileOfSeveralTracesAveragesOverAllAndHasALineForEachModel() throws {
    var other = small()
    other.prompt = "Another prompt"
    other.entropy = [[8, 8], [8, 8], [8, 8]]
    var deep = SampleTraces.trace(layers: 4, columns: 2)
    deep.model.name = "Deep"
    let description = try describe("profile", [small(), other, deep])
    guard case .lines(let lines) = description.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.series == ["Small", "Deep"] && lines.title == "Share of layers passed")
    #expect(lines.charts[0].lines[0].points.map(\.value) == [6.5, 5, 4.5])
    #expect(description.caption.text.contains("2 prompts") && description.alt.contains("In Small, over 4 positions"))
    other.rows.removeLast()
    #expect(throws: FigureError.self) { try describe("profile", [small(), other]) }
  }

  @Test func theFirstLayerIsWhereTheFinalTokenStaysFirst() throws {
    var trace = SampleTraces.trace(layers: 2, columns: 5)
    // Right, wrong again, right; the other four are settled in the last layer.
    trace.top.ids = [[[1000]], [[2001]], [[1000]]].map { $0 + Array(repeating: [2002], count: 4) }
    trace.top.ids[2] = [[1000]] + Array(repeating: [2003], count: 4)
    trace.top.logprobs = trace.top.ids.map { $0.map { _ in [-1] } }
    trace.top.k = 1
    guard case .bars(let stays) = try describe("first-layer", [trace]).figure.panel.marks,
      case .bars(let appears) = try describe("first-layer", [trace], ["event": .text("appears")]).figure.panel.marks
    else {
      throw OtherMarks()
    }
    #expect(stays.bars.map(\.value) == [0, 0, 5])
    #expect(appears.bars.map(\.value) == [1, 0, 4])
    #expect(appears.bars.map(\.isMarked) == [false, false, true])
    guard case .tokens(let strip) = try describe("first-layer", [trace], ["view": .text("strip")]).figure.panel.marks
    else {
      throw OtherMarks()
    }
    #expect(
      strip.tokens.suffix(5).map(\.value) == [1, 1, 1, 1, 1] && strip.tokens.dropLast(5).allSatisfy { $0.value == nil })
  }

  @Test func aHistogramOfFewPositionsIsRefusedWithAdvice() throws {
    let error = #expect(throws: FigureError.self) { try describe("first-layer", [small()]) }
    #expect(error == .tooFewPositions(kind: "first-layer", model: "Small", found: 2, least: 5))
    #expect(error?.message == "the trace has 2 positions, expected at least 5")
    #expect(error?.hints.first == "generate at least 5 tokens (generate: 5), or look at every position (columns: all)")
    #expect(throws: Never.self) { try describe("first-layer", [small()], ["view": .text("strip")]) }
  }

  @Test func aDifferenceIsTargetLessFoil() throws {
    let description = try describe("difference", [small()])
    guard case .cells(let cells) = description.figure.panel.marks, case .numbers(let texts) = cells.texts else {
      throw OtherMarks()
    }
    #expect(cells.values == [[-1, 1], [0.5, 1], [-2, 1.5]])
    #expect(texts == [["−1.0", "+1.0"], ["+0.5", "+1.0"], ["−2.0", "+1.5"]])
    #expect(
      description.alt
        == "Differences of log-probabilities in every layer of Small: “␣is” minus “␣are”. At the last position the last "
        + "layer prefers “␣is” by 1.50 nats, and so do all layers before it.")
    let swapped = try describe("difference", [small()], ["target": .integer(2), "foil": .integer(1)])
    guard case .cells(let negated) = swapped.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(negated.values == [[1, -1], [-0.5, -1], [2, -1.5]])
    #expect(throws: FigureError.outOfRange(what: "watched token", found: 3, count: 2, kind: "difference")) {
      try describe("difference", [small()], ["foil": .integer(3)])
    }
  }

  @Test func aDifferenceAtOnePositionIsALineWhoseScaleFollowsTheLayers() throws {
    var trace = small()
    for index in trace.watch.indices {
      trace.watch[index].logprob = trace.watch[index].logprob.map { [$0[0]] }
      trace.watch[index].rank = trace.watch[index].rank.map { [$0[0]] }
    }
    trace.columns.removeLast()
    trace.rank = trace.rank.map { [$0[0]] }
    trace.logprob = trace.logprob.map { [$0[0]] }
    trace.entropy = trace.entropy.map { [$0[0]] }
    trace.kl = trace.kl.map { [$0[0]] }
    trace.top.ids = trace.top.ids.map { [$0[0]] }
    trace.top.logprobs = trace.top.logprobs.map { [$0[0]] }
    // The embedding lies far beyond the layers.
    trace.watch[0].logprob[0] = [-90]
    let description = try describe("difference", [trace])
    guard case .lines(let lines) = description.figure.panel.marks else { throw OtherMarks() }
    #expect(lines.charts[0].lines.map { $0.points.map(\.value) } == [[-86, 0.5, -2]])
    #expect(lines.charts[0].scale == .symmetric(2))
    #expect(description.figure.panel.rows.labels == [Label("“␣are” ← nats → “␣is”")])
    #expect(description.title == "“␣is” over “␣are” in every layer")
    #expect(
      description.alt.hasSuffix("Small: the last layer prefers “␣are” by 2.00 nats."))
    guard case .lines(let wide) = try describe("difference", [trace], ["limit": .number(5)]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(wide.charts[0].scale == .symmetric(5))
  }

  @Test func differencesOfSeveralTracesAreLinesWhateverTheirDepth() throws {
    var other = small()
    other.prompt = "Another prompt"
    other.watch[0].logprob = [[0, 0], [0, 0], [0, 0]]
    guard case .lines(let lines) = try describe("difference", [small(), other]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.charts[0].lines.map { $0.points.map(\.value) } == [[-1, 0.5, -2], [4, 4.5, 1]])
    #expect(lines.series == ["“Heathrow airport is located in the city of”", "“Another prompt”"])
    #expect(lines.title == "Layer")
    let deep = SampleTraces.trace(layers: 4, columns: 2, watch: [" is", " are"])
    guard case .lines(let mixed) = try describe("difference", [small(), deep]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(mixed.title == "Share of layers passed")
  }

  @Test func differencesOfManyPromptsAreColumns() throws {
    let many = (0..<8).map { index in
      var trace = small()
      trace.prompt = "Prompt \(index)"
      return trace
    }
    guard case .cells(let cells) = try describe("difference", many).figure.panel.marks else { throw OtherMarks() }
    #expect(cells.columns.count == 8 && cells.values[2] == Array(repeating: -2, count: 8))
    // The two ends of the scale differ in colour, not only in place.
    let (low, high) = (cells.scale.color(of: -2), cells.scale.color(of: 2))
    #expect(low.blue > low.red + 0.2 && high.red > high.blue + 0.2)
    let deep = SampleTraces.trace(layers: 4, columns: 2, watch: [" is", " are"])
    #expect(throws: FigureError.self) { try describe("difference", many + [deep]) }
  }

  @Test func columnsOfADifferenceCompareTheSameWords() throws {
    var other = small()
    other.watch[1].text = " was"
    let error = #expect(throws: FigureError.self) { try describe("difference", [small(), other]) }
    #expect(error?.hints == ["one figure compares the same two words"])
  }

  @Test func tracesOfOtherLensesAreNotAveraged() throws {
    var raw = small()
    raw.lens.norm = .none
    guard case .lines(let lines) = try describe("profile", [small(), raw]).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(lines.series.count == 2)
  }

  @Test func aDifferenceOfModelsNeedsTwoThatReadTheSameTokens() throws {
    var other = small("Other")
    other.logprob = [[-4, -4], [-4, -4], [-4, -4]]
    let options: [String: OptionValue] = ["between": .text("models")]
    guard case .cells(let cells) = try describe("difference", [small(), other], options).figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(cells.values == [[0, 1], [2, 3], [3, 3.5]])
    #expect(throws: FigureError.self) { try describe("difference", [small()], options) }
    other.tokens[0].text = "x"
    #expect(throws: FigureError.self) { try describe("difference", [small(), other], options) }
  }

  @Test func modelsOfDifferentDepthAreComparedAtTheSameShareOfTheirLayers() throws {
    var deep = small("Deep")
    deep.rows.append(contentsOf: [Trace.Row(layer: 2, point: .block), Trace.Row(layer: 3, point: .block)])
    deep.model.layers = 4
    func stretched<Value>(_ rows: [Value]) -> [Value] { [rows[0], rows[1], rows[1], rows[2], rows[2]] }
    deep.rank = stretched(deep.rank)
    deep.logprob = [[-9, -9], [-8, -8], [-7, -7], [-6, -6], [-5, -5]]
    deep.entropy = stretched(deep.entropy)
    deep.kl = stretched(deep.kl)
    deep.top.ids = stretched(deep.top.ids)
    deep.top.logprobs = stretched(deep.top.logprobs)
    for index in deep.watch.indices {
      deep.watch[index].rank = stretched(deep.watch[index].rank)
      deep.watch[index].logprob = stretched(deep.watch[index].logprob)
    }
    let description = try describe("difference", [deep, small()], ["between": .text("models")])
    guard case .cells(let cells) = description.figure.panel.marks else { throw OtherMarks() }
    // The embedding, the middle and the end of both.
    #expect(cells.values == [[-5, -6], [-5, -6], [-4, -4.5]])
    #expect(
      description.caption.text.contains("at the same share of the depth")
        && description.origins[0].columns[0].trace == 1)
  }

  @Test func aTokenStripTintsTheTokenThatIsPredicted() throws {
    let description = try describe("token-strip", [small()], ["color": .text("rank"), "layer": .integer(0)])
    guard case .tokens(let strip) = description.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(strip.tokens.count == 10)
    #expect(strip.tokens.suffix(2).map(\.value) == [3, 1])
    #expect(strip.tokens.map(\.isMarked) == Array(repeating: false, count: 9) + [true])
    #expect(strip.tokens.prefix(8).allSatisfy { $0.value == nil })
    #expect(description.alt.contains("1 of 2 predicted tokens has rank 1"))
  }

  @Test func aComparisonHasAPanelForEachModelAndOneScale() throws {
    var other = SampleTraces.trace(layers: 5, columns: 3)
    other.model.name = "Other"
    let description = try describe("comparison", [small(), other])
    guard case .multiples(let multiples) = description.figure.panel.marks else {
      throw OtherMarks()
    }
    #expect(multiples.panels.map(\.title?.text) == ["Small", "Other"])
    #expect(multiples.panels.map(\.rows.labels.count) == [3, 6])
    #expect(multiples.panels[0].marks.scale == multiples.panels[1].marks.scale)
    #expect(!multiples.hasEqualRows)
    #expect(
      description.alt.hasPrefix("2 heatmaps of ranks on one scale. Small (2 layers): 2 of 2 output tokens have rank 1"))
    for venue in ["neurips", "acl", "beamer"] {
      let theme = try Theme(venue: venue, span: .column)
      let scene = try layout(description.figure, theme: theme)
      #expect(scene.size.width <= theme.width + 1e-6 && scene.size.height <= theme.height + 1e-6)
      let isInside = try scene.items.allSatisfy { item in
        guard case .text(let run) = item else { return true }
        return try SceneBoxes.box(of: run).maxX <= scene.size.width + 0.01
      }
      #expect(isInside)
    }
  }
}
