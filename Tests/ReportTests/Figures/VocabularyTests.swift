import Plot
import Testing
import Traces

@testable import Figures
@testable import Findings

/// The words of the layers: that they are counted exactly, what is drawn, and what is refused.
@Suite struct VocabularyTests {
  private func texts(_ scene: Scene) -> [String] {
    scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
  }

  /// A trace of an embedding and two layers at two columns with the given lists: [row][column][place].
  private func trace(_ ids: [[[Int]]], name: String = "Sample 135M") -> Trace {
    var trace = SampleTraces.trace(layers: ids.count - 1, columns: ids[0].count, name: name)
    trace.top = Trace.Top(
      k: ids[0][0].count, ids: ids, logprobs: ids.map { $0.map { $0.indices.map { -Float($0) - 1 } } })
    for (id, text) in [(1, " Paris"), (2, ","), (3, " London"), (4, "\u{202E}"), (5, "")] {
      trace.texts[id] = .text(text)
    }
    return trace
  }

  private var small: Trace { trace([[[1, 2], [2, 1]], [[1, 3], [2, 3]], [[3, 2], [3, 2]]]) }

  private func marks(_ traces: [Trace], _ options: [String: OptionValue] = [:]) throws -> StripeMarks {
    let kind = FigureKind.vocabulary
    let figure = try kind.describe(traces, options: kind.parse(options)).figure
    guard case .stripes(let marks) = figure.panel.marks else {
      throw FigureError.badTrace(model: "", reason: "no stripes")
    }
    return marks
  }

