import Foundation
import Plot
import Testing
import Traces

@testable import Figures
@testable import Spec
@testable import Words

/// `mark`: frames of cells by their tokens, in figures and in specs.
@Suite struct TokenMarkingTests {
  private static let sets = OptionValue.sets([
    MarkedSet(name: "answers", words: [" London"]), MarkedSet(name: "Chinese", words: ["中文", "日本語の"]),
    MarkedSet(name: "nothing", words: [" Zürich"]),
  ])

  private func draw(
    _ kind: String, _ trace: Trace, _ options: [String: OptionValue], style: FigureStyle = FigureStyle()
  ) throws -> DrawnFigure {
    try FigureRecipes().draw(kind, [trace], options: options, style: style)
  }

  /// How many cells of a grid of tokens have one of some texts.
  private func count(_ trace: Trace, _ words: [String], most: Int) -> Int {
    trace.top.ids.joined().reduce(0) { sum, ids in
      sum
        + ids.prefix(most).count { id in
          if case .text(let text)? = trace.text(of: id) { words.contains(text) } else { false }
        }
    }
  }

  @Test func everyCellOfASetIsFramedAndTheCaptionCountsThem() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 9)
    let (answers, chinese) = (count(trace, [" London"], most: 1), count(trace, ["中文", "日本語の"], most: 1))
    #expect(answers > 0 && chinese > 0)
    let drawn = try draw("lens-grid", trace, ["mark": Self.sets])
    #expect(drawn.scene.drawn.frames == [0: answers, 1: chinese])
    #expect(
      drawn.caption.contains(
        "Frames mark cells by their token: answers (“␣London”) in \(Wording.count(answers, "cell")); Chinese (“中文”, “日本語の”) in "
          + "\(Wording.count(chinese, "cell")); nothing (“␣Zürich”) in no cell."), "\(drawn.caption)")
    let texts = drawn.scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
    #expect(["answers", "Chinese", "nothing"].allSatisfy(texts.contains))
    // The table names the set of each cell.
    let sets = drawn.table.rows.map { $0[drawn.table.heads.firstIndex(of: "set") ?? 0] }
    #expect(sets.count { $0 == "answers" } == answers && sets.count { $0 == "Chinese" } == chinese)
    #expect(try draw("lens-grid", trace, [:]).table.heads.contains("set") == false)
  }

  @Test func framesOfTopTokensCountTheWordsThatAreDrawn() throws {
    let trace = SampleTraces.trace(layers: 40, columns: 1)
    let drawn = try draw("top-tokens", trace, ["mark": Self.sets], style: FigureStyle(venue: "icml", span: "column"))
    let framed = drawn.scene.drawn.frames.values.reduce(0, +)
    #expect(drawn.scene.drawn.shownRows != nil)
    #expect(framed > 0 && framed < count(trace, [" London", "中文", "日本語の"], most: 10))
    #expect(drawn.caption.contains("(“␣London”) in \(Wording.count(drawn.scene.drawn.frames[0] ?? 0, "cell"))"))
    let error = #expect(throws: FigureError.self) {
      try draw("top-tokens", trace, ["mark": Self.sets, "layer": .integer(3)])
    }
    #expect(error?.message.contains("expects no value beside layer, which shows bars") == true)
  }

  @Test func whatIsNotDrawnIsSaid() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 9)
    let none = OptionValue.sets([MarkedSet(name: "nothing", words: [" Zürich"])])
    #expect(
      try draw("lens-grid", trace, ["mark": none]).caption.contains(
        "Nothing is framed: no cell has one of nothing (“␣Zürich”)."))
    let wide = SampleTraces.trace(layers: 96, columns: 200)
    let drawn = try draw("lens-grid", wide, ["mark": Self.sets], style: FigureStyle(venue: "icml", span: "column"))
    #expect(drawn.scene.drawn.frames.isEmpty)
    #expect(drawn.caption.contains("The cells are too small for the frames of answers (“␣London”), Chinese"))
  }

  @Test(arguments: ["aaai", "icml"])
  func strictVenuesTakeFrames(venue: String) throws {
    let trace = SampleTraces.trace(layers: 12, columns: 6)
    for kind in ["lens-grid", "top-tokens"] {
      _ = try draw(kind, trace, ["mark": Self.sets], style: FigureStyle(venue: venue, span: "full", strict: true))
    }
  }

  // MARK: - In specs

  private func read(_ mark: String) throws -> ReportSpec {
    let yaml = """
      models: {a: smollm2-135m}
      prompts: [{id: one, text: One}]
      figures:
        - {kind: lens-grid, mark: \(mark)}
      """
    let vocabulary = SpecVocabulary(
      kinds: FigureKind.all.map(\.schema), formats: FigureFormat.all.map(\.name), venues: FigureStyle.venues,
      spans: FigureStyle.spans, catalog: ["smollm2-135m"])
    return try SpecReader.read(Data(yaml.utf8), name: "m.yaml", vocabulary: vocabulary)
  }

  @Test func aMarkIsReadInTheOrderOfTheSpec() throws {
    #expect(
      try read("{French: [\" Paris\", \" le\"], answers: \" London\"}").figures[0].options["mark"]
        == .sets([
          MarkedSet(name: "French", words: [" Paris", " le"]), MarkedSet(name: "answers", words: [" London"]),
        ]))
  }

  @Test(arguments: [
    ("[\" Paris\"]", "error: m.yaml:4:29: mark of lens-grid must be a mapping of keys to values, found a list"),
    ("{}", "error: m.yaml:4:29: mark of lens-grid must have 1 to 4 names, found 0"),
    ("{a: b, c: d, e: f, g: h, i: j}", "error: m.yaml:4:29: mark of lens-grid must have 1 to 4 names, found 5"),
    ("{a: [b, b]}", "error: m.yaml:4:33: 'b' is given twice in mark of lens-grid, under a and a"),
    ("{a: b, c: [d, b]}", "error: m.yaml:4:39: 'b' is given twice in mark of lens-grid, under a and c"),
    ("{a: []}", "error: m.yaml:4:33: a of mark of lens-grid must have at least one entry"),
    ("{a: 7}", "error: m.yaml:4:33: a word of mark of lens-grid must be text, found the number 7"),
    ("{\"a\\u202Eb\": c}", "error: m.yaml:4:30: a name in mark of lens-grid"),
    ("{\"\": c}", "error: m.yaml:4:30: a name in mark of lens-grid must have 1 to 60 characters, found 0"),
  ])
  func mistakesAreNamedWithTheirPlace(mark: String, message: String) {
    let error = #expect(throws: DiagnosticList.self) { try read(mark) }
    let rendered = error?.diagnostics.map(\.rendered).joined(separator: "\n") ?? ""
    #expect(rendered.hasPrefix(message), "\(rendered)")
  }
}
