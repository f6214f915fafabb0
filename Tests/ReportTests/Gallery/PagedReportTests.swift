import Foundation
import Plot
import Testing

@testable import Gallery
@testable import Words

@Suite struct PagedReportTests {
  private let folders = SampleFolders()

  private func report(_ manifest: GalleryManifest, paper: Paper = .a4) throws -> PagedReport {
    try PagedReport(
      manifest, layout: GalleryLayout(manifest), scenes: SampleGallery.scenes(manifest), paper: paper)
  }

  /// Every item of a page with its own place, groups resolved.
  private func flat(_ items: [SceneItem], offset: Point = Point(0, 0), scale: Double = 1) -> [SceneItem] {
    items.flatMap { item -> [SceneItem] in
      switch item {
      case .structure(_, let inner): flat(inner, offset: offset, scale: scale)
      case .group(let by, let factor, let inner):
        flat(inner, offset: Point(offset.x + by.x * scale, offset.y + by.y * scale), scale: scale * factor)
      case .rectangle(let rect, let fill, let stroke, let radius):
        [
          .rectangle(
            Rect(offset.x + rect.x * scale, offset.y + rect.y * scale, rect.width * scale, rect.height * scale),
            fill: fill, stroke: stroke, cornerRadius: radius)
        ]
      default: [item]
      }
    }
  }

  private func texts(_ page: Scene) -> [String] {
    flat(page.items).compactMap {
      if case .text(let run) = $0 { run.text.hasSuffix(" ") ? String(run.text.dropLast()) : run.text } else { nil }
    }
  }

  private func pageNumber(of destination: String, in report: PagedReport) -> Int? {
    report.pages.firstIndex { page in
      flat(page.items).contains { if case .destination(destination, _) = $0 { true } else { false } }
    }.map { $0 + 1 }
  }

  @Test(arguments: Paper.allCases)
  func nothingSticksOutOfAPage(paper: Paper) throws {
    var manifest = SampleGallery.small
    manifest.figures[0].width = 1400
    manifest.figures[1].height = 3000
    manifest.prompts[1].text = String(repeating: "word ", count: 3000) + String(repeating: "W", count: 500)
    manifest.models[0].name = String(repeating: "Long ", count: 40)
    manifest.figures[0].model = manifest.models[0].name
    manifest.failures = [
      .init(prompt: "keys", model: "Third", group: nil, message: String(repeating: "why ", count: 99))
    ]
    for page in try report(manifest, paper: paper).pages {
      for item in flat(page.items) {
        switch item {
        case .rectangle(let rect, _, _, _):
          #expect(rect.x >= 0 && rect.y >= 0 && rect.maxX <= page.size.width && rect.maxY <= page.size.height)
        case .text(let run):
          let width = try TextMeasurer.extent(run.text, font: run.font).width
          #expect(run.origin.x >= 0 && run.origin.x + width <= page.size.width - 30, "\(run.text)")
          #expect(run.origin.y > 20 && run.origin.y < page.size.height - 20, "\(run.text)")
        default: break
        }
      }
    }
  }

