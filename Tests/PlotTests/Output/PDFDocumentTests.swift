import Foundation
import TestSupport
import Testing

@testable import Plot

@Suite struct PDFDocumentTests {
  @Test func aDocumentWithLinksDestinationsOutlineAndTagsIsSound() throws {
    let data = try SampleScenes.document.data()
    #expect(try SampleScenes.document.data() == data)
    let file = try TemporaryFile(data, extension: "pdf")
    let check = try Tool.run("qpdf", ["--check", file.path])
    #expect(check.status == 0, "\(check.output)")
    let text = String(
      decoding: try Tool.run("qpdf", ["--qdf", "--object-streams=disable", file.path, "-"]).standardOutput,
      as: UTF8.self)
    #expect(text.contains("/Marked true"))
    #expect(text.contains("/URI (https://example.org/it's?a=1&b=2)"))
    #expect(!text.contains("/CreationDate"))
    #expect(text.matches(of: /\/Type \/Page\n/).count == 2)
    #expect(text.matches(of: /\/Type \/Outlines/).count == 1)
    #expect(text.contains("/MediaBox [") && text.contains("500"))
  }

  @Test func aPageIsATransparencyGroupOnlyWhereSomethingIsTransparent() throws {
    func page(_ alpha: Double) throws -> String {
      var color = Color.white
      color.alpha = alpha
      let scene = Scene(
        size: Size(50, 50), title: "t", description: "d",
        items: [.rectangle(Rect(0, 0, 20, 20), fill: color, stroke: nil, cornerRadius: 0)])
      let file = try TemporaryFile(
        try OutputFormat.named("pdf").render(scene, options: OutputOptions(idPrefix: "p")), extension: "pdf")
      #expect(try Tool.run("qpdf", ["--check", file.path]).status == 0)
      return String(
        decoding: try Tool.run("qpdf", ["--qdf", "--object-streams=disable", file.path, "-"]).standardOutput,
        as: UTF8.self)
    }
    #expect(try !page(1).contains("/S /Transparency"))
    #expect(try page(0.5).contains("/S /Transparency"))
  }

  @Test func allFontsAreEmbeddedAndNoneIsType3() throws {
    let file = try TemporaryFile(try SampleScenes.document.data(), extension: "pdf")
    let lines = try Tool.run("pdffonts", [file.path]).output.split(separator: "\n").dropFirst(2)
    #expect(lines.count >= 5)
    for line in lines {
      #expect(!line.contains("Type 3"))
      #expect(line.contains(/yes yes yes +\d+ +\d+$/), "not embedded, subset or without a Unicode map: \(line)")
    }
  }

  @Test func theTextCanBeExtracted() throws {
    let file = try TemporaryFile(try SampleScenes.document.data(), extension: "pdf")
    let text = try Tool.run("pdftotext", ["-layout", file.path, "-"]).output
    for word in ["Contents", "Rank of token (log scale)", "中文", "кириллица", "turned"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func aLinkOrOutlineEntryToNowhereIsAnError() {
    var document = SampleScenes.document
    document.outline.append(OutlineEntry(title: "x", destination: "nowhere", level: 0))
    #expect(throws: PlotError.unknownDestination("nowhere")) { try document.data() }
    document = SampleScenes.document
    document.pages.append(document.pages[1])
    #expect(throws: PlotError.duplicateDestination("figure's 1")) { try document.data() }
    document.pages = []
    #expect(throws: PlotError.self) { try document.data() }
  }
}
