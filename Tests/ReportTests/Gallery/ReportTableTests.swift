import Plot
import Testing

@testable import Gallery

@Suite struct ReportTableTests {
  private let style = PageStyle(paper: .a4)

  private func drawn(_ table: ReportTable) throws -> [[TextRun]] {
    var flow = PageFlow(style: style)
    flow.newPage()
    try table.draw(in: &flow)
    return flow.pages.map { $0.items.flatMap(\.runs) }
  }

  private func run(_ text: String, _ runs: [TextRun]) throws -> TextRun {
    try #require(runs.first { $0.text == text + " " }, "\(text)")
  }

  @Test func numbersStandWithTheirDecimalPointsBelowEachOther() throws {
    let runs = try #require(
      try drawn(
        ReportTable(
          stub: [.init(title: "Prompt")],
          groups: [.init(title: "A model", columns: [.init(title: "p", isNumeric: true)])],
          rows: [["one", "41.25 %"], ["two", "0.5 %"], ["three", "1,234"], ["four", "–"]])
      ).first)
    func point(_ text: String) throws -> Double {
      let run = try run(text, runs)
      return try run.origin.x + TextMeasurer.extent(ReportTable.whole(text), font: run.font).width
    }
    let points = try ["41.25 %", "0.5 %", "1,234", "–"].map(point)
    for place in points { #expect(abs(place - points[0]) < 0.01) }
  }

  @Test func noLineEndsBetweenANumberAndItsPerCent() throws {
    let font = Font(family: "TeX Gyre Termes", size: 10)
    let words = "The target is more probable than the foil in 2.5 % of 40 prompts, and in 13 % of the others."
    for width in stride(from: 60.0, through: 300, by: 7) {
      let lines = try PageFlow.lines(words, font: font, width: width)
      #expect(!lines.contains { $0.hasPrefix("%") } && lines.joined(separator: " ") == words, "\(lines)")
    }
  }

  @Test(arguments: [
    ("16.4 % : 0.5 %", "16"), ("<0.01 %", "<0"), ("1,234.5", "1,234"), ("-1.25", "-1"), ("23 (20–29)", "23"),
    ("emb.", "emb."), ("", ""), ("9", "9"),
  ])
  func aNumberEndsAtItsDecimalPoint(text: String, whole: String) {
    #expect(ReportTable.whole(text) == whole)
  }

  @Test func theHeadsAreRepeatedOnEveryPageAndEveryRowIsThereOnce() throws {
    let pages = try drawn(
      ReportTable(
        stub: [.init(title: "Prompt")], groups: [.init(title: "A model", columns: [.init(title: "Output")])],
        rows: (1...120).map { ["row-\($0)", "text"] }))
    #expect(pages.count == 3)
    for runs in pages {
      #expect(runs.count { $0.text == "Prompt " } == 1)
      #expect(runs.count { $0.text == "A model " } == 1)
    }
    for number in 1...120 { #expect(pages.joined().count { $0.text == "row-\(number) " } == 1) }
  }

  @Test func groupsThatDoNotFitFollowInFurtherBlocksWithTheFirstColumnsAgain() throws {
    let groups = (1...7).map { number in
      ReportTable.Group(
        title: "model-\(number)",
        columns: [.init(title: "Output"), .init(title: "p", isNumeric: true), .init(title: "Layer", isNumeric: true)])
    }
    let runs = try #require(
      try drawn(
        ReportTable(
          stub: [.init(title: "Prompt")], groups: groups,
          rows: [["heathrow"] + (1...7).flatMap { ["a long output of model \($0)", "41 %", "28 (20–29)"] }])
      ).first)
    let blocks = runs.count { $0.text == "heathrow " }
    #expect(blocks > 1)
    #expect(runs.count { $0.text == "Prompt " } == blocks)
    for number in 1...7 { #expect(runs.count { $0.text == "model-\(number) " } == 1) }
    for run in runs {
      let width = try TextMeasurer.extent(run.text, font: run.font).width
      #expect(run.origin.x + width <= style.area.maxX + 5)
    }
  }

  @Test func aHeadThatIsWiderThanItsColumnTakesTwoLinesAndIsNotCut() throws {
    let groups = (1...2).map {
      ReportTable.Group(
        title: "model-\($0)",
        columns: [
          .init(title: "Output, or the words that are watched"), .init(title: "p", isNumeric: true),
          .init(title: "Layer", isNumeric: true),
        ])
    }
    let runs = try #require(
      try drawn(
        ReportTable(
          stub: [.init(title: "Prompt")], groups: groups,
          rows: [
            ["A prompt"]
              + (1...2).flatMap { _ in [String(repeating: "word ", count: 20), "77 % : 0.08 %", "16 (9–11)"] }
          ])
      ).first)
    let heads = runs.filter {
      $0.text.hasPrefix("Output") || $0.text.hasPrefix("words") || $0.text.hasPrefix("watched")
    }
    #expect(heads.count == 4 && heads.allSatisfy { !$0.text.contains("…") })
    // The lower line stands beside the heads of one line.
    #expect(try run("Prompt", runs).origin.y == heads.map(\.origin.y).max())
    #expect(Set(heads.map(\.origin.y)).count == 2)
  }

  @Test func aLineBreakInACellBeginsALine() throws {
    let runs = try #require(
      try drawn(
        ReportTable(
          stub: [.init(title: "Prompt")], groups: [.init(columns: [.init(title: "Output")])],
          rows: [["a", "one\n(two)"]])
      ).first)
    #expect(try run("(two)", runs).origin.y > run("one", runs).origin.y)
    #expect(try run("(two)", runs).origin.x == run("one", runs).origin.x)
  }

  @Test func aLongCellIsBrokenAndAVeryLongOneIsCutVisibly() throws {
    let runs = try #require(
      try drawn(
        ReportTable(
          stub: [.init(title: "Prompt")], groups: [.init(columns: [.init(title: "Output")])],
          rows: [["a", String(repeating: "word ", count: 200)]])
      ).first)
    let lines = runs.filter { $0.text.contains("word") }
    #expect(lines.count == 4)
    #expect(lines.last?.text.contains("…") == true)
  }
}
