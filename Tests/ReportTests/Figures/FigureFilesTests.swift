import Engine
import Foundation
import Plot
import TestSupport
import Testing

@testable import Figures
@testable import Words

/// The files that come with a figure beside its pictures.
@Suite struct FigureFilesTests {
  private func drawn(_ kind: String, venue: String? = nil) throws -> DrawnFigure {
    try FigureRecipes().draw(
      kind, try FigureKind.named(kind).sample, options: [:],
      style: FigureStyle(venue: venue, span: nil, width: nil))
  }

  private func text(_ figure: DrawnFigure, _ format: String) throws -> String {
    String(decoding: try FigureFormat.named(format).render(figure, id: "a-figure"), as: UTF8.self)
  }

  @Test(arguments: FigureKind.all)
  func aTableHasALineForEveryMarkAndAsManyFieldsAsHeads(kind: FigureKind) throws {
    let table = try drawn(kind.name).table
    #expect(!table.heads.isEmpty && !table.rows.isEmpty)
    #expect(table.rows.filter { $0.count != table.heads.count }.isEmpty)
    #expect(Set(table.heads).count == table.heads.count)
  }

  @Test func aTableHasTheNumbersOfTheTrace() throws {
    let trace = SampleTraces.trace(layers: 3, columns: 2, watch: [" is", " are"])
    let lines = try text(try drawn("rank-heatmap"), "csv").split(separator: "\n")
    #expect(lines.first == "layer,column,output token,value,marked")
    #expect(lines.count == 1 + 4 * 2)
    #expect(lines[1] == "embedding,1,␣London,\(trace.rank[0][0] ?? 0),false")
    #expect(lines.last == "2,2,中文,1,true")
  }

  @Test func theLongestEndingOfAFileNamesItsFormatAndWhatIsCompared() {
    for format in FigureFormat.all { #expect(FigureFormat.ofFile("figures/a\(format.ending)")?.name == format.name) }
    #expect(FigureFormat.ofFile("a.thumb.png")?.comparison == .pixels)
    #expect(FigureFormat.ofFile("data/a.json") == nil)
    #expect(FigureFormat.all.filter { $0.comparison == .pixels }.map(\.name) == ["png", "png2x"])
    #expect(FigureFormat.all.filter { $0.comparison == .fields }.map(\.name) == ["csv", "csvraw"])
  }

  @Test func everyDownloadHasItsLabel() {
    #expect(
      FigureFormat.all.map(\.label) == [
        "PDF", "SVG", "PNG", "PNG 2x", "SVGTEXT", "CSV", "CSV, raw", "LaTeX", "Typst", "Quarto",
      ])
  }

  @Test func fieldsWithCommasQuotesAndSpacesAreQuoted() {
    let table = FigureTable(heads: ["a", "b"], rows: [["x,y", "say \"so\""], [" led", "two\nlines"]])
    #expect(table.csv == "a,b\n\"x,y\",\"say \"\"so\"\"\"\n\" led\",\"two\nlines\"\n")
  }

