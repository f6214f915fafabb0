/// Lays out a text of tinted tokens in lines, with the colour bar beside it.
struct TokensLayout {
  let figure: Figure
  let marks: TokenMarks
  let theme: Theme
  let top: Double

  private static let padding = 1.4
  private static let gap = 0.6
  private static let lineGap = 1.6
  private static let tallestBar = 90.0

  /// The position of a token, from the left end of the lines and the top of the first.
  private struct Placed {
    var text: MeasuredText
    var token: TokenMarks.Token
    var rect: Rect
  }

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let font = theme.tokenFont(size: theme.tokenSize + 0.5)
    let metrics = try TextMeasurer.metrics(font)
    let height = metrics.ascent + metrics.descent + 2
    // The bar's own width depends on its height a little, through the number of lines of its title.
    let aside = try figure.colorBar.map {
      try ColorBarGuide($0, besidePanelOfHeight: ColorBarGuide.shortest, theme: theme).width + theme.blockGap
    }
    let names = try SpanNames(marks.spans, theme: theme)
    let width = theme.width - 2 * theme.margin - (aside ?? 0) - names.width
    let all = try place(font, height: height, width: width)
    // A text longer than a page ends with the number of tokens left out.
    let step = height + Self.lineGap
    let lines = max(2, Int((theme.height - top - 2 * theme.margin + Self.lineGap) / step))
    let isCut = (all.last?.rect.y ?? 0) > Double(lines - 1) * step + 1e-6
    let placed = isCut ? all.filter { $0.rect.y < Double(lines - 1) * step - 1e-6 } : all
    let origin = Point(theme.margin + names.width, top + theme.margin)
    for item in placed {
      let rect = Rect(origin.x + item.rect.x, origin.y + item.rect.y, item.rect.width, item.rect.height)
      let fill = item.token.value.map { marks.scale.color(of: $0) } ?? .white
      drawing.box(
        rect, fill: fill, stroke: item.token.value == nil ? Stroke(theme.faint, width: 0.5) : nil, cornerRadius: 1)
      if item.token.isMarked {
        drawing.frame(rect, inset: 0.6, Stroke(fill.ink, width: max(0.45, theme.thinnestStroke)))
      }
      let ink =
        item.token.value == nil ? theme.softInk : item.token.label.isMuted ? fill.mutedInk : fill.ink
      drawing.text(item.text, color: ink, centeredOn: Point(rect.midX, rect.midY))
    }
    for line in Dictionary(grouping: placed, by: \.rect.y).sorted(by: { $0.key < $1.key }) {
      drawing.note(
        CellGrid(
          columns: line.value.map { origin.x + $0.rect.x...origin.x + $0.rect.maxX },
          rows: [origin.y + line.key...origin.y + line.key + height]))
    }
    let right = origin.x + (placed.map(\.rect.maxX).max() ?? 0)
    let starts = placed.map { Rect(origin.x + $0.rect.x, origin.y + $0.rect.y, $0.rect.width, height) }
    try names.draw(into: &drawing, starts: starts, right: right, lineGap: Self.lineGap)
    var bottom = origin.y + (placed.map(\.rect.maxY).max() ?? 0)
    if isCut {
      drawing.drawn.tokensLeftOut = all.count - placed.count
      let rest = "… and \(CountFormat.full(all.count - placed.count)) more tokens"
      try drawing.text(
        rest, font: theme.tickFont(), color: theme.softInk,
        at: Point(origin.x + Self.padding, bottom + Self.lineGap + height / 2), .left, .middle)
      bottom += step
    }
    var size = Size(right + theme.margin, bottom + theme.margin)
    if let bar = figure.colorBar {
      let guide = try ColorBarGuide(
        bar, besidePanelOfHeight: min(bottom - origin.y, Self.tallestBar), theme: theme)
      // Half a line of the labels at its ends stands above and hangs below the strip.
      let corner = Point(right + theme.blockGap, origin.y + theme.tickSize / 2)
      try guide.draw(into: &drawing, at: corner)
      size.width = corner.x + guide.width + theme.margin
      size.height = max(size.height, corner.y + guide.height + theme.tickSize / 2 + theme.margin)
    }
    return size
  }

  /// Breaks lines before tokens that do not fit; a token wider than a line is shortened.
  private func place(_ font: Font, height: Double, width: Double) throws -> [Placed] {
    var placed: [Placed] = []
    var known: [Label: MeasuredText] = [:]
    var corner = Point(0, 0)
    func breakLine() {
      corner.x = 0
      corner.y += height + Self.lineGap
    }
    let begins = Set(marks.spans.map(\.range.lowerBound))
    for (index, token) in marks.tokens.enumerated() {
      if begins.contains(index), corner.x > 0 { breakLine() }
      let text =
        try known[token.label]
        ?? MeasuredText(
          TextMeasurer.shortened(
            TextMeasurer.drawable(token.label.text, font: font), font: font, width: width - 2 * Self.padding),
          font: font)
      known[token.label] = text
      let wide = max(text.width, 1) + 2 * Self.padding
      if corner.x > 0, corner.x + wide > width { breakLine() }
      placed.append(Placed(text: text, token: token, rect: Rect(corner.x, corner.y, wide, height)))
      corner.x += wide + Self.gap
      if token.endsLine { breakLine() }
    }
    return placed
  }
}
