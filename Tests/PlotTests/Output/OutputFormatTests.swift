import Foundation
import FoundationXML
import Testing

@testable import Plot

extension OutputFormat: CustomTestStringConvertible {
  /// Its name, in the list of test cases.
  public var testDescription: String { name }
}

@Suite struct OutputFormatTests {
  @Test(arguments: OutputFormat.all)
  func theSameSceneGivesTheSameBytesAlsoAfterOthers(format: OutputFormat) throws {
    let first = try format.render(SampleScenes.everything)
    var other = SampleScenes.everything
    other.items.append(
      .text(TextRun("ქართული other glyphs 0123", at: Point(5, 115), font: SampleScenes.sans, color: .black)))
    for another in OutputFormat.all { _ = try another.render(other) }
    #expect(try format.render(SampleScenes.everything) == first)
  }

  @Test(arguments: OutputFormat.all)
  func aMissingGlyphIsAnErrorThatNamesIt(format: OutputFormat) throws {
    var scene = SampleScenes.everything
    scene.items = [.text(TextRun("a\u{F0000}", at: Point(1, 1), font: SampleScenes.sans, color: .black))]
    #expect(throws: PlotError.missingGlyph(text: "a\u{F0000}", characters: ["U+F0000"], family: "TeX Gyre Heros")) {
      try format.render(scene)
    }
  }

  @Test(arguments: OutputFormat.all)
  func aMissingFontIsAnError(format: OutputFormat) throws {
    var scene = SampleScenes.everything
    scene.items = [.text(TextRun("a", at: Point(1, 1), font: Font(family: "Nimbus Nowhere", size: 9), color: .black))]
    #expect(throws: PlotError.self) { try format.render(scene) }
  }

  @Test(arguments: OutputFormat.all, [Size(0, 10), Size(10, -1), Size(.nan, 10), Size(.infinity, 10)])
  func aPageWithoutASizeIsAnError(format: OutputFormat, size: Size) {
    var scene = SampleScenes.everything
    scene.size = size
    #expect(throws: PlotError.self) { try format.render(scene) }
  }

  @Test(arguments: OutputFormat.all)
  func aCoordinateThatIsNotFiniteIsAnError(format: OutputFormat) {
    var scene = SampleScenes.everything
    scene.items = [.rectangle(Rect(.nan, 0, 1, 1), fill: .black, stroke: nil, cornerRadius: 0)]
    #expect(throws: PlotError.self) { try format.render(scene) }
  }

  @Test func anUnknownFormatIsAnErrorThatListsTheKnown() {
    let error = #expect(throws: PlotError.self) { try OutputFormat.named("eps") }
    #expect(error?.message == "unknown output format 'eps'")
    #expect(error?.hints == ["known output formats: pdf, svg, png"])
  }

  @Test func pngRecordsItsResolutionTitleAndDescription() throws {
    let png = try OutputFormat.png.render(SampleScenes.everything, options: OutputOptions(dpi: 300))
    let chunks = PNGReader.chunks(of: png)
    #expect(chunks.first?.type == "IHDR")
    #expect(chunks.first?.content.prefix(8) == Data([0, 0, 0x03, 0x42, 0, 0, 0x01, 0xF4]))  // 834 x 500
    let resolution = chunks.first { $0.type == "pHYs" }
    #expect(resolution?.content == Data([0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1]))  // 11811 per metre
    let texts = chunks.filter { $0.type == "iTXt" }.map { String(decoding: $0.content, as: UTF8.self) }
    #expect(texts.contains("Title\0\0\0\0\0One of <everything> & \"more\""))
    #expect(chunks.allSatisfy { $0.checksumIsRight })
    #expect(!chunks.contains { $0.type == "tIME" })
  }

  @Test func svgIdsCarryThePrefixAndNothingIsRaster() throws {
    let svg = String(
      decoding: try OutputFormat.svg.render(SampleScenes.everything, options: OutputOptions(idPrefix: "eu-gemma")),
      as: UTF8.self)
    let ids = svg.matches(of: /id="([^"]*)"/).map { String($0.1) }
    #expect(Set(ids).count == ids.count && ids.allSatisfy { $0.hasPrefix("eu-gemma-") })
    #expect(svg.contains("<title id=\"eu-gemma-title\">One of &lt;everything&gt; &amp; &quot;more&quot;</title>"))
    #expect(svg.contains("role=\"img\""))
    #expect(!svg.contains("<image"))
    for use in svg.matches(of: /href="#([^"]*)"/) { #expect(ids.contains(String(use.1))) }
    #expect(XMLParser(data: Data(svg.utf8)).parse())
  }
}