  /// A sign beside a mark that combines with it is one character to Swift, and the sign to everybody else.
  @Test func signsThatCombineAreEscaped() {
    let table = FigureTable(heads: ["a"], rows: [["x\"\u{301},=1"], ["\u{600}\","]])
    #expect(table.csv == "a\n\"x\"\"\u{301},=1\"\n\"\u{600}\"\",\"\n")
    let text = "\u{600}--><b>\u{600}$\u{600}\\input\u{600}{x\u{600}} {{< env HOME >}} `\u{301}"
    let float = FigureFloat(id: "a", title: text, caption: text, alt: text + "\u{600}\"", size: Size(100, 100))
    let lines = QuartoSnippet(float).text.split(separator: "\n")
    #expect(
      lines.first?.hasSuffix(": \u{600}–><b>\u{600}$\u{600}\\input\u{600}(x\u{600}) ((< env HOME >)) `\u{301} -->")
        == true,
      "\(lines)")
    #expect(
      lines.last?.hasPrefix(
        "![\u{600}\\-\\-\\>\\<b\\>\u{600}\\$\u{600}\\\\input\u{600}\\{x\u{600}\\} \\{\\{\\< env HOME \\>\\}\\} \\`\u{301}](a)"
      )
        == true, "\(lines)")
    #expect(lines.last?.contains("\\{\\{\\< env HOME \\>\\}\\} `\u{301}\u{600}\\\"\" width=") == true, "\(lines)")
  }

  @Test func cellsThatASpreadsheetWouldComputeGetAnApostropheUnlessTheyStayRaw() throws {
    let cells = [
      "=1+1", "+cmd|' /C calc'!A0", "-", "@SUM(1)", "\tx", "\u{FF1D}1", "-0.25", "+5", "a=1", "\u{2212}3", "", "-1e-07",
    ]
    let table = FigureTable(heads: ["a"], rows: cells.map { [$0] })
    #expect(
      table.csv
        == "a\n'=1+1\n'+cmd|' /C calc'!A0\n'-\n'@SUM(1)\n'\tx\n'\u{FF1D}1\n-0.25\n+5\na=1\n\u{2212}3\n\n-1e-07\n")
    #expect(table.rawCSV == (["a"] + cells).map { $0 + "\n" }.joined())
    #expect(try text(try drawn("rank-heatmap"), "csvraw") == text(try drawn("rank-heatmap"), "csv"))
  }

  @Test func aSnippetHasCaptionLabelAndAlternativeText() throws {
    let text = try text(try drawn("rank-heatmap", venue: "icml"), "tex")
    #expect(text.contains("\\begin{figure*}[t]") && text.contains("\\end{figure*}"))
    #expect(text.contains("{a-figure.pdf}") && text.contains("\\label{fig:a-figure}"))
    #expect(
      text.contains("\\caption[{Rank of each output token after every layer}]{Rank of each output token")
        && text.contains("alt={Heatmap of ranks"))
    #expect(try self.text(try drawn("rank-heatmap", venue: "neurips"), "tex").contains("\\begin{figure}[t]"))
  }

  @Test func aListOfFiguresHasTheTitleAndWhatTellsItApart() {
    var float = FigureFloat(id: "a", title: "Ranks [of] words", caption: "Long words.", alt: "", size: Size(100, 100))
    #expect(LatexSnippet(float).text.contains("\\caption[{Ranks [of] words}]{Long words.}"))
    (float.subject, float.model) = ("Keys", "Gemma")
    #expect(LatexSnippet(float).text.contains("\\caption[{Ranks [of] words (Keys, Gemma)}]{Long words.}"))
    float.title = "Keys: ranks"
    #expect(float.short == "Keys: ranks (Gemma)", "the author's title names the prompt already")
  }

  @Test func citationsStandBeforeTheFullStopOfACaption() {
    var float = FigureFloat(
      id: "a", title: "T", caption: "Ends here.", alt: "", size: Size(100, 100), citations: ["m", "l"])
    #expect(LatexSnippet(float).text.contains("{Ends here~\\stratacite{m,l}.}"))
    #expect(LatexSnippet(float).text.contains("\\providecommand{\\stratacite}[1]{\\ifdefined\\citep\\citep{#1}"))
    #expect(TypstSnippet(float).text.contains("caption: [#\"Ends here\" @m @l.]"))
    #expect(QuartoSnippet(float).text.contains("![Ends here [@m; @l]\\.]"))
    float.caption = "Ends how?"
    #expect(LatexSnippet(float).text.contains("{Ends how?~\\stratacite{m,l}}"))
    float.citations = []
    #expect(LatexSnippet(float).text.contains("{Ends how?}") && !LatexSnippet(float).text.contains("stratacite"))
  }

  @Test func aCaptionThatNoPageHasRoomForGoesOnBehindTheFloat() throws {
    let sentence = "Some words of the author. "
    let caption = String(repeating: sentence, count: 150).trimmingCharacters(in: .whitespaces)
    let text = LatexSnippet(
      FigureFloat(id: "a", title: "T", caption: caption, alt: "", size: Size(100, 100), citations: ["m"])
    ).text
    let float = try #require(text.split(separator: "\\end{figure}", maxSplits: 1).first)
    #expect(float.contains("author~\\stratacite{m}.}\n  \\label{fig:a}"))
    #expect(
      text.contains(
        "\\end{figure}\n\\par\\noindent\\textit{Caption of \\figurename~\\ref{fig:a}, continued:} Some words"))
    #expect(text.matches(of: /Some words of the author/).count == 150)
    // A tall figure leaves less room, a column less than a page.
    var tall = FigureFloat(id: "a", title: "T", caption: "", alt: "", size: Size(218, 252))
    (tall.textWidth, tall.textHeight) = (218.27, 700.16)
    #expect(tall.longestCaption == 1484)
    tall.textWidth = 453.54
    #expect(tall.longestCaption == 2000)
    tall.size.height = 600
    #expect(tall.longestCaption == 800)
    // The last sentence that ends within the limit is the last of the caption.
    let (first, rest) = LatexCaption.divided(caption, 2000)
    #expect(first.count == sentence.count * (2000 / sentence.count) - 1)
    #expect(first + " " + rest == caption)
    #expect(LatexCaption.divided(String(repeating: "a", count: 2100), 2000).0.count == 2001)
    #expect(LatexCaption.divided(String(repeating: "ab ", count: 800), 2000).0.hasSuffix("ab \u{2026}"))
    #expect(LatexCaption.divided("Short.", 2000) == ("Short.", ""))
  }

  @Test func aSnippetForTypstHasTheSameCaptionLabelAndAlternativeText() throws {
    let figure = try drawn("rank-heatmap", venue: "icml")
    let text = try text(figure, "typ")
    #expect(text.contains("image(\"a-figure.svg\", width: "))
    #expect(text.contains("alt: \(TypstSnippet.quoted(figure.alt))"))
    #expect(text.contains("caption: [#\(TypstSnippet.quoted(figure.caption))]"))
    #expect(text.contains("scope: \"parent\"") && text.contains("<fig:a-figure>"))
    #expect(try !self.text(drawn("rank-heatmap", venue: "neurips"), "typ").contains("scope"))
    #expect(TypstSnippet.quoted("a \"b\" \\ #c\n@d") == "\"a \\\"b\\\" \\\\ #c @d\"")
  }

  @Test func aSnippetForQuartoHasTheSameCaptionLabelAndAlternativeText() throws {
    let figure = try drawn("rank-heatmap")
    let text = try text(figure, "qmd")
    #expect(text.contains("![\(QuartoSnippet.escaped(figure.caption))](a-figure){#fig-a-figure fig-alt=\""))
    #expect(text.contains(figure.alt.replacing("\"", with: "\\\"")))
    #expect(
      QuartoSnippet.escaped("a_b [c](d) *e* <f> @g `h` \\\n“␣is”")
        == "a\\_b \\[c\\]\\(d\\) \\*e\\* \\<f\\> \\@g \\`h\\` \\\\ “␣is”")
  }

  @Test func aBriefCaptionLeavesOutTheDetailsOfTheModelsAlone() throws {
    let figure = try drawn("rank-heatmap")
    let details = " (Q4_1 weights, vocabulary of 49,152; logit lens after the final norm)"
    #expect(figure.caption.contains("Sample 135M" + details))
    #expect(figure.briefCaption == figure.caption.replacing(details, with: ""))
    #expect(try drawn("comparison").briefCaption.contains(" weights, ") == false)
  }

  @Test func aCaptionForLatexCanBeBrokenWhereItsTextHasNoSpaces() {
    #expect(LatexText.breakable("the words — and “signs”") == LatexText.escaped("the words — and “signs”"))
    #expect(LatexText.breakable("中文") == "[U+4E2D]\\allowbreak{}[U+6587]")
    let word = String(repeating: "a", count: 100)
    #expect(LatexText.breakable(word).components(separatedBy: "\\allowbreak{}").map(\.count) == [40, 40, 20])
  }

  @Test func whatLaTeXReadsAsCommandsIsEscaped() {
    #expect(
      LatexText.escaped("50 % of $x_1 & #2 {a} ~^ \\ “␣is” é 中 −1…\n<b>")
        == "50 \\% of \\$x\\_1 \\& \\#2 \\{a\\} \\textasciitilde{}\\textasciicircum{} \\textbackslash{} "
        + "``\\textvisiblespace{}is'' é [U+4E2D] \\ensuremath{-}1\\dots{} \\textless{}b\\textgreater{}")
  }

  @Test func picturesSayWhereTheirNumbersCameFrom() throws {
    let figure = try drawn("rank-heatmap")
    let source =
      "Sample 135M (Q4_1 weights, vocabulary of 49,152; logit lens after the final norm), model sha256 000000000000"
    let description = try text(figure, "svg")
    #expect(description.contains("Made by \(StrataVersion.tool) from \(source)"))
    #expect(try text(figure, "png").contains(source))
    let file = try TemporaryFile(FigureFormat.named("pdf").render(figure, id: "x"), extension: "pdf")
    let info = try Tool.run("pdfinfo", [file.path]).output
    #expect(info.contains(source) && info.contains("strata"))
  }

  @Test func aPictureOfDoubleResolutionHasTwiceThePixels() throws {
    let figure = try drawn("token-ranks")
    func size(_ format: String) throws -> (Int, Int) {
      let data = try FigureFormat.named(format).render(figure, id: "x")
      func number(_ place: Int) -> Int { data[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
      return (number(16), number(20))
    }
    let (single, double) = (try size("png"), try size("png2x"))
    #expect(abs(double.0 - 2 * single.0) <= 1 && abs(double.1 - 2 * single.1) <= 1)
    #expect(FigureRecipes().fileName("x", format: "png2x") == "x@2x.png")
  }

  @Test func anSVGCanKeepItsTextAsText() throws {
    let figure = try drawn("token-ranks")
    let text = try text(figure, "svgtext")
    #expect(text.contains(">␣is</text>") && text.contains("font-family=\"\'DejaVu Sans Mono\', Menlo"))
    #expect(!text.contains("<use") && !text.contains("<defs>"))
    #expect(try self.text(figure, "svg").contains("<use") && !self.text(figure, "svg").contains("<text"))
    let file = try TemporaryFile(Data(text.utf8), extension: "svg")
    let parsed = try Tool.run("python3", ["-c", "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", file.path])
    #expect(parsed.status == 0, "\(parsed.output)")
  }

  @Test func aStrictVenueRefusesWhatItsRulesForbid() throws {
    let trace = SampleTraces.trace(layers: 3, columns: 2, texts: [.text(" London"), .text(".")], watch: ["is", "are"])
    func draw(_ kind: String, _ venue: String, _ options: [String: OptionValue] = [:]) throws -> DrawnFigure {
      try FigureRecipes().draw(
        kind, [trace], options: options, style: FigureStyle(venue: venue, span: nil, width: nil, strict: true))
    }
    // Numbers leave the cells.
    let rules = try #require(try Venue.named("icml").rules)
    let usual = try FigureRecipes().draw(
      "rank-heatmap", [trace], options: [:], style: FigureStyle(venue: "icml"))
    #expect(rules.violations(usual.scene).contains { $0.contains("shaded ground") })
    #expect(rules.violations(try draw("rank-heatmap", "icml").scene) == [])
    #expect(throws: PlotError.self) { try draw("token-strip", "icml") }
    #expect(throws: Never.self) { try draw("rank-heatmap", "neurips") }
  }

  @Test(arguments: [
    "rank-heatmap", "top-tokens", "token-ranks", "lens-grid", "trajectory", "profile", "first-layer", "difference",
    "attribution", "patching",
  ])
  func aStrictVenueHasGreysAndShapesWhereItForbidsColoursAndGlyphNumbers(kind: String) throws {
    let trace = SampleTraces.trace(
      layers: 3, columns: kind == "first-layer" ? 6 : 2, texts: [.text(" London"), .text("中")], watch: [" is", "are"]
    ).answering(try FigureKind.named(kind))
    let figure = try FigureRecipes().draw(
      kind, [trace], options: kind == "attribution" ? ["by": .text("head")] : [:],
      style: FigureStyle(venue: "aaai", span: nil, width: nil, strict: true))
    for item in figure.scene.items {
      switch item {
      case .rectangle(_, let fill?, _, _): #expect(fill.red == fill.green && fill.green == fill.blue)
      case .text(let run): #expect(run.font.size >= 9)
      default: break
      }
    }
    let file = try TemporaryFile(FigureFormat.named("pdf").render(figure, id: "x"), extension: "pdf")
    let fonts = try Tool.run("pdffonts", [file.path]).output
    #expect(!fonts.contains("Identity-H") && !fonts.contains("Type 3") && fonts.contains("WinAnsi"), "\(fonts)")
  }
}
