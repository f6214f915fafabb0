import Plot
import Words

extension ReportBody {
  /// Figures that are laid out lower to fit a page keep at least this share of their height.
  private static let lowest = 0.7
  /// The same where the page would otherwise be less than half full.
  private static let lowestOfAll = 0.45
  /// Figures that are lower than this are not laid out lower still.
  private static let leastHeight = 120.0

  /// A comparison of a section, from the current height on, over as many pages as it needs.
  ///
  /// All its figures go on the rest of the page if they can be read there, laid out lower if necessary; else as many rows as
  /// fit. A figure whose text would get too small is never reduced: it is laid out again, or begins the next page.
  /// - Parameters:
  ///   - whole: Whether the first row must fit at the size of the others; then nothing more is drawn if it does not.
  ///   - filling: Whether the page would be less than half full without it, so that it may be smaller than others.
  /// - Returns: Whether the first row is on the page where it began.
  @discardableResult
  mutating func addRows(of section: GalleryLayout.Section, _ index: Int, whole: Bool = false, filling: Bool = false)
    throws -> Bool
  {
    let comparison = section.comparisons[index]
    let title = VisibleText.inline(comparison.title)
    var panels = try beside(comparison.panels.map { try panel($0) })
    let headingHeight =
      Double(try PageFlow.lines(title, font: heading.font, width: flow.area.width).count) * heading.leading + 4
    var next = 0
    while next < panels.count {
      let isFirst = next == 0
      let own = Array(panels[next...])
      let space = flow.isAtTop ? 0 : isFirst ? 14 : FigureRows.gap
      let room = flow.remaining - space - (isFirst ? headingHeight : 0)
      var found = try reduced(own, room: room)
      if found == nil { found = try lowered(own, room: room, least: Self.lowest) }
      if found == nil {
        var some = try FigureRows.arranged(metrics(own), style: style)
        let first = Array(own.prefix(some.rows.first?.slots.count ?? 1))
        some.keep(within: room)
        if !some.rows.isEmpty {
          found = (some, own)
        } else if let fitting = try reduced(first, room: room) ?? lowered(first, room: room, least: Self.lowest) {
          found = fitting
        } else if whole, isFirst, !filling || !first.allSatisfy(\.fitsAnyRoom) {
          return false
        } else if !flow.isAtTop, flow.isHalfFull, !(isFirst && filling) {
          flow.newPage()
          continue
        } else {
          found = try lowered(first, room: room, least: Self.lowestOfAll)
          // On an empty page each figure may have the whole width.
          let last = flow.isAtTop ? Array(own.prefix(1)) : first
          if found == nil, last.count < first.count {
            found = try reduced(last, room: room) ?? lowered(last, room: room, least: Self.lowestOfAll)
          }
          // The last resort: whatever is higher than a page, and figures without text, which fill the page's rest.
          if found == nil, flow.isAtTop || last.allSatisfy(\.fitsAnyRoom),
            let rows = try FigureRows.fitting(metrics(last), height: room, floor: 0.01, style: style)
          {
            found = (rows, last)
          }
        }
      }
      guard let (rows, drawn) = found else {
        // The words alone do not fit: they get a page, where they may reach into the foot.
        guard flow.isAtTop else {
          flow.newPage()
          continue
        }
        next = try draw(FigureRows.arranged(metrics([own[0]]), style: style, limit: 0.01), panels, from: next)
        continue
      }
      panels.replaceSubrange(next..<next + drawn.count, with: drawn)
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

  private typealias Fitting = (rows: FigureRows, panels: [ReportPanel])

  private func metrics(_ panels: [ReportPanel]) throws -> [FigureRows.Panel] {
    try panels.map { panel in
      FigureRows.Panel(figure: try panel.size(), smallestText: panel.smallestText) {
        try panel.textHeight($0, scale: $1)
      }
    }
  }

  /// All panels within a height, reduced as far as their text allows.
  private func reduced(_ panels: [ReportPanel], room: Double) throws -> Fitting? {
    let own = try metrics(panels)
    return try FigureRows.fitting(own, height: room, floor: FigureRows.floor(own), style: style).map { ($0, panels) }
  }

  /// All panels within a height, the tall ones laid out again with less height, all by the same share.
  /// - Parameter least: The least share of the height that they keep.
  private func lowered(_ panels: [ReportPanel], room: Double, least: Double) throws -> Fitting? {
    let whole = try FigureRows.arranged(metrics(panels), style: style)
    let excess = whole.height - room
    let heights = try panels.map { try $0.size().height * whole.scale }
    let isTall = zip(panels, heights).map { $0.redraw != nil && $1 > Self.leastHeight }
    // What a row can give is what its tallest figure gives.
    let tall = whole.rows.reduce(0) { sum, row in
      sum + (row.slots.filter { isTall[$0.panel] }.map { heights[$0.panel] }.max() ?? 0)
    }
    // The note below a new layout needs a line.
    let lines = 11 * Double(whole.rows.count)
    let share = (tall - excess - lines) / tall
    guard excess > 0, tall > 0, share >= least else { return nil }
    var lower = panels
    for index in panels.indices where isTall[index] {
      guard let panel = try again(panels[index], Size(try panels[index].size().width, heights[index] * share)) else {
        return nil
      }
      lower[index] = panel
    }
    let rows = try FigureRows.arranged(metrics(lower), style: style)
    return rows.height <= room ? (rows, lower) : nil
  }

  /// Charts of several models laid out for half of the text's width, so that two stand side by side.
  ///
  /// All stay as they are when one has rows of cells, whose texts need their width, or when one would show less: its caption
  /// says so.
  private func beside(_ panels: [ReportPanel]) throws -> [ReportPanel] {
    guard panels.count > 1, try FigureRows.arranged(metrics(panels), style: style).rows.first?.slots.count == 1 else {
      return panels
    }
    let width = (flow.area.width - FigureRows.gap) / 2
    var narrow: [ReportPanel] = []
    for panel in panels {
      guard case .scene(let scene, _) = panel.content, scene.grids.allSatisfy({ $0.rows.count == 1 }),
        let other = try again(panel, Size(width, scene.size.height)), other.caption == panel.caption,
        try other.size().width <= width + 0.001, try other.size().height <= scene.size.height * 1.15
      else { return panels }
      narrow.append(other)
    }
    return narrow
  }

  /// A panel laid out within a size, which can be laid out once more; nil when the figure cannot be drawn so small.
  private func again(_ panel: ReportPanel, _ size: Size) throws -> ReportPanel? {
    do {
      var other = try panel.redraw?(size)
      other?.redraw = panel.redraw
      return other
    } catch is PlotError {
      return nil
    }
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

  /// The figure, or the message in its place; a figure that is wider than the text is laid out again at its width.
  private mutating func panel(_ panel: GalleryLayout.Panel) throws -> ReportPanel {
    switch panel {
    case .failure(let failure):
      return ReportPanel(
        model: VisibleText.inline(failure.model),
        content: .message(heading: failure.heading, VisibleText.inline(failure.message)), caption: "", style: style)
    case .figure(let figure):
      guard let scene = content.scenes[figure.id] else {
        throw Diagnostic(
          place: "report.pdf", "figure '\(figure.id)' has no scene to draw", category: .internalFault)
      }
      figures += 1
      let (number, style) = (figures, style)
      let caption = content.details[figure.id]?.float.caption ?? figure.caption
      var panel = ReportPanel(
        model: VisibleText.inline(figure.model), content: .scene(scene, destination: figure.id),
        caption: "Figure \(number). \(VisibleText.inline(caption))", style: style)
      if let redraw = content.details[figure.id]?.redraw {
        let original = panel
        panel.redraw = { size in
          let drawn = try redraw(size)
          var other = original
          other.content = .scene(drawn.scene, destination: figure.id)
          other.caption = "Figure \(number). \(VisibleText.inline(drawn.briefCaption))"
          other.fileSize = scene.size
          return other
        }
      }
      guard scene.size.width > flow.area.width else { return panel }
      let size = Size(flow.area.width, min(scene.size.height, flow.area.height * 0.8))
      guard let narrower = try again(panel, size), try narrower.size().width <= flow.area.width + 0.001 else {
        return panel
      }
      return narrower
    }
  }
}
