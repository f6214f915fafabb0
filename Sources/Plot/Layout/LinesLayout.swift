/// Lays out charts of lines: a legend, the charts one below the other, an axis below the last.
struct LinesLayout {
  let figure: Figure
  let marks: LineMarks
  let theme: Theme
  let top: Double

  /// The largest width: wider charts are no easier to read.
  private static let widest = 300.0
  private static let tallest = 96.0
  private static let gap = 10.0
  /// Between the charts and the colour bar.
  private static let barGap = 10.0
  private static let sample = 18.0
  /// The part of the figure's width that a chart keeps beside the names of its lines.
  private static let leastShare = 0.45
  /// Half the width of a dot.
  private static let dot = 1.5

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    let ticks = marks.charts.map(\.ticks)
    let labels = try ticks.joined().map { try TextMeasurer.extent($0.label, font: font).width }.max() ?? 0
    let left = theme.margin + (try theme.titleHeight()) + theme.labelGap + labels + theme.tickLength + 1
    // The last label of the axis across may reach over the end.
    let overhang = try (marks.ticks.last.map { try TextMeasurer.extent($0.label, font: font).width } ?? 0) / 2
    // Names that would be cut, or leave the chart a strip, stand in a legend.
    let names = try EndNames(marks, theme: theme).flatMap { names in
      let rest = theme.width - left - max(overhang, names.width) - theme.margin
      return names.isCut || rest < Self.leastShare * theme.width ? nil : names
    }
    let count = Double(marks.charts.count)
    let below = theme.tickLength + 1 + metrics.ascent + metrics.descent + (try theme.titleHeight()) + theme.margin
    func height(from start: Double) -> Double {
      max(36, min(Self.tallest, (theme.height - start - below - Self.gap * (count - 1)) / count))
    }
    // Lines with a colour bar have no legend above them.
    let bar = try colorBar(height: count * height(from: top + 2) + (count - 1) * Self.gap)
    let beyond = max(overhang, names?.width ?? 0, bar.map { $0.width + Self.barGap } ?? 0)
    let width = max(60, min(Self.widest, theme.width - left - beyond - theme.margin))
    let start = names == nil ? try legend(into: &drawing, left: left, width: width) : top + 2
    let height = height(from: start)
    for (index, chart) in marks.charts.enumerated() {
      let area = Rect(left, start + Double(index) * (height + Self.gap), width, height)
      try draw(chart, ticks: ticks[index], in: area, into: &drawing)
      let place = Point(theme.margin + metrics.ascent, area.midY)
      let (title, font) = try fitted(figure.panel.rows.labels[index].text, height: height + Self.gap - 2)
      try drawing.text(title, font: font, color: theme.ink, at: place, .center, turned: true)
    }
    let bottom = start + count * height + (count - 1) * Self.gap
    try axis(at: bottom, left: left, width: width, into: &drawing)
    try colorBar(height: bottom - start)?.draw(into: &drawing, at: Point(left + width + Self.barGap, start))
    if let names, let chart = marks.charts.first {
      try names.draw(into: &drawing, chart: chart, area: Rect(left, start, width, height))
    }
    return Size(left + width + beyond + theme.margin, bottom + below)
  }

  /// The bar that explains the colours of lines; nil where a legend does.
  private func colorBar(height: Double) throws -> ColorBarGuide? {
    guard marks.gradation != nil, let bar = figure.colorBar else { return nil }
    return try ColorBarGuide(bar, besidePanelOfHeight: height, theme: theme)
  }

  /// A title that is longer than its chart is high is set smaller, then loses its unit, which the caption names.
  private func fitted(_ title: String, height: Double) throws -> (String, Font) {
    var font = theme.titleFont()
    func width(_ text: String) throws -> Double { try TextMeasurer.extent(text, font: font).width }
    guard try width(title) > height else { return (title, font) }
    font.size = theme.smallestSize
    if try width(title) <= height { return (title, font) }
    let short = title.firstIndex(of: "(").map { String(title[..<$0].dropLast()) } ?? title
    return (try TextMeasurer.shortened(short, font: font, width: height), font)
  }

  /// Draws names with a piece of their line, in as many rows as they need; returns the upper edge of the charts.
  private func legend(into drawing: inout Drawing, left: Double, width: Double) throws -> Double {
    guard marks.gradation == nil, marks.series.count > 1 || marks.namesAtEnds || marks.hasLegend else { return top + 2 }
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    let height = metrics.ascent + metrics.descent + 2
    var x = left
    var y = top
    for (index, name) in marks.series.enumerated() {
      let text = try EndNames.shortened(
        TextMeasurer.drawable(name, font: font), font: font, width: width - Self.sample - 4)
      let needed = Self.sample + 4 + (try TextMeasurer.extent(text, font: font).width)
      if x > left, x + needed > left + width {
        x = left
        y += height
      }
      let middle = y + height / 2
      if let look = marks.bars[index] {
        let side = height * 0.55
        draw(Rect(x + Self.sample - side, middle - side / 2, side, side), look, index, into: &drawing)
      } else {
        drawing.line(Point(x, middle), Point(x + Self.sample, middle), marks.stroke(index))
      }
      try drawing.text(text, font: font, color: theme.ink, at: Point(x + Self.sample + 4, middle), .left, .middle)
      x += needed + 10
    }
    return y + height + theme.blockGap / 2
  }

  private func draw(
    _ chart: LineMarks.Chart, ticks: [(value: Double, label: String)], in area: Rect, into drawing: inout Drawing
  ) throws {
    let axis = Stroke(theme.ink, width: theme.axisStroke)
    func y(_ value: Double) -> Double { area.maxY - chart.fraction(of: value) * area.height }
    for tick in ticks {
      drawing.line(
        Point(area.x, y(tick.value)), Point(area.maxX, y(tick.value)), Stroke(theme.faint, width: theme.axisStroke))
    }
    if let reference = chart.reference {
      drawing.line(
        Point(area.x, y(reference)), Point(area.maxX, y(reference)),
        Stroke(theme.softInk, width: theme.axisStroke, dash: [1, 2]))
      if let name = chart.referenceName {
        let place = Point(area.maxX - 2, y(reference) + (try TextMeasurer.metrics(theme.tickFont())).ascent)
        try drawing.text(name, font: theme.tickFont(), color: theme.softInk, at: place, .right)
      }
    }
    drawing.note(CellGrid(columns: chart.bands(in: area), rows: [area.y...area.maxY]))
    for bar in chart.bars {
      let (from, to) = (y(0), y(bar.value))
      let box = Rect(
        area.x + (bar.place - bar.width / 2) * area.width, min(from, to), bar.width * area.width, abs(to - from))
      draw(box, marks.bars[bar.series] ?? .filled, bar.series, into: &drawing)
      guard let interval = bar.interval else { continue }
      let middle = area.x + bar.place * area.width
      // White below the line, so that it is seen on a filled bar.
      let ends = (Point(middle, y(interval.lowerBound)), Point(middle, y(interval.upperBound)))
      drawing.line(ends.0, ends.1, Stroke(Color.white, width: 2.5 * theme.axisStroke))
      drawing.line(ends.0, ends.1, axis)
    }
    for line in chart.lines where line.points.contains(where: { $0.low < $0.high }) {
      func x(_ point: LineMarks.Line.Point) -> Double { area.x + point.place * area.width }
      let upper = line.points.map { Point(x($0), y($0.high)) }
      let lower = line.points.reversed().map { Point(x($0), y($0.low)) }
      var color = marks.color(line.series)
      color.alpha = 0.16
      drawing.path(closed: upper + lower, fill: color)
    }
    for line in chart.lines {
      let points = line.points.map { Point(area.x + $0.place * area.width, y($0.value)) }
      drawing.path(through: points, marks.stroke(line.series))
      guard line.hasDots else { continue }
      let color = marks.color(line.series)
      for point in points {
        let box = Rect(point.x - Self.dot, point.y - Self.dot, 2 * Self.dot, 2 * Self.dot)
        drawing.box(box, fill: color, stroke: nil, cornerRadius: Self.dot)
      }
    }
    drawing.line(Point(area.x, area.y), Point(area.x, area.maxY), axis)
    for tick in ticks {
      drawing.line(Point(area.x - theme.tickLength, y(tick.value)), Point(area.x, y(tick.value)), axis)
      try drawing.text(
        tick.label, font: theme.tickFont(), color: theme.ink,
        at: Point(area.x - theme.tickLength - 1, y(tick.value)), .right, .middle)
    }
  }

  /// A bar, or a sample of one.
  private func draw(_ box: Rect, _ look: LineMarks.BarLook, _ series: Int, into drawing: inout Drawing) {
    let color = marks.color(series)
    switch look {
    case .filled: drawing.fill(box, color)
    case .hollow:
      // The outline lies inside, so that neighbours do not touch; a bar too small for that is filled.
      let stroke = min(0.7, box.width / 4)
      guard box.height > 2 * stroke else { return drawing.fill(box, color) }
      drawing.box(box, fill: Color.white, stroke: nil)
      drawing.frame(box, inset: stroke / 2, Stroke(color, width: stroke))
    }
  }

  private func axis(at bottom: Double, left: Double, width: Double, into drawing: inout Drawing) throws {
    let stroke = Stroke(theme.ink, width: theme.axisStroke)
    let font = theme.tickFont()
    let metrics = try TextMeasurer.metrics(font)
    let baseline = bottom + theme.tickLength + 1 + metrics.ascent
    drawing.line(Point(left, bottom), Point(left + width, bottom), stroke)
    // The first and the last tick always stay; between them, one whose label would touch another is left out. Of ticks at equal
    // distances every second, third, ... stays, so that none is missing among its neighbours.
    let labels = try marks.ticks.map { tick in
      let half = try TextMeasurer.extent(tick.label, font: font).width / 2
      let x = left + tick.place * width
      return (start: x - half, end: x + half)
    }
    let stride = regularStride(of: labels)
    var taken = -Double.infinity
    for (index, tick) in marks.ticks.enumerated() {
      let isLast = index == marks.ticks.count - 1
      let last = labels[labels.count - 1].start
      if let stride, index % stride != 0 { continue }
      if index > 0, !isLast, labels[index].start < taken + 2 || labels[index].end > last - 2 { continue }
      taken = labels[index].end
      let x = left + tick.place * width
      drawing.line(Point(x, bottom), Point(x, bottom + theme.tickLength), stroke)
      try drawing.text(tick.label, font: font, color: theme.ink, at: Point(x, baseline), .center)
    }
    let title = theme.titleFont()
    let below = baseline + metrics.descent + (try TextMeasurer.metrics(title).ascent)
    try drawing.text(marks.title, font: title, color: theme.ink, at: Point(left + width / 2, below), .center)
  }

  /// Of how many ticks at equal distances one is shown, so that labels keep apart; nil for ticks at other places.
  private func regularStride(of labels: [(start: Double, end: Double)]) -> Int? {
    let places = marks.ticks.map(\.place)
    guard let first = places.first, let last = places.last, places.count > 2 else { return nil }
    let step = (last - first) / Double(places.count - 1)
    guard places.enumerated().allSatisfy({ abs($1 - first - Double($0) * step) < 1e-9 }) else { return nil }
    return (1..<places.count).first { stride in
      guard (places.count - 1).isMultiple(of: stride) else { return false }
      let shown = Swift.stride(from: 0, to: places.count, by: stride).map { labels[$0] }
      return zip(shown, shown.dropFirst()).allSatisfy { $0.end + 2 <= $1.start }
    }
  }
}

extension LineMarks.Chart {
  /// The places of points of any line, from left to right, each once.
  package var places: [Double] {
    (lines.flatMap { $0.points.map(\.place) } + bars.map(\.place)).sorted().reduce(into: []) { places, place in
      if places.last.map({ place - $0 > 1e-9 }) ?? true { places.append(place) }
    }
  }

  /// A band around every place, up to the middle between neighbours.
  fileprivate func bands(in area: Rect) -> [ClosedRange<Double>] {
    let x = places.map { area.x + $0 * area.width }
    return x.indices.map { index in
      let left = index == 0 ? x[index] - 2 : (x[index - 1] + x[index]) / 2
      let right = index == x.count - 1 ? x[index] + 2 : (x[index] + x[index + 1]) / 2
      return left...right
    }
  }
}
