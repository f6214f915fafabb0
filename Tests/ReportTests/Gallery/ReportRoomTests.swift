import Figures
import Plot
import Testing

@testable import Gallery
@testable import Words

/// Figures whose text would get too small are not squeezed into the rest of a page.
@Suite struct ReportRoomTests {
  /// A prompt that fills less than half of the first page, with a figure of two models.
  private static let manifest = SampleGallery.manifest(
    models: SampleGallery.small.models,
    prompts: [SampleGallery.prompt("p", String(repeating: "word ", count: 250))],
    figures: SampleGallery.small.models.enumerated().map { index, model in
      var figure = SampleGallery.figure("f-\(index)", prompt: "p", model: model.name, width: 400, height: 480)
      figure.caption = "All of it."
      return figure
    })

  private static func scene(_ size: Size) -> Scene {
    let text = TextRun("Text", at: Point(20, 20), font: Font(family: "TeX Gyre Termes", size: 7), color: .black)
    let ground = SceneItem.rectangle(
      Rect(0, 0, size.width, size.height), fill: .white, stroke: nil, cornerRadius: 0)
    return Scene(size: size, title: "", description: "figure", items: [ground, .text(text)])
  }

  private func report(redraw: (@Sendable (Size) throws -> DrawnFigure)?) throws -> PagedReport {
    let manifest = Self.manifest
    var content = GalleryContent(manifest: manifest)
    for figure in manifest.figures {
      let drawn = DrawnFigure(
        scene: Self.scene(Size(figure.width, figure.height)), title: "A", caption: "All of it.", alt: "figure")
      content.scenes[figure.id] = drawn.scene
      content.details[figure.id] = FigureDetail(drawn, id: figure.id, hasLatex: false)
      content.details[figure.id]?.redraw = redraw
    }
    return try PagedReport(content, layout: GalleryLayout(manifest), paper: .a4)
  }

  /// The scales of the figures of every page. [page][figure]
  private func scales(_ report: PagedReport) -> [[Double]] {
    report.pages.map { page in
      page.items.compactMap { item in
        guard case .structure(.figure(alt: _), let inner) = item, case .group(_, let scale, _)? = inner.first else {
          return nil
        }
        return scale
      }
    }
  }

  @Test func aFigureThatCannotBeReadInTheRestOfAPageBeginsTheNext() throws {
    let scales = try scales(try report(redraw: nil))
    let first = try #require(scales.firstIndex { !$0.isEmpty })
    #expect(scales[first] == [1] && scales[first + 1] == [1])
    #expect(scales.joined().count == 2)
  }

  @Test func figuresBesideEachOtherAreLaidOutLowerInsteadOfSmaller() throws {
    let report = try report { size in
      DrawnFigure(scene: Self.scene(size), title: "A", caption: "All of it.", alt: "figure")
    }
    #expect(scales(report).filter { !$0.isEmpty } == [[1, 1]])
    let words = report.pages.flatMap(\.items).flatMap(\.runs).map(\.text)
    #expect(words.contains { $0.hasPrefix("Laid out for this page at 232 × ") })
    #expect(!words.joined(separator: " ").contains("Shown at"))
  }
}