  @Test func theContentsNameTheRightPages() throws {
    let report = try report(SampleGallery.small)
    let contents = texts(report.pages[1])
    #expect(contents.contains("Contents"))
    let links = flat(report.pages[1].items).compactMap { item -> String? in
      if case .link(_, .destination(let name)) = item { name } else { nil }
    }
    #expect(links.count == 5)
    let numbers = contents.compactMap { Int($0) }
    // The last number is the foot's own.
    #expect(numbers.dropLast() == links.compactMap { pageNumber(of: $0, in: report) }[...])
    #expect(report.outline.map(\.level) == [0, 0, 1, 2, 2, 0, 1, 2, 2, 0])
    #expect(
      report.outline.map(\.title) == [
        "Contents", "1  heathrow", "Rank of each output token after every layer", "SmolLM2 135M", "Gemma 3 270M",
        "2  keys", "Rank of each output token after every layer", "SmolLM2 135M", "Gemma 3 270M",
        "Methods and provenance",
      ])
  }

  @Test func everyFigureIsDrawnOnceAtItsTrueSizeWithItsCaption() throws {
    let report = try report(SampleGallery.small)
    let scales = report.pages.flatMap { page in
      page.items.compactMap { item -> Double? in
        guard case .structure(.figure(let alt), let inner) = item, !alt.isEmpty,
          case .group(_, let scale, _)? = inner.first
        else {
          return nil
        }
        return scale
      }
    }
    #expect(scales == [1, 1, 1, 1])
    let all = report.pages.flatMap(texts)
    for number in 1...4 { #expect(all.contains { $0.hasPrefix("Figure \(number). Rank of") }) }
    #expect(all.contains("Gemma 3 270M · logit lens, final norm · prompt keys"))
  }

  @Test func aScaledFigureSaysSo() throws {
    var manifest = SampleGallery.small
    manifest.figures[0].width = 1543.78
    let all = try report(manifest).pages.flatMap(texts)
    #expect(all.contains { $0.hasSuffix("shown at 50 % of its size") })
  }

  @Test func promptsKeepTheirLines() throws {
    let manifest = SampleGallery.manifest(
      models: [], prompts: [SampleGallery.prompt("eu", "are:\n1. Austria\n\n4.")], figures: [])
    let lines = try texts(report(manifest).pages[2])
    let first = try #require(lines.firstIndex(of: "are:↵"))
    #expect(lines[first...].prefix(4) == ["are:↵", "1. Austria↵", "↵", "4."])
  }

  @Test func aFigureWithoutASceneIsAnError() {
    #expect(throws: Diagnostic.self) {
      try PagedReport(
        SampleGallery.small, layout: GalleryLayout(SampleGallery.small), scenes: [:], paper: .a4)
    }
  }

  @Test func theSameReportIsTheSameBytes() throws {
    let (one, other) = (try folders.new(), try folders.new())
    for folder in [one, other] {
      let staged = try SampleGallery.stage(SampleGallery.small, in: folder)
      let written = try Gallery.write(
        GalleryContent(manifest: staged, scenes: SampleGallery.scenes(staged)), into: folder,
        as: Gallery.Forms(report: true))
      #expect(
        written.map(\.path) == [
          "manifest.json", "report.pdf", "assets/filter.js", "assets/front.css", "assets/gallery.css",
          "assets/gallery.js", "assets/icon.svg", "assets/lightbox.js", "assets/reading.css", "assets/reading.js",
          "index.html",
        ])
    }
    let name = "report.pdf"
    let data = try Data(contentsOf: one.appendingPathComponent(name))
    #expect(data.starts(with: Data("%PDF-1.".utf8)))
    #expect(try data == Data(contentsOf: other.appendingPathComponent(name)))
    let page = try String(decoding: Data(contentsOf: one.appendingPathComponent("index.html")), as: UTF8.self)
    #expect(page.contains("<a href=\"report.pdf\">Report <small>PDF, \(Wording.size(bytes: data.count))</small></a>"))
  }

  @Test func hostileTextIsPrintedAsText() throws {
    let attack =
      "'/Link uri='x' \\ ( ) <script> \0 \u{202E} \u{1F9FF}\u{E000}\u{378} עברית 中文\r\n"
      + String(repeating: "W", count: 400)
    var figure = SampleGallery.figure("figure", prompt: attack, model: attack, output: attack)
    (figure.caption, figure.alt, figure.title) = (attack, attack, attack)
    let manifest = SampleGallery.manifest(
      title: attack, models: [SampleGallery.model(attack)],
      prompts: [SampleGallery.prompt(attack, attack, watch: [.token(attack)]), SampleGallery.prompt("", "")],
      figures: [figure],
      failures: [.init(prompt: attack, model: attack, group: nil, message: attack)], warnings: [attack])
    let data = try report(manifest).pdf()
    #expect(data.count > 10_000)
  }
}
