/// Places all parts of a figure within the theme's width, and within its height for parts that may shrink.
///
/// The scene is as large as its content, at most `theme.width` wide. The same figure and theme give the same scene.
///
/// - Throws: `PlotError` for a missing font, for parts that do not agree in number, or for broken rules of a strict theme.
public func layout(_ figure: Figure, theme: Theme) throws -> Scene {
  try figure.check()
  let figure = theme.strictVenue?.rules?.allowsRGB == false ? figure.inOneDirection : figure
  let heading = try HeadingLayout(figure.heading, theme: theme)
  let legend = try FrameLegend(figure.panel.marks.frames, theme: theme)
  var drawing = Drawing()
  let top = theme.margin + heading.height + legend.height
  let size: Size
  switch figure.panel.marks {
  case .cells(let marks):
    let part = MultipleMarks.Part(title: nil, rows: figure.panel.rows, marks: marks)
    size = try HeatmapsLayout(figure: figure, parts: [part], hasEqualRows: true, theme: theme, top: top)
      .draw(into: &drawing)
  case .entries(let marks):
    size = try EntriesLayout(figure: figure, marks: marks, theme: theme, top: top).draw(into: &drawing)
  case .bars(let marks):
    size =
      try figure.panel.direction == .down
      ? BarsLayout(figure: figure, marks: marks, theme: theme, top: top).draw(into: &drawing)
      : UprightBarsLayout(figure: figure, marks: marks, theme: theme, top: top).draw(into: &drawing)
  case .lines(let marks):
    size = try LinesLayout(figure: figure, marks: marks, theme: theme, top: top).draw(into: &drawing)
  case .tokens(let marks):
    size = try TokensLayout(figure: figure, marks: marks, theme: theme, top: top).draw(into: &drawing)
  case .stripes(let marks):
    size = try StripesLayout(figure: figure, marks: marks, theme: theme, top: top).draw(into: &drawing)
  case .multiples(let marks):
    size = try HeatmapsLayout(
      figure: figure, parts: marks.panels, hasEqualRows: marks.hasEqualRows, theme: theme, top: top
    ).draw(into: &drawing)
  }
  let width = min(max(size.width, heading.wantedWidth, legend.width), theme.width)
  try heading.draw(into: &drawing, width: width)
  try legend.draw(into: &drawing, top: theme.margin + heading.height)
  var scene = Scene(
    size: Size(width, size.height), title: figure.title, description: figure.description, items: drawing.items)
  scene.grids = drawing.grids
  scene.drawn = drawing.drawn
  if let venue = theme.strictVenue, let rules = venue.rules {
    scene = rules.adapted(scene)
    let violations = rules.violations(scene)
    guard violations.isEmpty else {
      throw PlotError.venueRules(venue: venue.name, source: rules.source, violations: violations)
    }
  }
  return scene
}

/// The line above a panel, at the left edge, cut at its left end when it is too wide.
private struct HeadingLayout {
  let label: Label?
  let theme: Theme
  let height: Double
  private let text: String
  private let font: Font
  private let textWidth: Double

  /// A heading may widen a figure up to this; a longer one is cut to the figure's own width.
  private static let widest = 260.0

  init(_ label: Label?, theme: Theme) throws {
    self.label = label
    self.theme = theme
    font = theme.titleFont()
    text = try TextMeasurer.drawable(label?.text ?? "", font: font)
    textWidth = try TextMeasurer.extent(text, font: font).width
    height = label == nil ? 0 : try theme.titleHeight() + theme.labelGap * 2
  }

  var wantedWidth: Double { label == nil ? 0 : min(textWidth + 2 * theme.margin, Self.widest) }

  func draw(into drawing: inout Drawing, width: Double) throws {
    guard label != nil else { return }
    let cut = try TextMeasurer.shortened(text, font: font, width: width - 2 * theme.margin + 0.01, keeping: .tail)
    let ascent = try TextMeasurer.metrics(font).ascent
    try drawing.text(cut, font: font, color: theme.ink, at: Point(theme.margin, theme.margin + ascent))
  }
}

