/// Lays out words with stripes: words to the left, cells across the layers, numbers to the right, colour bars below.
struct StripesLayout {
  let figure: Figure
  let marks: StripeMarks
  let theme: Theme
  let top: Double

  private static let rowGap = 2.5
  private static let numberGap = 7.0
  private static let dash = [2.6, 1.6]

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let headFont = theme.tickFont()
    let head = try TextMeasurer.metrics(headFont)
    let headHeight = head.ascent + head.descent + 1
    let footHeight = marks.halves == nil ? 0 : headHeight
    let axisHeight = try ticks(step: 0).map { $0.height } ?? shareHeight()
    let start = top + headHeight
    let all = Array(marks.values.indices)
    let bars = try ColorBars(
      marks.series.map(\.bar), width: try columns(all, stripe: lowest, step: lowest).right - theme.margin, theme: theme)
    let below = footHeight + axisHeight + bars.height + theme.margin
    // A third of a page is enough where all words fit, and the whole page is taken where they do not.
    var (shown, stripe) = rows(room: min(theme.height, Theme.tallest) - start - below)
    if shown.count < marks.values.count { (shown, stripe) = rows(room: theme.height - start - below) }
    drawing.drawn.wordsLeftOut = marks.values.count - shown.count
    let step = stripe * Double(marks.series.count) + StripeMarks.wordGap
    let bands = BandScale(count: shown.count, start: start, step: step)
    let parts = try columns(shown, stripe: stripe, step: step)
    let (labels, numbers, left, width) = (parts.labels, parts.numbers, parts.left, parts.width)
    var stripes: [ClosedRange<Double>] = []
    var columns: [ClosedRange<Double>] = []
    for (band, word) in shown.enumerated() {
      for (index, series) in marks.series.enumerated() {
        let y = bands.begin(band) + StripeMarks.wordGap / 2 + stripe * Double(index)
        let places = scale(series.places.count, left: left, width: width)
        draw(marks.values[word][index], series.bar.scale, places, y: y, height: stripe, into: &drawing)
        stripes.append(y...(y + stripe))
        if columns.count < series.places.count { columns = places.bands }
      }
    }
    var grid = CellGrid(columns: columns, rows: stripes, shown: shown)
    // Layers run across, words down.
    grid.isTurned = true
    drawing.note(grid)
    try labels.draw(into: &drawing, rows: bands, right: left, theme: theme)
    try numbers.draw(into: &drawing, bands: bands, left: left + width, head: start - head.descent - 0.5)
    if let halves = marks.halves {
      try draw(
        halves, shown: shown, bands: bands, left: left, width: width, right: parts.right, headHeight: headHeight,
        into: &drawing)
    }
    var y = bands.end + footHeight
    try drawAxis(left: left, width: width, edge: y, into: &drawing)
    y += axisHeight
    let legend = try bars.draw(into: &drawing, left: theme.margin, top: y)
    return Size(max(parts.right, legend.maxX) + theme.margin, legend.maxY + theme.margin)
  }

  /// The lowest stripe: its numbers can be read.
  private var lowest: Double { max(theme.smallestSize, 6) * 1.08 }

  /// What stands beside each other for some words.
  private struct Columns {
    let labels: RowLabels
    let numbers: NumberColumns
    /// Where the cells begin.
    let left: Double
    /// Of the cells.
    let width: Double
    var right: Double { left + width + numbers.width }
  }

  /// - Throws: `PlotError.badFigure` where words and numbers leave no room for cells.
  private func columns(_ shown: [Int], stripe: Double, step: Double) throws -> Columns {
    let labels = try RowLabels(
      RowAxis(labels: shown.map { figure.panel.rows.labels[$0] }), step: max(step, 12), limit: theme.width * 0.25,
      theme: theme)
    let left = theme.margin + labels.width
    let numbers = try NumberColumns(marks, shown: shown, stripe: stripe, theme: theme)
    let gaps = gapsAfter.isEmpty ? 0 : Self.rowGap
    let most = marks.series.map(\.places.count).max() ?? 1
    let room = theme.width - left - numbers.width - theme.margin
    let width = min(room, max(StripeMarks.widestCell * Double(most), StripeMarks.narrowest) + gaps)
    guard width >= 24 else {
      throw PlotError.badFigure("no room is left for the layers: the words and their numbers take the whole width")
    }
    return Columns(labels: labels, numbers: numbers, left: left, width: width)
  }

  /// The words that fit, and the height of a stripe; words that do not fit are left out at the end, or where the groups meet.
  private func rows(room: Double) -> (shown: [Int], stripe: Double) {
    let series = Double(marks.series.count)
    let least = max(lowest * series + StripeMarks.wordGap, 12)
    let count = marks.values.count
    let fitting = min(count, max(1, Int(room / least)))
    let stripe =
      (min(
        max(StripeMarks.stripeHeight, lowest), room / Double(fitting) / series - StripeMarks.wordGap / series))
    let height = max(lowest, stripe)
    guard fitting < count else { return (Array(0..<count), height) }
    guard let halves = marks.halves else { return (Array(0..<fitting), height) }
    // As many of each group as there is room for.
    let second = count - halves.count
    let first = min(halves.count, max(fitting - second, (fitting + 1) / 2))
    return (Array(0..<first) + Array((count - (fitting - first))..<count), height)
  }

  private var gapsAfter: Set<Int> {
    if case .rows(let axis) = marks.places { axis.gapsAfter.filter { $0 < axis.labels.count - 1 } } else { [] }
  }

  private func scale(_ count: Int, left: Double, width: Double) -> BandScale {
    let gaps = gapsAfter
    let gap = gaps.isEmpty ? 0 : Self.rowGap
    return BandScale(
      count: count, start: left, step: (width - gap * Double(gaps.count)) / Double(count), gapsAfter: gaps, gap: gap)
  }

  private func draw(
    _ stripe: [Int?], _ colors: ColorScale, _ places: BandScale, y: Double, height: Double, into drawing: inout Drawing
  ) {
    let gap = CellView.gap(places.step, theme: theme)
    for (place, value) in stripe.enumerated() {
      guard let value else { continue }
      var box = Rect(places.begin(place) + gap / 2, y + 0.3, places.step - gap, height - 0.6)
      // Neighbours that touch would show hairlines between them, so each extends under the next one.
      if gap == 0, place + 1 < stripe.count, stripe[place + 1] != nil, !gapsAfter.contains(place) {
        box.width += min(box.width, 1) / 2
      }
      drawing.fill(box, value == 0 ? theme.faint : colors.color(of: Double(value)))
    }
  }

  private func draw(
    _ halves: StripeMarks.Halves, shown: [Int], bands: BandScale, left: Double, width: Double, right: Double,
    headHeight: Double, into drawing: inout Drawing
  ) throws {
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    func fitted(_ text: String, _ room: Double) throws -> String {
      try TextMeasurer.shortened(try TextMeasurer.drawable(text, font: font), font: font, width: room)
    }
    let first = shown.count { $0 < halves.count }
    if first > 0 {
      try drawing.text(
        fitted(halves.above, width), font: font, color: theme.softInk,
        at: Point(left, bands.start - metrics.descent - 0.5))
    }
    if first < shown.count {
      try drawing.text(
        // Nothing stands to the right of it.
        fitted(halves.below, right - left), font: font, color: theme.softInk,
        at: Point(left, bands.end + metrics.ascent + 0.5))
    }
    guard first > 0, first < shown.count else { return }
    let y = bands.begin(first)
    drawing.line(
      Point(theme.margin, y), Point(right, y),
      Stroke(theme.softInk, width: max(theme.thinnestStroke, 0.5), dash: Self.dash))
  }

  private func ticks(step: Double) throws -> TickLabels? {
    guard case .rows(let axis) = marks.places else { return nil }
    return try TickLabels(axis, step: step, theme: theme)
  }

  private func shareHeight() throws -> Double {
    let metrics = try TextMeasurer.metrics(theme.tickFont())
    return theme.labelGap + metrics.ascent + metrics.descent + (try theme.titleHeight())
  }

  private func drawAxis(left: Double, width: Double, edge y: Double, into drawing: inout Drawing) throws {
    switch marks.places {
    case .rows(let axis):
      let bands = scale(axis.labels.count, left: left, width: width)
      try ticks(step: bands.step)?.draw(into: &drawing, columns: bands, edge: y, theme: theme)
    case .shares(let title):
      let font = theme.tickFont()
      let metrics = try TextMeasurer.metrics(font)
      let baseline = y + theme.labelGap + metrics.ascent - 1
      for (share, text, side) in [
        (0.0, "0 %", Drawing.Horizontal.left), (0.5, "50 %", .center), (1, "100 %", .right),
      ] {
        try drawing.text(text, font: font, color: theme.ink, at: Point(left + width * share, baseline), side)
      }
      let titleFont = theme.titleFont()
      let below = y + (try shareHeight()) - (try TextMeasurer.metrics(titleFont)).descent
      try drawing.text(title, font: titleFont, color: theme.ink, at: Point(left + width / 2, below), .center)
    }
  }

}

