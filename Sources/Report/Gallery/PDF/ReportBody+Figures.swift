import Plot
import Words

extension ReportBody {
  /// A comparison of a section, from the current height on, over as many pages as it needs.
  ///
  /// All its figures go on the rest of the page if they can be read there; else as many rows as fit. A page that is less than
  /// half full is never left: the next row is reduced to the room that is left.
  /// - Parameter whole: Whether the first row must fit at the size of the others; then nothing more is drawn if it does not.
  /// - Returns: Whether the first row is on the page where it began.
  @discardableResult
  mutating func addRows(of section: GalleryLayout.Section, _ index: Int, whole: Bool = false) throws -> Bool {
    let comparison = section.comparisons[index]
    let title = VisibleText.inline(comparison.title)
    let panels = try comparison.panels.map { try panel($0) }
    let metrics = try panels.map { panel in
      FigureRows.Panel(figure: try panel.size(), smallestText: panel.smallestText) {
        try panel.textHeight($0, scale: $1)
      }
    }
    let floor = FigureRows.floor(metrics)
    let headingHeight =
      Double(try PageFlow.lines(title, font: heading.font, width: flow.area.width).count) * heading.leading + 4
    var next = 0
    while next < panels.count {
      let isFirst = next == 0
      let own = Array(metrics[next...])
      let space = flow.isAtTop ? 0 : isFirst ? 14 : FigureRows.gap
      let room = flow.remaining - space - (isFirst ? headingHeight : 0)
      var rows = try FigureRows.fitting(own, height: room, floor: floor, style: style)
      if rows == nil {
        var some = try FigureRows.arranged(own, style: style)
        let first = some.rows.first?.slots.map { own[$0.panel] } ?? []
        some.keep(within: room)
        if !some.rows.isEmpty {
          rows = some
        } else if let reduced = try FigureRows.fitting(first, height: room, floor: floor, style: style) {
          rows = reduced
        } else if whole, isFirst {
          return false
        } else if flow.isHalfFull {
          flow.newPage()
          continue
        } else {
          rows = try FigureRows.fitting(first, height: room, floor: 0.01, style: style)
        }
      }
      guard let rows else {
        // The words alone do not fit: they get a page, where they may reach into the foot.
        guard flow.isAtTop else {
          flow.newPage()
          continue
        }
        next = try draw(FigureRows.arranged([own[0]], style: style, limit: 0.01), panels, from: next)
        continue
      }
      flow.skip(space)
      if isFirst {
        enter(title, "_\(section.subject.word)-\(section.number)-\(index + 1)", level: 1)
        try flow.paragraph(title, heading)
        flow.skip(4)
      }
      next = try draw(rows, panels, from: next)
    }
    return true
  }

  /// Draws rows whose panels are counted from `first`, and returns the number of the next panel.
  private mutating func draw(_ rows: FigureRows, _ panels: [ReportPanel], from first: Int) throws -> Int {
    var next = first
    for (index, row) in rows.rows.enumerated() {
      if index > 0 { flow.skip(FigureRows.gap) }
      for slot in row.slots {
        let panel = panels[first + slot.panel]
        if case .scene(_, let figure) = panel.content { enter(panel.model, at: figure) }
        flow.draw(
          try panel.items(
            in: Rect(flow.area.x + slot.x, flow.y, slot.width, row.height), scale: rows.scale))
        next += 1
      }
      flow.skip(row.height)
    }
    return next
  }

  /// The figure, or the message in its place.
  private mutating func panel(_ panel: GalleryLayout.Panel) throws -> ReportPanel {
    switch panel {
    case .failure(let failure):
      return ReportPanel(
        model: VisibleText.inline(failure.model), content: .message(VisibleText.inline(failure.message)), caption: "",
        style: style)
    case .figure(let figure):
      guard let scene = content.scenes[figure.id] else {
        throw Diagnostic(
          place: "report.pdf", "figure '\(figure.id)' has no scene to draw", category: .internalFault)
      }
      figures += 1
      let caption = content.details[figure.id]?.float.caption ?? figure.caption
      return ReportPanel(
        model: VisibleText.inline(figure.model), content: .scene(scene, destination: figure.id),
        caption: "Figure \(figures). \(VisibleText.inline(caption))", style: style)
    }
  }
}
