import Foundation

/// An entry of a PDF's outline (bookmarks).
public struct OutlineEntry: Equatable, Sendable {
  /// Its title.
  public var title: String
  /// Name of a `SceneItem.destination` on some page.
  public var destination: String
  /// 0 for the top level; an entry belongs to the nearest earlier one of a lower level.
  public var level: Int
  /// An entry.
  public init(title: String, destination: String, level: Int) {
    self.title = title
    self.destination = destination
    self.level = level
  }
}

/// A PDF of several pages, of any sizes, with links, destinations, an outline, structure tags and metadata.
public struct PDFDocument: Sendable {
  /// In reading order, each of its own size.
  public var pages: [Scene]
  /// Bookmarks, in reading order.
  public var outline: [OutlineEntry]
  /// The file's metadata.
  public var metadata: DocumentMetadata

  /// A document.
  public init(pages: [Scene], outline: [OutlineEntry], metadata: DocumentMetadata) {
    self.pages = pages
    self.outline = outline
    self.metadata = metadata
  }

  /// The file's bytes: the same for the same pages, fonts and libraries.
  ///
  /// - Throws: `PlotError` for no pages, a bad page size, a missing font or glyph, a destination defined twice, or a link
  ///   to none.
  public func data() throws -> Data {
    guard let first = pages.first else { throw PlotError.badFigure("a document needs at least one page, found none") }
    try checkDestinations()
    return try PangoEngine.withEngine { engine in
      let surface = try CairoSurface.pdf(firstPage: first.size)
      surface.setMetadata(metadata)
      let drawing = CairoSceneDrawing(surface: surface, engine: engine)
      // One element around all content: it marks the file as tagged, and may span pages.
      try surface.tagged("Document") {
        for (index, page) in pages.enumerated() {
          // Setting the size discards what is recorded so far, and on the first page that is the element's beginning.
          if index > 0 { try surface.setPageSize(page.size) }
          try drawing.draw(page.items)
          surface.showPage()
          try surface.verify("drawing '\(page.title)'")
        }
      }
      addOutline(to: surface)
      return try PDFAmendment(
        metadata: metadata, figures: figureTexts, links: linkTexts
      ).applied(to: try surface.pdfData())
    }
  }

  /// Alternative texts of figures, in drawing order.
  private var figureTexts: [String] {
    var texts: [String] = []
    func walk(_ items: [SceneItem]) {
      for item in items {
        switch item {
        case .structure(.figure(let alt), let inner):
          texts.append(alt)
          walk(inner)
        case .structure(_, let inner), .group(_, _, let inner): walk(inner)
        case .rectangle, .path, .picture, .text, .link, .destination: break
        }
      }
    }
    for page in pages { walk(page.items) }
    return texts
  }

  /// Descriptions of links' targets, in drawing order.
  private var linkTexts: [String] {
    let titles = Dictionary(outline.map { ($0.destination, $0.title) }) { first, _ in first }
    var texts: [String] = []
    func walk(_ items: [SceneItem]) {
      for item in items {
        switch item {
        case .link(_, .uri(let uri)): texts.append(uri)
        case .link(_, .destination(let name)): texts.append("Go to \(titles[name] ?? name)")
        case .structure(_, let inner), .group(_, _, let inner): walk(inner)
        case .rectangle, .path, .picture, .text, .destination: break
        }
      }
    }
    for page in pages { walk(page.items) }
    return texts
  }

  private func addOutline(to surface: CairoSurface) {
    var open: [(level: Int, number: Int32)] = []
    for entry in outline {
      while let last = open.last, last.level >= entry.level { open.removeLast() }
      let number = surface.addOutline(entry.title, destination: entry.destination, parent: open.last?.number ?? 0)
      open.append((entry.level, number))
    }
  }

  private func checkDestinations() throws {
    var names: Set<String> = []
    var wanted: [String] = outline.map(\.destination)
    func walk(_ items: [SceneItem]) throws {
      for item in items {
        switch item {
        case .destination(let name, _):
          guard names.insert(name).inserted else { throw PlotError.duplicateDestination(name) }
        case .link(_, .destination(let name)): wanted.append(name)
        case .group(_, _, let inner), .structure(_, let inner): try walk(inner)
        case .rectangle, .path, .picture, .text, .link(_, .uri): break
        }
      }
    }
    for page in pages { try walk(page.items) }
    if let unknown = wanted.first(where: { !names.contains($0) }) { throw PlotError.unknownDestination(unknown) }
  }
}
