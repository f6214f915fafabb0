import Foundation

/// Names of lines beside their right ends, moved apart where they would overlap, each with a piece of its line.
struct EndNames {
  /// Their width to the right of the chart.
  let width: Double
  /// Whether one of them would have to be cut; then a legend has more room.
  let isCut: Bool
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
    let drawable = try marks.series.map { try TextMeasurer.drawable($0, font: font) }
    let shown = try drawable.map { try Self.shortened($0, font: font, width: Self.longest) }
    isCut = shown != drawable
    texts = try shown.map { try MeasuredText($0, font: font) }
    let metrics = try TextMeasurer.metrics(font)
    lineHeight = metrics.ascent + metrics.descent
    width = 2 * Self.gap + Self.sample + (texts.map(\.width).max() ?? 0)
  }

  /// A name cut where readers lose least: of "SmolLM2 135M Instruct: ␣Paris" the word stays, which tells lines of one model apart.
  static func shortened(_ name: String, font: Font, width: Double) throws -> String {
    guard try TextMeasurer.extent(name, font: font).width > width, let colon = name.range(of: ": ", options: .backwards)
    else { return try TextMeasurer.shortened(name, font: font, width: width) }
    let word = String(name[colon.lowerBound...])
    let rest = width - (try TextMeasurer.extent(word, font: font).width)
    // Of a model's name at least a few letters are left, else the word alone tells more.
    guard rest >= 2 * font.size else {
      return try TextMeasurer.shortened(name, font: font, width: width, keeping: .tail)
    }
    return try TextMeasurer.shortened(String(name[..<colon.lowerBound]), font: font, width: rest) + word
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
