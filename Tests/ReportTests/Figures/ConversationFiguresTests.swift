import Foundation
import Plot
import Testing
import Traces

@testable import Figures

/// Figures of prompts that are conversations: roles over the columns, and what happens to the template's own tokens.
@Suite struct ConversationFiguresTests {
  /// Nine tokens of a conversation, `<s>` and eight words, and what follows: of the template are 0, 1, 4, 5 and 8.
  static func trace(answer: Int = 2, watch: [String] = [" is", " are"]) -> Trace {
    var trace = SampleTraces.trace(
      layers: 4, columns: 8 + answer, texts: (0..<10).map { .text(" w\($0)") }, watch: watch)
    // The sample's prompt has eight tokens, and its columns begin at the last of them: the prompt goes on for eight more.
    trace.promptLength += 8
    trace.method = .generate(answer)
    trace.chat = conversation(trace.promptLength)
    return trace
  }

  /// A system message up to the sample's seventh token, a user's with three tokens of content, and the opened answer.
  static func conversation(_ promptLength: Int) -> Conversation {
    typealias Span = Conversation.Span
    return Conversation(
      template: .init(name: "default", sha256: "0123456789abcdef", source: "s"),
      messages: [.init(role: "system", content: "a"), .init(role: "user", content: "b")],
      spans: [
        Span(role: nil, first: 0, count: 1, template: true),
        Span(role: "system", message: 0, first: 1, count: 7, template: false),
        Span(role: "system", message: 0, first: 8, count: 1, template: true),
        Span(role: "user", message: 1, first: 9, count: 2, template: true),
        Span(role: "user", message: 1, first: 11, count: 2, template: false),
        Span(role: "user", message: 1, first: 13, count: 1, template: true),
        Span(role: "assistant", first: 14, count: promptLength - 14, template: true),
      ])
  }

  func describe(_ kind: String, _ trace: Trace, _ options: [String: OptionValue] = [:]) throws -> FigureDescription {
    let kind = try FigureKind.named(kind)
    return try kind.describe(trace, options: kind.parse(options))
  }

  func draw(_ kind: String, _ traces: [Trace], _ options: [String: OptionValue] = [:]) throws -> DrawnFigure {
    try FigureRecipes().draw(kind, traces, options: options, style: FigureStyle())
  }

  func columnAxis(_ description: FigureDescription) -> ColumnAxis? {
    if case .cells(let marks) = description.figure.panel.marks { marks.columns } else { nil }
  }

  let hide: [String: OptionValue] = ["template_tokens": .text("hide")]
  let show: [String: OptionValue] = ["template_tokens": .text("show")]

