/// Lays out a colour bar: a strip, ticks and their labels, and a turned title that may take two lines.
struct ColorBarGuide {
  let bar: ColorBar
  let height: Double
  /// Width of everything.
  let width: Double
  private let ticks: [ColorBar.Tick]
  private let labelWidth: Double
  private let titleLines: [String]
  private let theme: Theme

  private static let stripWidth = 8.0
  /// Height of a pointed end.
  static let tip = 6.0
  /// A bar shorter than this cannot keep its tick labels apart.
  static let shortest = 52.0

  init(_ bar: ColorBar, besidePanelOfHeight panel: Double, theme: Theme) throws {
    self.bar = bar
    self.theme = theme
    height = max(panel, Self.shortest)
    ticks = bar.ticks
    labelWidth = try ticks.map { try TextMeasurer.extent($0.label, font: theme.tickFont()).width }.max() ?? 0
    let isLong = try TextMeasurer.extent(bar.title, font: theme.titleFont()).width > height
    titleLines = isLong ? Self.halves(of: bar.title) : [bar.title]
    let titles = try theme.titleHeight() * Double(titleLines.count)
    width = Self.stripWidth + theme.tickLength + 2 + labelWidth + 3 + titles
  }

  /// How far down a fraction of the domain lies.
  private func place(_ fraction: Double) -> Double { bar.scale.direction == .darkLow ? fraction : 1 - fraction }

  /// A title in two lines, the second of which begins with the parenthesis; one line without a parenthesis.
  private static func halves(of title: String) -> [String] {
    guard let split = title.firstIndex(of: "("), split > title.startIndex else { return [title] }
    return [String(title[..<title.index(before: split)]), String(title[split...])]
  }

  /// The places that keep a distance from each other, the last and the first before all others.
  private static func apart(_ places: [Double], by distance: Double) -> Set<Int> {
    var kept: [Int] = []
    for index in [places.count - 1] + places.indices.dropLast() where places.indices.contains(index) {
      if kept.allSatisfy({ abs(places[$0] - places[index]) >= distance }) { kept.append(index) }
    }
    return Set(kept)
  }

  /// Draws it with its top left corner at a point.
  func draw(into drawing: inout Drawing, at corner: Point) throws {
    let scale = bar.scale
    // Separate colours for values beyond the bounds are drawn as pointed ends, as in matplotlib.
    let isLowFirst = scale.direction == .darkLow
    let (first, last) = isLowFirst ? (scale.below, scale.above) : (scale.above, scale.below)
    let top = corner.y + (first == nil ? 0 : Self.tip)
    let bottom = corner.y + height - (last == nil ? 0 : Self.tip)
    let strip = Rect(corner.x, top, Self.stripWidth, bottom - top)
    let slices = 96
    for slice in 0..<slices {
      let edge = strip.y + strip.height * Double(slice) / Double(slices)
      let color = scale.color(fraction: place((Double(slice) + 0.5) / Double(slices)))
      // Each slice reaches to the bottom, and the next ones cover it: no hairlines.
      drawing.fill(Rect(strip.x, edge, strip.width, strip.maxY - edge), color)
    }
    let stroke = Stroke(theme.ink, width: theme.axisStroke)
    drawing.frame(strip, inset: 0, stroke)
    for (color, edge, tip) in [(first, strip.y, corner.y), (last, strip.maxY, corner.y + height)] {
      guard let color else { continue }
      let points = [Point(strip.x, edge), Point(strip.midX, tip), Point(strip.maxX, edge)]
      drawing.path(closed: points, fill: color)
      drawing.path(through: points, stroke)
    }
    let places = ticks.map { strip.y + place(scale.scale.fraction(of: $0.value)) * strip.height }
    let line = try TextMeasurer.metrics(theme.tickFont())
    let labelled = bar.given == nil ? Set(ticks.indices) : Self.apart(places, by: line.ascent + line.descent)
    for (index, tick) in ticks.enumerated() {
      let y = places[index]
      drawing.line(Point(strip.maxX, y), Point(strip.maxX + theme.tickLength, y), stroke)
      guard labelled.contains(index) else { continue }
      try drawing.text(
        tick.label, font: theme.tickFont(), color: theme.ink, at: Point(strip.maxX + theme.tickLength + 2, y), .left,
        .middle
      )
    }
    let metrics = try TextMeasurer.metrics(theme.titleFont())
    var x = strip.maxX + theme.tickLength + 2 + labelWidth + 3 + metrics.ascent
    for line in titleLines {
      try drawing.text(
        line, font: theme.titleFont(), color: theme.ink, at: Point(x, corner.y + height / 2), .center, turned: true)
      x += metrics.ascent + metrics.descent
    }
  }
}

extension ColorBar {
  /// Its ticks; those of bounds that values exceed say so.
  var ticks: [Tick] {
    if let given { return given }
    let domain = scale.scale.domain
    return scale.scale.ticks.map { tick in
      let text = numbers.text(tick)
      if exceeds, tick == domain.upperBound { return Tick(value: tick, label: "≥" + text) }
      return Tick(value: tick, label: fallsBelow && tick == domain.lowerBound ? "≤" + text : text)
    }
  }
}
