import Plot

/// The table of contents: titles, dots, page numbers; each line is a link.
enum ContentsPages {
  static let destination = "_contents"

  /// The pages; `firstPage` is the number of the body's first page.
  static func pages(_ entries: [PagedReport.Entry], firstPage: Int, style: PageStyle) throws -> [PageFlow.Page] {
    var flow = PageFlow(style: style)
    flow.head = "Contents"
    flow.newPage()
    flow.destination(destination)
    try flow.paragraph("Contents", .init(font: style.text(20), color: style.ink, leading: 28, tag: .heading1))
    flow.skip(10)
    try list(entries, firstPage: firstPage, in: &flow)
    return flow.pages
  }

  /// Puts the parts alone below what stands on the current page; false, and nothing is drawn, where they do not fit.
  static func addParts(_ entries: [PagedReport.Entry], firstPage: Int, to flow: inout PageFlow) throws -> Bool {
    let parts = entries.filter { $0.level == 0 }
    guard flow.remaining >= 24 + briefLeading * Double(parts.count) else { return false }
    flow.destination(destination)
    try flow.paragraph(
      "Contents", .init(font: flow.style.text(14), color: flow.style.ink, leading: 20, tag: .heading2))
    try list(parts, firstPage: firstPage, isBrief: true, in: &flow)
    return true
  }

  private static let briefLeading = 15.0

  private static func list(
    _ entries: [PagedReport.Entry], firstPage: Int, isBrief: Bool = false, in flow: inout PageFlow
  ) throws {
    let style = flow.style
    for entry in entries {
      let isPart = entry.level == 0
      if isPart, !isBrief { flow.skip(7) }
      let look = PageFlow.TextStyle(
        font: style.text(isPart && !isBrief ? 11.5 : 10), color: isPart ? style.ink : style.quiet,
        leading: isBrief ? briefLeading : isPart ? 17 : 14)
      if flow.remaining < look.leading + (isPart ? 14 : 0) { flow.newPage() }
      let area = flow.area
      let indent = isPart ? 0.0 : 16.0
      let number = try PageFlow.line(String(firstPage + entry.page), font: look.font, width: 48)
      let numberX = area.maxX - number.width
      let title = try PageFlow.line(entry.title, font: look.font, width: area.width - indent - 48)
      let titleEnd = area.x + indent + title.width
      let baseline = flow.y + look.leading / 2 + look.font.size * 0.34
      let line: [SceneItem] = [
        PageFlow.run(title.text, look, at: Point(area.x + indent, flow.y)),
        PageFlow.run(number.text, look, at: Point(numberX, flow.y)),
        .link(Rect(area.x, flow.y, area.width, look.leading), .destination(entry.destination)),
      ]
      flow.draw([.structure(.contentsEntry, line)])
      if numberX - titleEnd > 16 {
        let dots = Path([.move(Point(titleEnd + 6, baseline)), .line(Point(numberX - 6, baseline))])
        flow.draw([.path(dots, fill: nil, stroke: Stroke(style.rule, width: 0.75, dash: [0.75, 3]))])
      }
      flow.skip(look.leading)
    }
  }
}
