import Testing

@testable import Plot

/// Words with stripes, and frames of sets of cells.
@Suite struct StripesLayoutTests {
  private func figure(
    words: Int, places: Int, series: Int = 1, label: String = "␣word", change: (inout StripeMarks) -> Void = { _ in }
  ) -> Figure {
    let scale = ColorScale(map: .rdpu, scale: .counts(upTo: 3), direction: .darkHigh)
    let axis = RowAxis(labels: (0..<places).map { Label("\($0)") }, title: "Layer", mayThin: true)
    var marks = StripeMarks(
      places: .rows(axis),
      series: (0..<series).map {
        StripeMarks.Series(
          name: "lens \($0)", bar: ColorBar(title: "Lens \($0)", scale: scale, numbers: .fullCounts, exceeds: false),
          places: axis.labels.map(\.text))
      },
      values: (0..<words).map { word in (0..<series).map { one in (0..<places).map { (word + one + $0) % 4 } } },
      heads: ["Count"], numbers: (0..<words).map { word in (0..<series).map { ["\(word * 10 + $0)"] } })
    change(&marks)
    return Figure(
      title: "Words", description: "A test",
      panel: Panel(rows: RowAxis(labels: (0..<words).map { .token("\(label)\($0)") }), marks: .stripes(marks)))
  }

  private func texts(_ scene: Scene) -> [String] {
    scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
  }

  private func fills(_ scene: Scene) -> Set<Color> {
    Set(scene.items.compactMap { if case .rectangle(_, let fill?, nil, _) = $0 { fill } else { nil } })
  }

  @Test func everyWordHasItsLabelItsCellsAndItsNumbers() throws {
    let theme = try Theme(venue: "icml", span: .column)
    let scene = try layout(figure(words: 3, places: 6), theme: theme)
    #expect(
      ["␣word0", "␣word1", "␣word2", "0", "10", "20", "Count", "Layer", "Lens 0"].allSatisfy(texts(scene).contains))
    #expect(scene.grids.count == 1 && scene.grids[0].columns.count == 6 && scene.grids[0].rows.count == 3)
    let scale = ColorScale(map: .rdpu, scale: .counts(upTo: 3), direction: .darkHigh)
    #expect(fills(scene).isSuperset(of: [theme.faint, scale.color(of: 1), scale.color(of: 3)]))
  }

  @Test func wordsThatDoNotFitAreLeftOutAtTheEndOrWhereGroupsMeet() throws {
    let theme = try Theme(width: 300, height: 130)
    let scene = try layout(figure(words: 30, places: 6), theme: theme)
    #expect(scene.drawn.wordsLeftOut > 15 && scene.size.height <= 130)
    #expect(texts(scene).contains("␣word0") && !texts(scene).contains("␣word29"))
    let halved = try layout(
      figure(words: 30, places: 6, series: 2) {
        $0.halves = .init(count: 10, above: "More often: a", below: "More often: b")
      }, theme: theme)
    #expect(halved.drawn.wordsLeftOut > 20)
    #expect(["␣word0", "␣word29", "More often: a", "More often: b"].allSatisfy(texts(halved).contains))
    #expect(!texts(halved).contains("␣word9") && !texts(halved).contains("␣word10"))
  }

  @Test func stripesOfAnotherLengthStandOnAnAxisOfShares() throws {
    let scene = try layout(
      figure(words: 2, places: 6, series: 2) { marks in
        marks.places = .shares("Share of layers passed")
        marks.series[1].places = ["0", "1", "2"]
        for word in marks.values.indices { marks.values[word][1] = [1, nil, 0] }
      }, theme: try Theme(venue: "acl", span: .column))
    #expect(["0 %", "50 %", "100 %", "Share of layers passed"].allSatisfy(texts(scene).contains))
  }

  @Test func whatDoesNotAgreeInNumberIsAnError() throws {
    let theme = try Theme()
    let changes: [(String, (inout StripeMarks) -> Void)] = [
      ("expected 2 words with stripes, found 1", { $0.values.removeLast() }),
      ("expected 2 words with numbers, found 3", { $0.numbers.append([["1"]]) }),
      ("expected 1 stripes of a word, found 0", { $0.values[1] = [] }),
      ("expected 6 cells of a stripe, found 5", { $0.values[0][0].removeLast() }),
      ("expected 1 numbers of a stripe, found 2", { $0.numbers[0][0].append("2") }),
      ("expected 1 to 2 stripes of a word, found 0", { $0.series = [] }),
      ("expected 0 to 2 words in the first group, found 3", { $0.halves = .init(count: 3, above: "", below: "") }),
      ("expected 2 numbers of words, found 0", { $0.summary = .init(head: "Ratio", texts: [], values: []) }),
    ]
    for (message, change) in changes {
      #expect(throws: PlotError.badFigure(message)) {
        try layout(figure(words: 2, places: 6, change: change), theme: theme)
      }
    }
    let long = String(repeating: "wide ", count: 400)
    #expect(throws: PlotError.self) {
      try layout(figure(words: 1, places: 6) { $0.numbers = [[[long]]] }, theme: theme)
    }
  }

  @Test func aScaleOfCountsHasWholeTicks() {
    #expect(ValueScale.counts(upTo: 1).ticks == [0, 1])
    #expect(ValueScale.counts(upTo: 3).ticks == [0, 1, 2, 3])
    #expect(ValueScale.counts(upTo: 11).ticks == [0, 5, 10])
    #expect(ValueScale.counts(upTo: 0).domain == 0...1)
    #expect(ValueScale.counts(upTo: 4).fraction(of: 3) == 0.75)
  }

  @Test func looksOfFramesDifferInColourDashAndCorner() {
    let looks = FrameLook.all
    #expect(Set(looks.map(\.dash)).count == looks.count && Set(looks.map(\.color)).count == looks.count)
    #expect(Set(looks.map { [$0.corner.isRight, $0.corner.isBelow] }).count == looks.count)
  }

  @Test func framesNeedANameAndALook() throws {
    var figure = try FigureLayoutTests.cells([[3, 4], [1, 1]])
    guard case .cells(var marks) = figure.panel.marks else { return }
    marks.frames = FrameSets(names: ["a", "b"], sets: [[0, nil], [1, 1]])
    figure.panel.marks = .cells(marks)
    let scene = try layout(figure, theme: try Theme())
    #expect(scene.drawn.frames == [0: 1, 1: 2] && texts(scene).contains("b"))
    for frames in [FrameSets(names: [], sets: []), FrameSets(names: ["a"], sets: [[1]])] {
      marks.frames = frames
      figure.panel.marks = .cells(marks)
      #expect(throws: PlotError.self) { try layout(figure, theme: try Theme()) }
    }
  }
}
