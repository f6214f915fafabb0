import Foundation

extension OutputFormat {
  /// Vector SVG, text as outlines or as text.
  ///
  /// Outlines look the same with any fonts of the reader; text can be selected and edited.
  static let svg = OutputFormat(name: "svg", fileExtension: "svg") { scene, options in
    let size = scene.size
    guard size.width.isFinite, size.height.isFinite, size.width > 0, size.height > 0 else {
      throw PlotError.badSize(width: size.width, height: size.height, limit: CairoSurface.longestPageSide)
    }
    // The table is always made, because it also finds missing fonts and glyphs.
    let glyphs = try PangoEngine.withEngine { try GlyphTable(scene.items, engine: $0) }
    var writer = SVGWriter(prefix: options.idPrefix, glyphs: options.textStaysText ? nil : glyphs)
    let text = try writer.document(
      scene, background: options.background ?? .white, metadata: options.metadata(for: scene))
    return Data(text.utf8)
  }
}

/// Writes a scene as SVG.
///
/// Glyphs are defined once and used many times; ids are numbered in order of appearance.
private struct SVGWriter {
  let prefix: String
  /// nil for text as text.
  let glyphs: GlyphTable?
  /// Runs of text written so far.
  private var runs = 0
  private var body = ""

  init(prefix: String, glyphs: GlyphTable?) {
    self.prefix = prefix
    self.glyphs = glyphs
  }

