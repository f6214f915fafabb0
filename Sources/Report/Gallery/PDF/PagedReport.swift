import Foundation
import Plot
import Words

/// The gallery as a document to print: findings and key numbers, contents, the figures of every prompt, methods and provenance.
///
/// Laid out from the manifest and the figures' own scenes; no figure is drawn again.
struct PagedReport {
  /// The pages, in order.
  var pages: [Scene]
  /// Contents, prompts and their comparisons, methods.
  var outline: [OutlineEntry]
  /// For the document's properties.
  var metadata: DocumentMetadata

  /// A line of the contents.
  struct Entry {
    var title: String
    var destination: String
    /// 0 for prompts and parts, 1 for their content, 2 for figures of one model, which the contents leave out.
    var level: Int
    /// Index of the page, from the first page of the body.
    var page: Int
  }

  /// A report with more pages than this has a table of contents.
  private static let mostWithoutContents = 10

  /// Lays the report out.
  /// - Throws: `Diagnostic` when a figure has no scene, `PlotError` when a font is missing.
  init(_ content: GalleryContent, layout: GalleryLayout, paper: Paper) throws {
    let manifest = content.manifest
    let style = PageStyle(paper: paper, figures: manifest.figures.lazy.compactMap { content.scenes[$0.id] })
    var front = try FrontPages.flow(content, words: FrontMatter(manifest.head), style: style)
    var body = ReportBody(style: style, content: content)
    for section in layout.sections { try body.add(section) }
    try body.addConclusion()
    try body.addMethods()

    var contents: [PageFlow.Page] = []
    let listed = body.entries.filter { $0.level < 2 }
    let hasContents = front.pages.count + body.flow.pages.count > Self.mostWithoutContents
    if hasContents, try !ContentsPages.addParts(listed, firstPage: front.pages.count + 1, to: &front) {
      // The length of the contents does not depend on its page numbers, so its pages can be counted first.
      let count = try ContentsPages.pages(listed, firstPage: 0, style: style).count
      contents = try ContentsPages.pages(listed, firstPage: front.pages.count + count + 1, style: style)
    }

    let all = front.pages + contents + body.flow.pages
    let name = VisibleText.inline(manifest.title)
    pages = try all.enumerated().map { index, page in
      Scene(
        size: paper.size, title: name, description: "Page \(index + 1) of \(all.count)",
        items: try page.items + Self.headAndFoot(page, number: index + 1, title: name, style: style))
    }
    let parts = body.entries.map { OutlineEntry(title: $0.title, destination: $0.destination, level: $0.level) }
    outline =
      [OutlineEntry(title: "Findings", destination: FrontPages.destination, level: 0)]
      + (!hasContents ? [] : [OutlineEntry(title: "Contents", destination: ContentsPages.destination, level: 0)])
      + parts
    metadata = DocumentMetadata(
      title: name,
      author: VisibleText.inline((manifest.head?.authors ?? []).map(\.name).joined(separator: ", ")),
      subject: VisibleText.inline(Wording.lead(manifest)),
      keywords: "logit lens, hidden states", creator: VisibleText.inline(manifest.tool))
  }

  /// The document's bytes, the same for the same report.
  /// - Throws: `PlotError`.
  func pdf() throws -> Data { try PDFDocument(pages: pages, outline: outline, metadata: metadata).data() }

  private static func headAndFoot(
    _ page: PageFlow.Page, number: Int, title: String, style: PageStyle
  ) throws -> [SceneItem] {
    guard let head = page.head else { return [] }
    let area = style.area
    let look = PageFlow.TextStyle(font: style.text(8.5), color: style.quiet, leading: 10)
    let half = area.width / 2 - 12
    let left = try PageFlow.line(title, font: look.font, width: half)
    let right = try PageFlow.line(head, font: look.font, width: half)
    let digits = try PageFlow.line(String(number), font: look.font, width: half)
    let y = style.top - 30
    let foot = style.paper.size.height - style.bottom + 22
    return [
      .structure(.paragraph, [PageFlow.run(left.text, look, at: Point(area.x, y))]),
      .structure(.paragraph, [PageFlow.run(right.text, look, at: Point(area.maxX - right.width, y))]),
      .path(
        Path([.move(Point(area.x, y + 14)), .line(Point(area.maxX, y + 14))]), fill: nil,
        stroke: Stroke(style.rule, width: 0.5)),
      .structure(.paragraph, [PageFlow.run(digits.text, look, at: Point(area.maxX - digits.width, foot))]),
    ]
  }
}
