import TestSupport
import Testing

@testable import Plot

@Suite struct FigureLayoutTests {
  let theme: Theme

  init() throws { theme = try Theme(width: 396, height: 580) }

  static func cells(_ values: [[Int?]], labels: [String]? = nil, heading: Label? = nil) throws -> Figure {
    let count = values.first?.count ?? 0
    let scale = ColorScale(map: .rdpu, scale: .logarithmic(try LogScale(1...100_000)))
    let names = labels ?? (0..<count).map { "␣w\($0)" }
    return Figure(
      title: "Ranks", description: "A test", heading: heading,
      panel: Panel(
        rows: RowAxis(
          labels: values.indices.map { Label($0 == 0 ? "embedding" : "\($0 - 1)") }, title: "Layer", gapsAfter: [0]),
        marks: .cells(
          CellMarks(
            columns: ColumnAxis(
              count: count, above: ColumnAxis.Side(labels: names.map(Label.token), title: "Input token"),
              below: ColumnAxis.Side(labels: names.map(Label.token), title: "Output token")),
            counts: values, scale: scale, marked: 1))),
      colorBar: ColorBar(title: "Rank of token (log scale)", scale: scale, exceeds: true))
  }

  static func numbers(in scene: Scene) -> [TextRun] {
    scene.items.compactMap { if case .text(let run) = $0, run.text.contains(/^[0-9.,]+k?$/) { run } else { nil } }
  }

  @Test func aHeatmapIsLaidOutAsBefore() throws {
    let figure = try Self.cells([[30_123, nil], [500, 12], [1, 1]], heading: Label("The keys ____"))
    try Snapshot.expect(try layout(figure, theme: theme).snapshot, named: "plot-cells")
  }

  @Test func aGridOfWordsIsLaidOutAsBefore() throws {
    let row = [("␣London", 0.43, "43.00 %", true), ("␣the", 0.00001, "<0.01 %", false)].map {
      EntryMarks.Entry(label: .token($0.0), fraction: $0.1, amount: $0.2, isMarked: $0.3)
    }
    let figure = Figure(
      title: "Top", description: "A test",
      panel: Panel(
        rows: RowAxis(labels: [Label("0"), Label("1")], title: "Layer"),
        marks: .entries(EntryMarks(columns: ColumnAxis(count: 2), entries: [row, row.reversed()]))))
    try Snapshot.expect(try layout(figure, theme: theme).snapshot, named: "plot-entries")
  }

  @Test func barsAreLaidOutAsBefore() throws {
    let figure = Figure(
      title: "Bars", description: "A test",
      panel: Panel(
        rows: RowAxis(labels: [.token("␣London"), .token("␣the")]),
        marks: .bars(
          BarMarks(
            bars: [
              BarMarks.Bar(value: 43, amount: "43.00 %", isMarked: true),
              BarMarks.Bar(value: 0, amount: "<0.01 %", isMarked: false),
            ], title: "Probability", unit: " %"))))
    try Snapshot.expect(try layout(figure, theme: theme).snapshot, named: "plot-bars")
  }

  @Test func numbersHaveAllDigitsWhereTheyFitElseAreShortElseAreLeftOut() throws {
    let line = { (count: Int) in [Int?](repeating: 23_456, count: count) }
    let wide = Self.numbers(in: try layout(Self.cells([line(4)], labels: line(4).map { _ in "w" }), theme: theme))
    #expect(wide.filter { $0.text == "23,456" }.count == 4)
    let narrow = Self.numbers(in: try layout(Self.cells([line(24)], labels: line(24).map { _ in "w" }), theme: theme))
    #expect(narrow.filter { $0.text == "23k" }.count == 24)
    let none = Self.numbers(in: try layout(Self.cells([line(60)], labels: line(60).map { _ in "w" }), theme: theme))
    #expect(!none.contains { $0.text == "23k" || $0.text == "23,456" })
  }

  @Test func theColourBarSaysWhereTheScaleEnds() throws {
    let texts = Self.texts(try layout(Self.cells([[5]]), theme: theme))
    #expect(texts.contains("≥100k") && texts.contains("1k") && texts.contains("(log scale)"))
  }

