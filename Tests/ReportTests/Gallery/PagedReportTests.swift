import Figures
import Findings
import Foundation
import Plot
import TestSupport
import Testing
import Traces

@testable import Gallery
@testable import Words

@Suite struct PagedReportTests {
  private let folders = SampleFolders()

  private func report(
    _ manifest: GalleryManifest, findings: GalleryFindings = GalleryFindings([]), paper: Paper = .a4
  ) throws -> PagedReport {
    try PagedReport(
      GalleryContent(manifest: manifest, scenes: SampleGallery.scenes(manifest), findings: findings),
      layout: GalleryLayout(manifest), paper: paper)
  }

  /// Ten prompts with two tall figures each.
  private static let long = tall(10)

  /// Prompts with two tall figures each.
  private static func tall(_ count: Int) -> GalleryManifest {
    let prompts = (1...count).map { SampleGallery.prompt("p\($0)", "Text of prompt \($0)") }
    return SampleGallery.manifest(
      models: SampleGallery.small.models, prompts: prompts,
      figures: prompts.flatMap { prompt in
        SampleGallery.small.models.enumerated().map { index, model in
          SampleGallery.figure("\(prompt.id)-\(index)", prompt: prompt.id, model: model.name, height: 500)
        }
      })
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
    // Too many for the first page: a page of their own, with the titles of figures.
    let report = try report(Self.tall(40))
    let place = try #require(report.pages.firstIndex { texts($0).first == "Contents" })
    let links = links(of: report.pages[place])
    let body = try #require(links.first.flatMap { pageNumber(of: $0, in: report) })
    // Forty prompts with two figures each in one comparison, and the methods.
    #expect(report.pages[place..<(body - 1)].map { self.links(of: $0).count }.reduce(0, +) == 81)
    let numbers = texts(report.pages[place]).compactMap { Int($0) }
    // The last number is the foot's own.
    #expect(numbers.dropLast() == links.compactMap { pageNumber(of: $0, in: report) }[...])
  }

  @Test func contentsThatFitStandOnTheFirstPage() throws {
    let report = try report(Self.long)
    let page = try #require(report.pages.first)
    let all = texts(page)
    let heading = try #require(all.firstIndex(of: "Contents"))
    let links = links(of: page)
    // Ten prompts and the methods.
    #expect(links.count == 11 && report.outline.contains { $0.title == "Contents" })
    #expect(all[heading...].compactMap { Int($0) } == links.compactMap { pageNumber(of: $0, in: report) })
    #expect(!report.pages.dropFirst().contains { texts($0).first == "Contents" })
  }

  private func links(of page: Scene) -> [String] {
    flat(page.items).compactMap { item in
      if case .link(_, .destination(let name)) = item { name } else { nil }
    }
  }

