import Plot
import Words

/// The first page: title, models, and the program and spec that the report was made from.
enum TitlePage {
  /// The page; it has no running head.
  static func page(_ manifest: GalleryManifest, style: PageStyle) throws -> PageFlow.Page {
    var flow = PageFlow(style: style)
    flow.newPage()
    flow.y = style.paper.size.height * 0.2
    try flow.paragraph(
      VisibleText.inline(manifest.title),
      .init(font: style.serif(32), color: style.ink, leading: 38, tag: .heading1), width: flow.area.width)
    flow.skip(14)
    try flow.paragraph(
      VisibleText.inline(Wording.lead(manifest)), .init(font: style.serif(13), color: style.quiet, leading: 19),
      width: min(flow.area.width, 400))
    flow.skip(10)
    try flow.paragraph(
      Wording.counts(manifest).joined(separator: "  ·  "), .init(font: style.sans(9.5), color: style.ink, leading: 14))
    flow.skip(48)
    try table(manifest.models, in: &flow)

    let foot = PageFlow.TextStyle(font: style.sans(8), color: style.quiet, leading: 12)
    let hash = PageFlow.TextStyle(font: style.mono(7), color: style.quiet, leading: 12)
    if flow.remaining > 40 { flow.y = flow.area.maxY - 24 }
    try flow.paragraph("Made with \(VisibleText.inline(manifest.tool)). SHA-256 of the spec:", foot)
    try flow.paragraph(VisibleText.inline(manifest.specSHA256), hash)
    return flow.pages[0]
  }

  /// A row per model under hairlines; models that do not fit are counted.
  private static func table(_ models: [GalleryManifest.Model], in flow: inout PageFlow) throws {
    guard !models.isEmpty else { return }
    let style = flow.style
    let label = PageFlow.TextStyle(font: style.sans(7.5), color: style.quiet, leading: 12)
    let cell = PageFlow.TextStyle(font: style.sans(9), color: style.ink, leading: 13)
    let name = PageFlow.TextStyle(font: style.serif(11), color: style.ink, leading: 13)
    let columns: [(title: String, x: Double, width: Double)] = [
      ("Model", 0, 142), ("Family", 150, 56), ("Layers", 212, 38), ("Width", 256, 38), ("Vocabulary", 300, 56),
      ("Weights", 362, 44), ("Licence", 412, flow.area.width - 412),
    ]
    let area = flow.area
    let top = flow.y
    flow.draw([
      .structure(.paragraph, columns.map { PageFlow.run($0.title, label, at: Point(area.x + $0.x, top)) })
    ])
    flow.skip(16)
    for (index, model) in models.enumerated() {
      let texts = [
        model.name, model.architecture, Wording.grouped(model.layers), Wording.grouped(model.width),
        Wording.grouped(model.vocabulary), model.weights, model.license ?? "not stated",
      ]
      let looks = columns.indices.map { $0 == 0 ? name : cell }
      let lines = try zip(zip(texts, columns), looks).map { pair, look in
        try PageFlow.lines(VisibleText.inline(pair.0), font: look.font, width: pair.1.width)
      }
      let height = Double(lines.map(\.count).max() ?? 1) * 13 + 9
      if flow.remaining < height + 60 {
        try flow.paragraph("and \(Wording.count(models.count - index, "more model"))", label)
        return
      }
      flow.hairline()
      let y = flow.y + 5
      let runs = lines.indices.flatMap { column in
        lines[column].enumerated().map { row, line in
          PageFlow.run(line, looks[column], at: Point(area.x + columns[column].x, y + Double(row) * 13))
        }
      }
      flow.draw([.structure(.paragraph, runs)])
      flow.skip(height)
    }
    flow.hairline()
  }
}
