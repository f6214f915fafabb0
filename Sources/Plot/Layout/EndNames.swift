/// Names of lines beside their right ends, moved apart where they would overlap, each with a piece of its line.
struct EndNames {
  /// Their width to the right of the chart.
  let width: Double
  private let marks: LineMarks
  private let texts: [MeasuredText]
  private let lineHeight: Double
  private let theme: Theme

  private static let gap = 3.0
  private static let sample = 9.0
  /// A longer name is shortened.
  private static let longest = 90.0

  /// nil when the names are in a legend, or too many to fit beside a chart.
  init?(_ marks: LineMarks, theme: Theme) throws {
    guard marks.namesAtEnds else { return nil }
    (self.theme, self.marks) = (theme, marks)
    let font = theme.tickFont()
    texts = try marks.series.map { name in
      try MeasuredText(
        TextMeasurer.shortened(TextMeasurer.drawable(name, font: font), font: font, width: Self.longest), font: font)
    }
    let metrics = try TextMeasurer.metrics(font)
    lineHeight = metrics.ascent + metrics.descent
    width = 2 * Self.gap + Self.sample + (texts.map(\.width).max() ?? 0)
  }

  /// Draws them beside a chart.
  func draw(into drawing: inout Drawing, chart: LineMarks.Chart, area: Rect) throws {
    // A series may consist of several pieces with gaps: the last one gets the name.
    var ends: [(series: Int, y: Double)] = []
    for series in texts.indices {
      guard let point = chart.lines.last(where: { $0.series == series })?.points.last else { continue }
      ends.append((series, area.maxY - chart.fraction(of: point.value) * area.height))
    }
    ends.sort { ($0.y, $0.series) < ($1.y, $1.series) }
    let places = Self.apart(ends.map(\.y), by: lineHeight, within: area.y...max(area.y, area.maxY))
    for (end, y) in zip(ends, places) {
      let left = area.maxX + Self.gap
      drawing.line(Point(left, y), Point(left + Self.sample, y), marks.stroke(end.series))
      let text = texts[end.series]
      drawing.text(
        text, color: theme.ink, centeredOn: Point(left + Self.sample + Self.gap + text.width / 2, y))
    }
  }

  /// Places in rising order, moved so that neighbours are `distance` apart: first downwards, then up from the lower bound.
  static func apart(_ wanted: [Double], by distance: Double, within bounds: ClosedRange<Double>) -> [Double] {
    var places = wanted
    for index in places.indices.dropFirst() { places[index] = max(places[index], places[index - 1] + distance) }
    var limit = bounds.upperBound
    for index in places.indices.reversed() {
      places[index] = min(places[index], limit)
      limit = places[index] - distance
    }
    return places
  }
}