  @Test func tokensAreCountedInTheListsOfEveryLayerAndPosition() throws {
    let counts = TokenCounts(small, rows: [0, 1, 2], k: 2)
    #expect(counts.lists == 6)
    #expect(
      counts.tokens == [
        .init(id: 2, byRow: [2, 1, 2]), .init(id: 3, byRow: [0, 2, 2]), .init(id: 1, byRow: [2, 1, 0]),
      ])
    #expect(
      TokenCounts(small, rows: [0, 1], k: 1).tokens == [.init(id: 1, byRow: [1, 1]), .init(id: 2, byRow: [1, 1])])
    #expect(counts.token(99) == .init(id: 99, byRow: [0, 0, 0]))
    let drawn = try marks([small])
    #expect(drawn.values == [[[2, 1, 2]], [[0, 2, 2]], [[2, 1, 0]]])
    #expect(drawn.numbers == [[["5", "83 %"]], [["4", "67 %"]], [["3", "50 %"]]])
  }

  @Test func optionsChooseListsPositionsAndTokens() throws {
    #expect(try marks([small], ["k": .integer(1)]).numbers == [[["2", "33 %"]], [["2", "33 %"]], [["2", "33 %"]]])
    #expect(try marks([small], ["start": .integer(2)]).values == [[[1, 1, 1]], [[0, 1, 1]], [[1, 0, 0]]])
    #expect(try marks([small], ["rows": .integer(1)]).values == [[[2, 1, 2]]])
    #expect(try marks([small], ["embedding": .flag(false)]).values == [[[2, 2]], [[1, 2]], [[1, 0]]])
    // A comma has no letters.
    #expect(try marks([small], ["tokens": .text("words")]).values == [[[0, 2, 2]], [[2, 1, 0]]])
  }

  @Test func listsLongerThanTheTraceKeepsAreAnErrorWithAdvice() throws {
    let error = #expect(throws: FigureError.self) { try marks([small], ["k": .integer(3)]) }
    #expect(
      error?.message
        == "option 'k' expects at most 2, as the trace of 'Sample 135M' keeps 2 tokens of each layer and position, found 3"
    )
    #expect(error?.hints == ["keep more tokens: top: 3 of the prompt or of the spec, or --top 3"])
    #expect(error?.isOfEntry == true && error?.keys == ["k"])
  }

  @Test func theCaptionSaysWhatIsCountedAndWhatItShows() throws {
    let kind = FigureKind.vocabulary
    let description = try kind.describe(small, options: kind.parse([:]))
    #expect(description.caption.text.contains("counted in 6 lists (3 rows at 2 positions)"))
    #expect(
      description.finding
        == "“,” is the most frequent, in 5 of 6 lists, most often after the embedding; of the tokens that the last layer never "
        + "lists, “␣Paris” is, in 3, most often after the embedding.")
    #expect(description.alt.contains("“,” in 5 lists, “␣London” in 4 lists, “␣Paris” in 3 lists."))
  }

  @Test func aRowThatTheLensDoesNotReadIsBlankAndNotCounted() throws {
    var trace = small
    trace.top.ids[0] = [[], []]
    trace.top.logprobs[0] = [[], []]
    for row in [0] {
      (trace.rank[row], trace.logprob[row]) = ([nil, nil], [nil, nil])
      (trace.entropy[row], trace.kl[row]) = ([nil, nil], [nil, nil])
    }
    trace.schema = Trace.secondSchemaName
    let drawn = try marks([trace])
    #expect(drawn.values == [[[nil, 2, 2]], [[nil, 1, 2]], [[nil, 1, 0]]])
    #expect(drawn.numbers[0] == [["4", "100 %"]])
  }

  // MARK: - Two lenses or models

  private func other() -> Trace {
    var trace = trace([[[2, 4], [2, 4]], [[2, 4], [5, 4]], [[3, 2], [3, 2]]])
    trace.lens = Trace.Lens(kind: .tuned, norm: .final)
    return trace
  }

  @Test func ratiosAreSmoothedAndOrderedFromBothEnds() throws {
    let (one, two) = (TokenCounts(small, rows: [0, 1, 2], k: 2), TokenCounts(other(), rows: [0, 1, 2], k: 2))
    let ratios = TokenRatios(one, two)
    // (3 + 1)/(0 + 1), (4 + 1)/(2 + 1); (0 + 1)/(4 + 1), (0 + 1)/(1 + 1); the comma has (5 + 1)/(5 + 1).
    #expect(ratios.above.map(\.id) == [1, 3] && ratios.above.map(\.ratio) == [4, 5.0 / 3])
    #expect(ratios.below.map(\.id) == [4, 5] && ratios.below.map(\.ratio) == [0.2, 0.5])
    #expect([4, 5.0 / 3, 12, 0.2, 0.025].map(TokenRatios.text) == ["4.0", "1.7", "12", "1/5.0", "1/40"])
    // With twice the lists on one side, shares are compared.
    let half = TokenCounts(small, rows: [2], k: 2)
    #expect(TokenRatios(half, half).above.isEmpty)
    #expect(TokenRatios(half, one).above.first?.ratio == 3.0 * 6 / (5 * 2))
  }

  @Test func lensesAreComparedInStripesOfTwo() throws {
    let drawn = try marks([small, other()], ["between": .text("lenses")])
    #expect(drawn.series.map(\.name) == ["logit lens", "tuned lens"])
    #expect(drawn.numbers.map { $0.map { $0[0] } } == [["3", "0"], ["4", "2"], ["0", "1"], ["0", "4"]])
    #expect(drawn.summary?.texts == ["4.0", "1.7", "1/2.0", "1/5.0"])
    #expect(drawn.halves == .init(count: 2, above: "More often: logit lens", below: "More often: tuned lens"))
    let kind = FigureKind.vocabulary
    let description = try kind.describe([small, other()], options: kind.parse(["between": .text("lenses")]))
    #expect(
      description.finding
        == "“␣Paris” stands out under the logit lens, with 3 lists against 0; “‹U+202E›” stands out under the tuned lens, with "
        + "4 lists against 0.")
    let scene = try layout(description.figure, theme: Theme(venue: "icml", span: .column))
    #expect(scene.size.height <= Theme.tallest && scene.drawn.wordsLeftOut == 0)
    #expect(texts(scene).contains("‹U+202E›") && texts(scene).contains("∅"))
    #expect(texts(scene).contains("Upper: logit lens") && texts(scene).contains("Lower: tuned lens"))
  }

  @Test func modelsWithoutOneTokenizerAreRefusedByTheFirstTokenThatDiffers() throws {
    var two = trace(small.top.ids, name: "Other 1B")
    two.texts[3] = .text(" Londres")
    let error = #expect(throws: FigureError.self) { try marks([small, two], ["between": .text("models")]) }
    #expect(
      error?.message
        == "'Sample 135M' and 'Other 1B' do not have one tokenizer: token 3 is “␣London” in one and “␣Londres” in the other"
    )
    #expect(throws: FigureError.self) { try marks([small], ["between": .text("models")]) }
    #expect(throws: FigureError.self) { try marks([small, small], ["between": .text("lenses")]) }
  }

  @Test func modelsOfOtherDepthHaveStripesOfTheSameLength() throws {
    let deep = trace(
      [[[2, 1], [2, 1]], [[2, 1], [2, 1]], [[2, 1], [2, 1]], [[4, 1], [4, 1]], [[3, 4], [3, 4]]], name: "Deep 1B")
    let drawn = try marks([small, deep], ["between": .text("models")])
    #expect(drawn.places == .shares("Share of layers passed"))
    #expect(drawn.series.map(\.places.count) == [3, 5])
  }

  @Test func allWordsOfASideGetThePlacesThatTheOtherDoesNotNeed() throws {
    let drawn = try marks([small, other()], ["between": .text("lenses"), "rows": .integer(3)])
    #expect(drawn.halves?.count == 2 && drawn.values.count == 3)
    let one = try marks([small, other()], ["between": .text("lenses"), "rows": .integer(1)])
    #expect(one.halves?.count == 1 && one.numbers == [[["3"], ["0"]]])
  }

  // MARK: - On the page

  @Test(arguments: ["icml", "aaai", "acl", "nature"])
  func strictVenuesTakeIt(venue: String) throws {
    let kind = FigureKind.vocabulary
    let (one, two) = (SampleTraces.trace(layers: 30, columns: 12), SampleTraces.trace(layers: 30, columns: 12))
    var tuned = two
    tuned.lens = Trace.Lens(kind: .tuned, norm: .final)
    for row in tuned.top.ids.indices {
      tuned.top.ids[row] = tuned.top.ids[row].map { $0.map { $0 == 2003 ? 2004 : $0 } }
    }
    let theme = try Theme(venue: venue, span: .column, strict: true)
    for (traces, options) in [([one], [:]), ([one, tuned], ["between": OptionValue.text("lenses")])] {
      let scene = try layout(kind.describe(traces, options: kind.parse(options)).figure, theme: theme)
      #expect(scene.size.width <= theme.width + 1e-6 && scene.size.height <= theme.height + 1e-6)
    }
  }

  @Test func wordsWithoutRoomAreSaidToBeMissing() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 30)
    let drawn = try FigureRecipes().draw(
      "vocabulary", [trace], options: ["rows": .integer(26)], style: FigureStyle(venue: "icml", height: 120))
    #expect(drawn.scene.drawn.wordsLeftOut > 0)
    #expect(
      drawn.caption.contains(
        "There is no room for \(drawn.scene.drawn.wordsLeftOut) more tokens of the figure's table."))
    let tall = try FigureRecipes().draw("vocabulary", [trace], options: ["rows": .integer(26)], style: FigureStyle())
    #expect(tall.scene.drawn.wordsLeftOut == 0 && !tall.caption.contains("no room"))
  }

  @Test func theTableHasEveryCountOfEveryLayer() throws {
    let kind = FigureKind.vocabulary
    let table = try kind.describe(small, options: kind.parse([:])).figure.table
    #expect(table.heads == ["word", "token", "series", "count", "share", "layer", "positions"])
    #expect(table.rows.count == 9 && table.rows[1] == ["1", ",", "logit lens", "5", "83 %", "0", "1"])
    let pair = try kind.describe([small, other()], options: kind.parse(["between": .text("lenses")])).figure.table
    #expect(pair.heads == ["word", "token", "series", "count", "ratio", "layer", "positions"])
    #expect(pair.rows.count == 4 * 2 * 3 && pair.rows[0] == ["1", "␣Paris", "logit lens", "3", "4", "embedding", "2"])
  }
}
