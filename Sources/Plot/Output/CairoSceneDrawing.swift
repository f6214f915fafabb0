/// Draws a scene's items on a Cairo surface, in order and at their positions.
struct CairoSceneDrawing {
  let surface: CairoSurface
  let engine: PangoEngine
  /// Whether a structure element is open; Cairo damages the file when a link has none around it.
  private var insideStructure = false

  init(surface: CairoSurface, engine: PangoEngine) {
    self.surface = surface
    self.engine = engine
  }

  /// Draws items back to front.
  func draw(_ items: [SceneItem]) throws {
    for item in items { try draw(item) }
  }

  private func draw(_ item: SceneItem) throws {
    switch item {
    case .rectangle(let rect, let fill, let stroke, let radius):
      guard [rect.x, rect.y, rect.width, rect.height].allSatisfy(\.isFinite) else {
        throw PlotError.notFinite(what: "a side of a rectangle")
      }
      surface.add(rect, cornerRadius: radius)
      surface.draw(fill: fill, stroke: stroke)
    case .path(let path, let fill, let stroke):
      surface.add(path)
      surface.draw(fill: fill, stroke: stroke)
    case .text(let run):
      let line = try engine.verifiedLine(run)
      surface.saved {
        surface.translate(run.origin)
        if run.rotation != 0 { surface.rotate(run.rotation) }
        surface.show(line, color: run.color, outlined: run.isOutlined, with: engine)
      }
    case .group(let offset, let scale, let items):
      try surface.saved {
        surface.translate(offset)
        surface.scale(scale)
        try draw(items)
      }
    case .picture(let picture, let rect): try picture.draw(on: surface, in: rect)
    case .link(let rect, let target):
      guard surface.isDocument else { return }
      if insideStructure {
        surface.link(rect, to: target)
      } else {
        surface.tagged(StructureTag.paragraph.name) { surface.link(rect, to: target) }
      }
    case .destination(let name, let point):
      if surface.isDocument { surface.destination(name, at: point) }
    case .structure(let tag, let items):
      guard surface.isDocument else { return try draw(items) }
      try surface.tagged(tag.name) { try drawStructured(items) }
    }
  }

  /// Only leaf elements of the structure hold content, so drawing beside a link or an inner element gets a Span of its own.
  private func drawStructured(_ items: [SceneItem]) throws {
    var inner = self
    inner.insideStructure = true
    guard items.contains(where: \.opensElement) else { return try inner.draw(items) }
    var pending: [SceneItem] = []
    func flush() throws {
      guard !pending.isEmpty else { return }
      try surface.tagged("Span") { try inner.draw(pending) }
      pending = []
    }
    for item in items {
      if item.opensElement {
        try flush()
        try inner.draw(item)
      } else {
        pending.append(item)
      }
    }
    try flush()
  }
}

extension SceneItem {
  /// Whether drawing the item opens a tag.
  fileprivate var opensElement: Bool {
    switch self {
    case .link, .structure, .destination: true
    case .group(_, _, let items): items.contains(where: \.opensElement)
    case .rectangle, .path, .picture, .text: false
    }
  }
}

extension PangoEngine {
  /// The shaped line of a run whose family is installed and whose every character has a glyph.
  func verifiedLine(_ run: TextRun) throws -> Shaped {
    try require(run.font)
    guard run.origin.x.isFinite, run.origin.y.isFinite else {
      throw PlotError.notFinite(what: "the place of '\(run.text)'")
    }
    let line = try shape(run.text, run.font)
    guard line.unknownGlyphs > 0 else { return line }
    let missing = try run.text.unicodeScalars.filter { try shape(String($0), run.font).unknownGlyphs > 0 }
    throw PlotError.missingGlyph(
      text: run.text, characters: missing.map { "U+" + String($0.value, radix: 16, uppercase: true) },
      family: run.font.family)
  }
}