  mutating func document(_ scene: Scene, background: Color, metadata: DocumentMetadata) throws -> String {
    let (width, height) = (Decimal3.text(scene.size.width), Decimal3.text(scene.size.height))
    body += "<rect width=\"\(width)\" height=\"\(height)\"\(paint("fill", background))/>\n"
    try write(scene.items)
    let labels = [metadata.title.isEmpty ? nil : "\(prefix)-title", metadata.subject.isEmpty ? nil : "\(prefix)-desc"]
      .compactMap(\.self).joined(separator: " ")
    var head = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)pt\" height=\"\(height)pt\""
    head += " viewBox=\"0 0 \(width) \(height)\" role=\"img\""
    if !labels.isEmpty { head += " aria-labelledby=\"\(labels)\"" }
    head += ">\n"
    if !metadata.title.isEmpty { head += "<title id=\"\(prefix)-title\">\(XMLText.escaped(metadata.title))</title>\n" }
    if !metadata.subject.isEmpty { head += "<desc id=\"\(prefix)-desc\">\(XMLText.escaped(metadata.subject))</desc>\n" }
    if let glyphs, !glyphs.outlines.isEmpty {
      let definitions = glyphs.outlines.map { "<path id=\"\(prefix)-g\($0.number)\" d=\"\($0.path)\"/>\n" }.joined()
      head += "<defs>\n\(definitions)</defs>\n"
    }
    return head + body + "</svg>\n"
  }

  private mutating func write(_ items: [SceneItem]) throws {
    for item in items { try write(item) }
  }

  private mutating func write(_ item: SceneItem) throws {
    switch item {
    case .rectangle(let rect, let fill, let stroke, let radius):
      let round = radius > 0 ? " rx=\"\(try number(min(radius, rect.width / 2, rect.height / 2)))\"" : ""
      body += "<rect x=\"\(try number(rect.x))\" y=\"\(try number(rect.y))\" width=\"\(try number(rect.width))\""
      body += " height=\"\(try number(rect.height))\"\(round)\(style(fill, stroke))/>\n"
    case .path(let path, let fill, let stroke):
      body += "<path d=\"\(try path.segments.map(pathData).joined())\"\(style(fill, stroke))/>\n"
    case .text(let run): try write(run)
    case .group(let offset, let scale, let items):
      let factor = scale == 1 ? "" : " scale(\(try number(scale)))"
      body += "<g transform=\"translate(\(try number(offset.x)) \(try number(offset.y)))\(factor)\">\n"
      try write(items)
      body += "</g>\n"
    case .link(let rect, .uri(let uri)):
      body += "<a href=\"\(XMLText.escaped(uri))\"><rect x=\"\(try number(rect.x))\" y=\"\(try number(rect.y))\""
      body += " width=\"\(try number(rect.width))\" height=\"\(try number(rect.height))\" fill=\"none\""
      body += " pointer-events=\"all\"/></a>\n"
    case .picture, .link(_, .destination), .destination: break
    case .structure(_, let items): try write(items)
    }
  }

  /// A text with its measured width, even if another font replaces its own.
  private mutating func writeText(_ run: TextRun) throws {
    let place = "translate(\(try number(run.origin.x)) \(try number(run.origin.y)))"
    let turn = run.rotation == 0 ? "" : " rotate(\(try number(run.rotation)))"
    let width = try TextMeasurer.extent(run.text, font: run.font).width
    var style = " font-family=\"\(families(run.font.family))\" font-size=\"\(try number(run.font.size))\""
    if run.font.bold { style += " font-weight=\"bold\"" }
    if run.font.italic { style += " font-style=\"italic\"" }
    let length = width > 0 ? " textLength=\"\(try number(width))\" lengthAdjust=\"spacingAndGlyphs\"" : ""
    body += "<text xml:space=\"preserve\" transform=\"\(place)\(turn)\"\(style)\(length)\(paint("fill", run.color))>"
    body += "\(XMLText.escaped(run.text))</text>\n"
  }

  /// The family, then similar ones on other machines.
  private func families(_ family: String) -> String {
    let others =
      switch family {
      case "TeX Gyre Heros": "Helvetica, Arial, sans-serif"
      case "TeX Gyre Termes": "'Times New Roman', Times, serif"
      case "DejaVu Sans Mono": "Menlo, Consolas, monospace"
      default: "sans-serif"
      }
    return XMLText.escaped("'\(family)', \(others)")
  }

  private mutating func write(_ run: TextRun) throws {
    guard let glyphs else { return try writeText(run) }
    var uses = ""
    for use in glyphs.runs[runs] {
      uses += "<use href=\"#\(prefix)-g\(use.number)\" x=\"\(try number(use.x))\""
      uses += (use.y == 0 ? "" : " y=\"\(try number(use.y))\"") + "/>"
    }
    runs += 1
    guard !uses.isEmpty else { return }
    let turn = run.rotation == 0 ? "" : " rotate(\(try number(run.rotation)))"
    let place = "translate(\(try number(run.origin.x)) \(try number(run.origin.y)))\(turn)"
    body += "<g transform=\"\(place)\"\(paint("fill", run.color))>\(uses)</g>\n"
  }

  private func pathData(_ segment: Path.Segment) throws -> String {
    func pair(_ p: Point) throws -> String { "\(try number(p.x)) \(try number(p.y))" }
    return switch segment {
    case .move(let p): "M" + (try pair(p))
    case .line(let p): "L" + (try pair(p))
    case .curve(let a, let b, let p): "C\(try pair(a)) \(try pair(b)) \(try pair(p))"
    case .close: "Z"
    }
  }

  private func style(_ fill: Color?, _ stroke: Stroke?) -> String {
    var text = fill.map { paint("fill", $0) } ?? " fill=\"none\""
    if let stroke {
      text += paint("stroke", stroke.color) + " stroke-width=\"\(Decimal3.text(stroke.width))\""
      if !stroke.dash.isEmpty {
        text += " stroke-dasharray=\"\(stroke.dash.map(Decimal3.text).joined(separator: " "))\""
      }
    }
    return text
  }

  private func paint(_ attribute: String, _ color: Color) -> String {
    let digits: StaticString = "0123456789abcdef"
    let hex = String(unsafeUninitializedCapacity: 6) { bytes in
      for (place, channel) in [color.red, color.green, color.blue].enumerated() {
        let value = Int((min(max(channel, 0), 1) * 255).rounded())
        bytes[2 * place] = digits.utf8Start[value >> 4]
        bytes[2 * place + 1] = digits.utf8Start[value & 15]
      }
      return 6
    }
    let opacity = color.alpha < 1 ? " \(attribute)-opacity=\"\(Decimal3.text(color.alpha))\"" : ""
    return " \(attribute)=\"#\(hex)\"" + opacity
  }

  private func number(_ value: Double) throws -> String {
    guard value.isFinite else { throw PlotError.notFinite(what: "a coordinate") }
    return Decimal3.text(value)
  }
}