/// The colour bars of stripes, beside each other where the figure above is as wide, else one below the other.
private struct ColorBars {
  private let bars: [FlatColorBar]
  private let isBeside: Bool
  private let gap: Double
  let height: Double

  init(_ bars: [ColorBar], width: Double, theme: Theme) throws {
    let available = theme.width - 2 * theme.margin
    gap = theme.blockGap
    let count = Double(bars.count)
    let each = (min(width, available) - gap * 2 * (count - 1)) / count
    let beside = try bars.map { try FlatColorBar($0, width: each, theme: theme) }
    isBeside = beside.allSatisfy { $0.width <= each + 1e-6 }
    self.bars = isBeside ? beside : try bars.map { try FlatColorBar($0, width: available, theme: theme) }
    let heights = self.bars.map(\.height)
    height =
      theme.blockGap / 2
      + (isBeside ? heights.max() ?? 0 : heights.reduce(0, +) + gap / 2 * (count - 1))
  }

  /// Draws them and returns the box that they take.
  func draw(into drawing: inout Drawing, left: Double, top: Double) throws -> Rect {
    var corner = Point(left, top + gap / 2)
    var end = corner
    for bar in bars {
      try bar.draw(into: &drawing, at: corner)
      end = Point(max(end.x, corner.x + bar.width), max(end.y, corner.y + bar.height))
      if isBeside { corner.x += bar.width + gap * 2 } else { corner.y += bar.height + gap / 2 }
    }
    return Rect(left, top, end.x - left, end.y - top)
  }
}