  @Test func aReportOfAtMostTenPagesHasNoContents() throws {
    let report = try report(SampleGallery.small)
    #expect(report.pages.count <= 10)
    #expect(!report.pages.contains { texts($0).first == "Contents" })
    #expect(report.outline.map(\.level) == [0, 0, 1, 2, 2, 0, 1, 2, 2, 0])
    #expect(
      report.outline.map(\.title) == [
        "Findings", "1  heathrow", "Rank of each output token after every layer", "SmolLM2 135M", "Gemma 3 270M",
        "2  keys", "Rank of each output token after every layer", "SmolLM2 135M", "Gemma 3 270M",
        "Methods and provenance",
      ])
  }

  @Test func everyFigureIsDrawnOnceWithItsCaptionAndFiguresSideBySideShareTheirScale() throws {
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
    #expect(scales.count == 4)
    #expect(scales[0] == scales[1] && scales[2] == scales[3])
    let all = report.pages.flatMap(texts)
    for number in 1...4 { #expect(all.contains { $0.hasPrefix("Figure \(number). Rank") }) }
  }

  /// Where the lowest text or shape of each page ends, as a part of the text area; heads and feet left out.
  private func filled(_ page: Scene) -> Double {
    let area = PageStyle(paper: .a4).area
    let ends = flat(page.items).compactMap { item -> Double? in
      switch item {
      case .rectangle(let rect, _, _, _): rect.maxY
      case .text(let run) where run.origin.y < area.maxY: run.origin.y
      default: nil
      }
    }
    return ((ends.max() ?? area.y) - area.y) / area.height
  }

  @Test(arguments: [120.0, 250, 345, 431, 500, 585, 640])
  func noPageButTheLastOfAChapterIsLessThanHalfFull(height: Double) throws {
    var manifest = Self.long
    for index in manifest.figures.indices { manifest.figures[index].height = height - Double(index % 3) * 40 }
    let report = try report(manifest)
    let first = try #require(pageNumber(of: "_prompt-1", in: report)) - 1
    let methods = try #require(pageNumber(of: "_methods", in: report)) - 1
    for page in first..<(methods - 1) { #expect(filled(report.pages[page]) >= 0.5, "page \(page + 1)") }
  }

  @Test func theFirstPageHasTheStrongestFindingsAndARowForEveryPrompt() throws {
    let traces = [
      ("heathrow", "SmolLM2 135M", SampleTraces.trace(layers: 8, columns: 3)),
      ("heathrow", "Gemma 3 270M", SampleTraces.trace(layers: 4, columns: 3)),
      ("keys", "SmolLM2 135M", SampleTraces.trace(layers: 8, columns: 1, watch: [" is", " are"])),
    ]
    let findings = GalleryFindings(
      traces.map { GalleryFindings.Source(subject: $0.0, model: $0.1, numbers: .trace($0.2)) },
      titles: ["keys": "Number agreement"])
    let page = try #require(try report(SampleGallery.small, findings: findings).pages.first)
    let lines = texts(page)
    #expect(lines.prefix(1) == ["Finding the words to say"])
    let words = lines.joined(separator: " ")
    for sentence in findings.strongest() { #expect(words.contains(sentence), "\(sentence)") }
    for text in ["Key numbers", "SmolLM2 135M", "Gemma 3 270M", "heathrow", "Number agreement"] {
      #expect(lines.contains(text), "\(text)")
    }
    for cell in findings.table().rows.flatMap(\.cells).compactMap(\.self) {
      #expect(lines.contains(cell.share) && lines.contains(cell.layer))
    }
  }

  @Test func aFindingQuotesTheTextOfAPromptWithoutATitle() throws {
    let trace = SampleTraces.trace(layers: 8, columns: 1, watch: [" is", " are"])
    let source = GalleryFindings.Source(subject: "keys", model: "Small", numbers: .trace(trace))
    #expect(GalleryFindings([source]).quoted("keys").contains(VisibleText.inline(trace.prompt).suffix(20)))
    #expect(GalleryFindings([source], titles: ["keys": "Agreement"]).quoted("keys") == "“Agreement”")
    #expect(GalleryFindings([source]).quoted("other") == "“other”")
  }

  @Test func aFigureWiderThanTheTextIsLaidOutAgainAtItsWidth() throws {
    let manifest = SampleGallery.manifest(
      models: SampleGallery.small.models, prompts: [SampleGallery.prompt("p", "Text")],
      figures: [
        SampleGallery.figure("wide", prompt: "p", model: SampleGallery.small.models[0].name, width: 700, height: 200)
      ])
    var content = GalleryContent(manifest: manifest, scenes: SampleGallery.scenes(manifest))
    let first = DrawnFigure(scene: try #require(content.scenes["wide"]), title: "Wide", caption: "All of it.", alt: "")
    var detail = FigureDetail(first, id: "wide", hasLatex: false)
    detail.redraw = { size in
      DrawnFigure(
        scene: Scene(size: size, title: "", description: "again", items: []), title: "Wide", caption: "Half of it.",
        alt: "")
    }
    content.details["wide"] = detail
    let report = try PagedReport(content, layout: GalleryLayout(manifest), paper: .a4)
    let words = report.pages.flatMap(texts).joined(separator: " ")
    #expect(words.contains("Figure 1. Half of it."))
    #expect(words.contains("Laid out for this page at 483 × 200 pt; the file has 700 × 200 pt."))
    #expect(!words.contains("Shown at"))
  }

  @Test func authorsHaveTheirAddressesAsLinks() throws {
    var manifest = SampleGallery.small
    manifest.head = GalleryManifest.Head(
      authors: [
        .init(
          name: "Ada Lovelace", affiliation: "Example University", email: "ada@example.org",
          orcid: "0000-0002-1825-0097"),
        .init(name: "Jay Doe"),
      ])
    let page = try #require(try report(manifest).pages.first)
    let links = flat(page.items).compactMap { if case .link(_, .uri(let address)) = $0 { address } else { nil } }
    #expect(links == ["mailto:ada@example.org", "https://orcid.org/0000-0002-1825-0097"])
    let lines = texts(page)
    #expect(lines.contains("Ada Lovelace:") && lines.contains("ORCID 0000-0002-1825-0097"))
  }

  @Test func theReportHasTwoTypefaces() throws {
    let families = try report(SampleGallery.small).pages.flatMap { flat($0.items) }.compactMap {
      if case .text(let run) = $0 { run.font.family } else { nil }
    }
    #expect(Set(families) == ["TeX Gyre Termes", "DejaVu Sans Mono"])
  }

  @Test func aLogoStandsAboveTheTitleInItsOwnProportions() throws {
    let scene = Scene(size: Size(300, 100), title: "", description: "", items: [])
    var content = GalleryContent(manifest: SampleGallery.small, scenes: SampleGallery.scenes(SampleGallery.small))
    content.logo = try Picture(png: OutputFormat.named("png").render(scene, options: OutputOptions(idPrefix: "logo")))
    let report = try PagedReport(content, layout: GalleryLayout(content.manifest), paper: .a4)
    let places = flat(report.pages[0].items).compactMap { if case .picture(_, let rect) = $0 { rect } else { nil } }
    #expect(places.count == 1)
    let place = try #require(places.first)
    #expect(place.height <= 44.001 && abs(place.width / place.height - 3) < 0.01)
    let title = try #require(report.pages[0].items.flatMap(\.runs).first { $0.text.hasPrefix("Finding the words") })
    #expect(title.origin.y > place.maxY)
    #expect(try report.pdf() == report.pdf())
    #expect(throws: PlotError.self) { try Picture(png: Data("no picture".utf8)) }
  }

  @Test func pagesAreUpright() throws {
    var manifest = SampleGallery.small
    manifest.figures[0].width = 1400
    for paper in Paper.allCases {
      for page in try report(manifest, paper: paper).pages { #expect(page.size == paper.size) }
    }
  }

  @Test func aScaledFigureSaysSo() throws {
    var manifest = SampleGallery.small
    manifest.figures[0].width = 1543.78
    let all = try report(manifest).pages.flatMap(texts)
    #expect(all.contains { $0.hasPrefix("Shown at ") && $0.hasSuffix(" % of its size.") })
  }

  @Test func promptsKeepTheirLines() throws {
    let manifest = SampleGallery.manifest(
      models: [], prompts: [SampleGallery.prompt("eu", "are:\n1. Austria\n\n4.")], figures: [])
    let lines = try report(manifest).pages.flatMap(texts)
    let first = try #require(lines.firstIndex(of: "are:↵"))
    #expect(lines[first...].prefix(4) == ["are:↵", "1. Austria↵", "↵", "4."])
  }

  @Test func aFigureWithoutASceneIsAnError() {
    #expect(throws: Diagnostic.self) {
      try PagedReport(
        GalleryContent(manifest: SampleGallery.small), layout: GalleryLayout(SampleGallery.small), paper: .a4)
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
          "manifest.json", "report.pdf", "assets/filter.js", "assets/findings.css", "assets/front.css",
          "assets/gallery.css", "assets/gallery.js", "assets/icon.svg", "assets/lightbox.js", "assets/reading.css",
          "assets/reading.js", "assets/sort.js", "assets/words.css", "index.html",
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