extension Figure {
  /// Throws unless labels and marks agree in number.
  func check() throws {
    func require(_ found: Int, _ expected: Int, _ what: String) throws {
      guard found == expected else { throw PlotError.badFigure("expected \(expected) \(what), found \(found)") }
    }
    let rows = panel.rows.labels.count
    guard rows > 0 else { throw PlotError.badFigure("a figure needs at least one row, found none") }
    func checkSpans(_ spans: [NamedSpan], count: Int) throws {
      var next = 0
      for span in spans {
        guard span.range.lowerBound >= next, !span.range.isEmpty, span.range.upperBound <= count else {
          throw PlotError.badFigure("expected runs in order within 0 to \(count), found \(span.range)")
        }
        next = span.range.upperBound
      }
    }
    func checkCells(_ marks: CellMarks, rows: Int) throws {
      for grid in [marks.values.map(\.count), marks.marked.map(\.count), marks.textCounts].compactMap(\.self) {
        try checkColumns(marks.columns, grid, rows: rows)
      }
    }
    func checkColumns(_ axis: ColumnAxis, _ counts: [Int], rows: Int) throws {
      guard axis.count > 0 else { throw PlotError.badFigure("a figure needs at least one column, found none") }
      try require(counts.count, rows, "rows of marks")
      for count in counts { try require(count, axis.count, "marks in a row") }
      for side in [axis.above, axis.below].compactMap(\.self) {
        try require(side.labels.count, axis.count, "labels of columns")
      }
      try checkSpans(axis.spans, count: axis.count)
    }
    try panel.marks.frames?.check()
    switch panel.marks {
    case .cells(let marks): try checkCells(marks, rows: rows)
    case .tokens(let marks):
      try require(rows, 1, "row of a text")
      guard !marks.tokens.isEmpty else { throw PlotError.badFigure("a text needs at least one token, found none") }
      try checkSpans(marks.spans, count: marks.tokens.count)
    case .multiples(let marks):
      try require(rows, 1, "row of panels")
      guard !marks.panels.isEmpty else { throw PlotError.badFigure("a figure needs at least one panel, found none") }
      for part in marks.panels {
        guard !part.rows.labels.isEmpty else { throw PlotError.badFigure("a panel needs at least one row, found none") }
        try checkCells(part.marks, rows: part.rows.labels.count)
      }
    case .entries(let marks):
      // A row of which nothing is known has no words.
      let counts = marks.entries.map { $0.isEmpty ? marks.columns.count : $0.count }
      try checkColumns(marks.columns, counts, rows: rows)
    case .bars(let marks): try require(marks.bars.count, rows, "bars")
    case .stripes(let marks): try marks.check(words: rows)
    case .lines(let marks):
      try require(marks.charts.count, rows, "charts")
      let most =
        marks.gradation != nil
        ? LineMarks.mostGraded : marks.looks == nil ? LineMarks.mostSeries : LineMarks.mostCombined
      if let gradation = marks.gradation {
        try require(gradation.values.count, marks.series.count, "numbers of lines")
        guard gradation.values.allSatisfy(\.isFinite), colorBar != nil else {
          throw PlotError.badFigure("lines with colours by numbers need finite numbers and a colour bar")
        }
      }
      guard (1...most).contains(marks.series.count) else {
        throw PlotError.badFigure("expected 1 to \(most) lines, found \(marks.series.count)")
      }
      let known = 0..<LineMarks.mostSeries
      guard marks.looks?.allSatisfy({ known.contains($0.color) && known.contains($0.dash) }) ?? true else {
        throw PlotError.badFigure("expected colours and dashes 0 to \(LineMarks.mostSeries - 1)")
      }
      for chart in marks.charts {
        switch chart.scale {
        case .logarithmic(let domain): _ = try LogScale(domain)
        case .ranks(let limit) where limit <= 1:
          throw PlotError.badFigure("a scale of ranks ends above 1, found \(Decimal3.text(limit))")
        case .symmetric(let limit) where limit <= 0:
          throw PlotError.badFigure("a symmetric scale ends above 0, found \(Decimal3.text(limit))")
        case .signed(let range) where !range.contains(0) || range.lowerBound == range.upperBound:
          throw PlotError.badFigure("a signed scale has 0 between its ends, which differ")
        case .share, .below, .upTo, .ranks, .symmetric, .signed: break
        }
      }
      guard !marks.namesAtEnds || marks.charts.count == 1 else {
        throw PlotError.badFigure("names at the ends of lines need a single chart, found \(marks.charts.count)")
      }
      for bar in marks.charts.flatMap(\.bars) {
        let numbers = [bar.place, bar.width, bar.value] + (bar.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
        guard marks.series.indices.contains(bar.series), numbers.allSatisfy(\.isFinite) else {
          throw PlotError.badFigure("a bar is not a finite number, or has no name in the legend")
        }
      }
      for line in marks.charts.flatMap(\.lines) {
        guard marks.series.indices.contains(line.series), !line.points.isEmpty else {
          throw PlotError.badFigure("a line has no points, or no name in the legend")
        }
        for point in line.points where ![point.place, point.value, point.low, point.high].allSatisfy(\.isFinite) {
          throw PlotError.badFigure("a line has a point that is not a finite number")
        }
      }
    }
  }
}