/// The numbers at the right end of stripes, in columns with heads.
private struct NumberColumns {
  private static let gap = 6.0

  /// Of all columns with the room before them.
  let width: Double
  private let marks: StripeMarks
  private let shown: [Int]
  private let stripe: Double
  private let theme: Theme
  private let font: Font
  private let widths: [Double]
  private let summaryWidth: Double

  init(_ marks: StripeMarks, shown: [Int], stripe: Double, theme: Theme) throws {
    (self.marks, self.shown, self.stripe, self.theme) = (marks, shown, stripe, theme)
    let font = theme.tickFont(size: max(theme.smallestSize, min(theme.tickSize, stripe / 1.05)))
    func widest(_ texts: [String], _ head: String) throws -> Double {
      let own = try texts.map { try TextMeasurer.extent($0, font: font).width }.max() ?? 0
      return max(own, try TextMeasurer.extent(head, font: theme.tickFont()).width)
    }
    widths = try marks.heads.enumerated().map { place, head in
      try widest(shown.flatMap { word in marks.numbers[word].map { $0[place] } }, head)
    }
    summaryWidth = try marks.summary.map { summary in try widest(shown.map { summary.texts[$0] }, summary.head) } ?? 0
    self.font = font
    width =
      widths.reduce(0) { $0 + $1 + Self.gap } + (marks.summary == nil ? 0 : summaryWidth + Self.gap)
  }

  /// Draws numbers and heads from the end of the stripes on; heads have their baseline at `head`.
  func draw(into drawing: inout Drawing, bands: BandScale, left: Double, head: Double) throws {
    var right = left
    for (place, width) in widths.enumerated() {
      right += Self.gap + width
      try drawing.text(marks.heads[place], font: theme.tickFont(), color: theme.ink, at: Point(right, head), .right)
      for (band, word) in shown.enumerated() {
        for index in marks.series.indices {
          let middle = bands.begin(band) + StripeMarks.wordGap / 2 + stripe * (Double(index) + 0.5)
          try drawing.text(
            marks.numbers[word][index][place], font: font, color: theme.ink, at: Point(right, middle), .right, .middle)
        }
      }
    }
    guard let summary = marks.summary else { return }
    right += Self.gap + summaryWidth
    try drawing.text(summary.head, font: theme.tickFont(), color: theme.ink, at: Point(right, head), .right)
    for (band, word) in shown.enumerated() {
      try drawing.text(
        summary.texts[word], font: font, color: theme.ink, at: Point(right, bands.middle(band)), .right, .middle)
    }
  }
}