  @Test func columnsOfARankHeatmapBelongToTheirOutputTokens() throws {
    let trace = Self.trace()
    #expect(trace.columns.map(\.position) == Array(7...16) && trace.promptLength == 16)
    let figure = try describe("rank-heatmap", trace)
    let axis = try #require(columnAxis(figure))
    #expect(
      axis.spans == [
        NamedSpan(range: 0..<1, name: "system"), NamedSpan(range: 1..<6, name: "user"),
        NamedSpan(range: 6..<10, name: "assistant"),
      ])
    // Outputs 8, 9, 10, 13, 14 and 15 are the template's.
    #expect(axis.below?.labels.map(\.isMuted) == [true, true, true, false, false, true, true, true, false, false])
    #expect(figure.alt.hasSuffix(" Column 1: system; columns 2-6: user; columns 7-10: assistant."))
    #expect(figure.caption.text.contains("A band names whose each column’s next token is."))
    #expect(figure.caption.text.contains("Labels of the chat template’s own tokens are grey."))
  }

  @Test func aCaptionSaysThatARoleIsNotKnown() throws {
    var trace = Self.trace()
    // The first header belongs to nobody.
    trace.chat?.spans[3].role = nil
    trace.chat?.spans[3].message = nil
    let caption = try describe("rank-heatmap", trace).caption
    #expect(caption.text.contains("A band names whose each column’s next token is, where this is known."))
    var drawn = DrawnParts()
    drawn.spanNames = false
    #expect(caption.text(of: drawn).contains("next token is, where this is known and the name has room."))
  }

  @Test func columnsOfAGridBelongToTheirInputTokens() throws {
    let axis = try #require(columnAxis(describe("lens-grid", Self.trace())))
    #expect(axis.spans.map(\.range) == [0..<2, 2..<7, 7..<10])
    #expect(axis.spans.map(\.name) == ["system", "user", "assistant"])
    #expect(
      axis.above?.labels.map(\.isMuted) == [false, true, true, true, false, false, true, true, true, false])
    #expect(axis.below?.labels.map(\.isMuted) == [true, true, true, false, false, true, true, true, false, false])
  }

  @Test func hiddenColumnsAreLeftOutAndCounted() throws {
    let trace = Self.trace()
    let ranks = try describe("rank-heatmap", trace, hide)
    guard case .cells(let marks) = ranks.figure.panel.marks else {
      Issue.record("a rank heatmap has cells")
      return
    }
    #expect(marks.columns.spans.map(\.range) == [0..<2, 2..<4])
    #expect(marks.values == trace.rank.map { row in [3, 4, 8, 9].map { row[$0].map(Double.init) } })
    #expect(ranks.origins[0].columns.map(\.column) == [3, 4, 8, 9])
    #expect(ranks.caption.text.contains("6 columns of the chat template’s own tokens are left out."))
    #expect(!ranks.caption.text.contains("grey"))
    // The end of the prompt predicts the answer's first token, so a grid of inputs keeps it.
    let grid = try describe("lens-grid", trace, hide)
    #expect(grid.origins[0].columns.map(\.column) == [0, 4, 5, 8, 9])
    #expect(grid.caption.text.contains("5 columns of the chat template’s own tokens are left out."))
    let two = try describe("lens-grid", trace, hide.merging(["start": .integer(2), "count": .integer(1)]) { $1 })
    #expect(two.origins[0].columns.map(\.column) == [4])
    #expect(two.caption.text.contains("3 columns of the chat template’s own tokens are left out."))
  }

  @Test(arguments: ["rank-heatmap", "lens-grid", "token-strip", "first-layer", "profile", "difference", "comparison"])
  func aPromptThatIsNoConversationIsDrawnAsBefore(kind: String) throws {
    var trace = Self.trace()
    trace.chat = nil
    let traces = kind == "comparison" ? [trace, trace] : [trace]
    let drawn = try ["show", "dim", "hide"].map { try draw(kind, traces, ["template_tokens": .text($0)]) }
    #expect(drawn[0].scene == drawn[1].scene && drawn[0].scene == drawn[2].scene)
    #expect(drawn[0].caption == drawn[2].caption && drawn[0].alt == drawn[2].alt && drawn[0].table == drawn[2].table)
    // Where a column is about the token that comes next, the prompt is told from the output.
    let hasParts = ["rank-heatmap", "comparison"].contains(kind)
    #expect((drawn[0].scene.drawn.spanNames != nil) == hasParts)
    #expect(drawn[0].table.heads.contains("role") == hasParts)
    #expect(drawn[0].caption.contains("A band tells tokens of the prompt from the output") == hasParts)
    #expect(!drawn[0].caption.contains("template"))
  }

  @Test func shownTokensLookLikeAllOthers() throws {
    let axis = try #require(columnAxis(describe("rank-heatmap", Self.trace(), show)))
    #expect(axis.below?.labels.allSatisfy { !$0.isMuted } == true)
    #expect(axis.spans.count == 3)
    #expect(try !describe("rank-heatmap", Self.trace(), show).caption.text.contains("grey"))
  }

  @Test(arguments: ["layers-across", "layers-down"])
  func theBandStandsBesideTheCellsWhicheverWayLayersRun(orientation: String) throws {
    let drawn = try draw("rank-heatmap", [Self.trace()], ["orientation": .text(orientation)])
    let isTurned = orientation == "layers-across"
    let runs = drawn.scene.items.compactMap { item -> TextRun? in
      if case .text(let run) = item, ["system", "user", "assistant"].contains(run.text) { run } else { nil }
    }
    // A single row is too low for "system", a column is just wide enough.
    #expect(runs.map(\.text) == (isTurned ? [] : ["system"]) + ["user", "assistant"])
    #expect(runs.allSatisfy { $0.rotation == (isTurned ? -90 : 0) })
    let grid = try #require(drawn.scene.grids.first)
    let edge = isTurned ? grid.columns[0].lowerBound : grid.rows[0].lowerBound
    for run in runs {
      let across = isTurned ? run.origin.x : run.origin.y
      #expect(across < edge && across > edge - 6)
    }
    // The name of a run begins within it.
    let bands = isTurned ? grid.rows : grid.columns
    let name = try #require(runs.first { $0.text == "user" })
    let user = isTurned ? name.origin.y : name.origin.x
    #expect(user > bands[1].lowerBound && user < bands[5].upperBound)
    #expect(drawn.scene.drawn.spanNames == !isTurned)
    let rest = isTurned ? ", where the name has room." : "."
    #expect(drawn.caption.contains("A band names whose each column’s next token is\(rest)"))
    #expect(drawn.table.heads == ["layer", "column", "next token", "role", "value", "marked"])
    #expect(drawn.table.rows[0][3] == "system" && drawn.table.rows[9][3] == "assistant")
  }

  @Test func aBandStandsWithTheLabelsThatItIsAbout() throws {
    func names(_ drawn: DrawnFigure) -> [TextRun] {
      drawn.scene.items.compactMap { item in
        if case .text(let run) = item, ["user", "assistant"].contains(run.text) { run } else { nil }
      }
    }
    let down: [String: OptionValue] = ["orientation": .text("layers-down"), "inputs": .flag(true)]
    let below = try draw("rank-heatmap", [Self.trace()], down)
    let bottom = try #require(below.scene.grids.first?.rows.last).upperBound
    #expect(names(below).count == 2 && names(below).allSatisfy { $0.origin.y > bottom && $0.origin.y < bottom + 12 })
    let across: [String: OptionValue] = ["orientation": .text("layers-across"), "inputs": .flag(true)]
    let right = try draw("rank-heatmap", [Self.trace()], across)
    let end = try #require(right.scene.grids.first?.columns.last).upperBound
    #expect(names(right).count == 2 && names(right).allSatisfy { $0.origin.x > end && $0.origin.x < end + 12 })
  }

  @Test func everyMessageOfATextBeginsALine() throws {
    let trace = Self.trace()
    let drawn = try draw("token-strip", [trace])
    #expect(drawn.scene.grids.count == 4)
    #expect(drawn.scene.grids.map(\.columns.count) == [1, 8, 5, 4])
    let names = drawn.scene.items.compactMap { item -> TextRun? in
      if case .text(let run) = item, ["system", "user", "assistant"].contains(run.text) { run } else { nil }
    }
    #expect(names.map(\.text) == ["system", "user", "assistant"])
    #expect(names.allSatisfy { $0.origin.x == names[0].origin.x })
    #expect(drawn.alt.hasSuffix(" Tokens 2-9: system; tokens 10-14: user; tokens 15-18: assistant."))
    // The first token belongs to nobody.
    #expect(drawn.caption.contains("Names at the left say whose the tokens are, where this is known."))
    let hidden = try draw("token-strip", [trace], hide)
    #expect(hidden.caption.contains("Names at the left say whose the tokens are."))
    #expect(hidden.scene.grids.map(\.columns.count) == [7, 2, 2])
    #expect(hidden.caption.contains("7 tokens of the chat template are left out."))
    // Positions are those of the whole text.
    #expect(hidden.table.rows.map { $0[0] } == [1, 2, 3, 4, 5, 6, 7, 11, 12, 16, 17].map(String.init))
    #expect(hidden.table.rows.map { $0[2] }.last == "assistant")
    #expect(hidden.alt.contains("The text with 11 tokens"))
  }

  @Test func countsAndMeansLeaveOutThePositionsThatTemplateTokensFollow() throws {
    let trace = Self.trace(answer: 4)
    let bars = try describe("first-layer", trace, hide)
    guard case .bars(let marks) = bars.figure.panel.marks else {
      Issue.record("first-layer has bars")
      return
    }
    #expect(marks.bars.map(\.value).reduce(0, +) == 6)
    let sentence = "6 positions that the chat template’s own tokens follow are left out."
    #expect(bars.caption.text.contains(sentence))
    let profile = try describe("profile", trace, hide)
    #expect(profile.caption.text.contains(sentence) && profile.alt.contains("over 6 positions"))
    #expect(try describe("profile", trace).alt.contains("over 12 positions"))
  }

  @Test func columnsAfterThePromptNeedNoNames() throws {
    var trace = SampleTraces.trace(layers: 4, columns: 3)
    trace.chat = Conversation(
      template: nil, messages: [],
      spans: [.init(role: "assistant", first: 0, count: trace.promptLength, template: true)])
    #expect(try columnAxis(describe("rank-heatmap", trace))?.spans == [])
    #expect(try columnAxis(describe("lens-grid", trace))?.spans == [])
    #expect(try columnAxis(describe("lens-grid", trace))?.above?.labels.map(\.isMuted) == [true, false, false])
  }

  @Test func aConversationOfUnknownRolesSaysSoWhereTokensShouldBeHidden() throws {
    var trace = Self.trace()
    trace.chat?.spans = []
    let hidden = try describe("rank-heatmap", trace, hide)
    #expect(columnAxis(hidden)?.count == 10)
    let sentence = "It is not known which tokens are the chat template’s own, so none of these is left out."
    #expect(hidden.caption.text.contains(sentence))
    for kind in ["token-strip", "profile", "first-layer", "lens-grid"] {
      #expect(try describe(kind, trace, hide).caption.text.components(separatedBy: sentence).count == 2)
      #expect(try !describe(kind, trace).caption.text.contains(sentence))
    }
  }

  @Test func aFigureOfTemplateTokensAloneIsRefused() throws {
    var trace = Self.trace(answer: 0)
    trace.chat?.spans = [.init(role: "user", first: 0, count: trace.promptLength, template: true)]
    let error = #expect(throws: FigureError.self) { try describe("lens-grid", trace, hide) }
    #expect(error?.message == "the trace has no columns of other tokens than the template's own")
    #expect(try columnAxis(describe("lens-grid", trace))?.count == 8)
  }

  @Test func panelsOfAComparisonHaveTheirOwnRoles() throws {
    var other = Self.trace()
    other.model.name = "Other"
    other.chat = nil
    let drawn = try draw("comparison", [Self.trace(), other], hide)
    #expect(drawn.scene.grids.map(\.range.count) == [4, 10])
    #expect(drawn.caption.contains("6 columns of the chat template’s own tokens are left out."))
    #expect(drawn.alt.contains("Columns 1-2: user; columns 3-4: assistant."))
  }
}