  @Test func aLongHeadingLosesItsBeginning() throws {
    let heading = Label(String(repeating: "very long prompt ", count: 30) + "____")
    let scene = try layout(Self.cells([[5]], heading: heading), theme: theme)
    let text = try #require(Self.texts(scene).first { $0.hasSuffix("____") })
    #expect(text.hasPrefix("…") && scene.size.width <= 260)
  }

  @Test func rowsAreLeftOutEvenlyButForThoseThatMatter() throws {
    func shown(_ count: Int, kept: Set<Int> = []) throws -> (labels: [String], drawn: DrawnParts.Rows?) {
      let entry = EntryMarks.Entry(label: .token("w"), fraction: 0.5, amount: "50 %", isMarked: false)
      var axis = RowAxis(labels: (0..<count).map { Label("\($0)") }, title: "Layer", mayThin: true)
      axis.kept = kept
      let scene = try layout(
        Figure(
          title: "Top", description: "",
          panel: Panel(
            rows: axis,
            marks: .entries(
              EntryMarks(columns: ColumnAxis(count: 1), entries: [[EntryMarks.Entry]](repeating: [entry], count: count))
            ))),
        theme: theme)
      return (Self.texts(scene).filter { Int($0) != nil }, scene.drawn.shownRows)
    }
    #expect(try shown(12).labels == (0..<12).map { "\($0)" })
    #expect(try shown(12).drawn == nil)
    let even = try shown(31)
    #expect(even.labels == ["0"] + stride(from: 2, through: 30, by: 2).map { "\($0)" } && even.drawn?.stride == 2)
    let kept = try shown(31, kept: [1, 3, 28])
    #expect(kept.drawn?.stride == 3 && ["1", "3", "28"].allSatisfy(kept.labels.contains))
    // Too many of them: the last ones.
    let many = try shown(97, kept: Set(20..<97))
    #expect(many.labels.first == "0" && many.labels.last == "96" && many.drawn?.indices.count == many.labels.count)
    #expect(many.labels.dropFirst().first == "\(97 - many.labels.count + 1)")
  }

  @Test func columnsThatDoNotFitAreAnErrorAndAsManyAsFitAreNot() throws {
    let line = { (count: Int) in [Int?](repeating: 5, count: count) }
    let labels = { (count: Int) in line(count).map { _ in "w" } }
    #expect(try layout(Self.cells([line(500)], labels: labels(500)), theme: theme).size.width <= 396)
    let error = #expect(throws: PlotError.self) {
      try layout(Self.cells([line(5000)], labels: labels(5000)), theme: Theme(width: 120, height: 100))
    }
    #expect(error?.message.hasPrefix("5000 columns do not fit a figure 120 wide") == true)
  }

  @Test func partsThatDoNotAgreeInNumberAreAnError() throws {
    #expect(throws: PlotError.badFigure("a figure needs at least one row, found none")) {
      try layout(Self.cells([]), theme: theme)
    }
    #expect(throws: PlotError.badFigure("a figure needs at least one column, found none")) {
      try layout(Self.cells([[]]), theme: theme)
    }
    #expect(throws: PlotError.badFigure("expected 2 marks in a row, found 1")) {
      try layout(Self.cells([[1, 2], [1]]), theme: theme)
    }
  }

  static func texts(_ scene: Scene) -> [String] {
    scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
  }

  @Test func aTextLongerThanAPageEndsWithHowMuchIsLeftOut() throws {
    let scale = ColorScale(map: .rdpu, scale: .linear(0...1), direction: .darkHigh)
    func scene(_ count: Int) throws -> Scene {
      let tokens = (0..<count).map {
        TokenMarks.Token(label: .token("token"), value: Double($0 % 7) / 7, endsLine: false, isMarked: false)
      }
      return try layout(
        Figure(
          title: "t", description: "d",
          panel: Panel(rows: RowAxis(labels: [Label("")]), marks: .tokens(TokenMarks(tokens: tokens, scale: scale)))),
        theme: Theme(width: 200, height: 150))
    }
    func texts(_ scene: Scene) -> [String] {
      scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
    }
    let short = try scene(10)
    #expect(texts(short).filter { $0 == "token" }.count == 10 && !texts(short).contains { $0.hasPrefix("…") })
    let long = try scene(1000)
    let shown = texts(long).filter { $0 == "token" }.count
    #expect(long.size.height <= 150 && shown > 20)
    #expect(texts(long).last == "… and \(1000 - shown) more tokens")
  }
}
