import Plot

/// The panels of a comparison in rows, all at one scale, so that what stands side by side can be compared.
struct FigureRows: Equatable {
  /// A panel in its row; `x` is from the left of the text area, and `width` is that of label and caption.
  struct Slot: Equatable {
    var panel: Int
    var x: Double
    var width: Double
  }

  /// Panels side by side.
  struct Row: Equatable {
    var slots: [Slot]
    /// Of the tallest, label and caption included.
    var height: Double
  }

  /// How large a panel is at true size.
  struct Panel {
    /// Of the figure, or of the words in its place.
    var figure: Size
    /// Size of its smallest text; nil without text.
    var smallestText: Double?
    /// Height of label and caption; depends on the width of the text and on the scale, which the caption states.
    var textHeight: (_ width: Double, _ scale: Double) throws -> Double
  }

  /// Not above 1.
  var scale: Double
  var rows: [Row]

  /// Between panels, across and down.
  static let gap = 20.0
  /// Figures are not reduced so far that some of their text gets smaller than this.
  static let smallestText = 6.0
  private static let narrowestCaption = 180.0
  private static let mostBeside = 4

  /// The height of all rows.
  var height: Double { rows.reduce(0) { $0 + $1.height } + Self.gap * Double(max(0, rows.count - 1)) }

  /// Keeps the first rows, as many as are no higher than `height`.
  mutating func keep(within height: Double) {
    while self.height > height, !rows.isEmpty { rows.removeLast() }
  }

  /// The smallest scale at which the text of all panels can still be read; 1 where some text is small already.
  static func floor(_ panels: [Panel]) -> Double {
    let smallest = panels.compactMap(\.smallestText).min() ?? .infinity
    return smallest.isFinite ? min(1, smallestText / smallest) : 0.5
  }

  /// As many panels side by side as can be read.
  ///
  /// A figure that is wider than the page is reduced in any case.
  /// - Parameter limit: The largest scale.
  static func arranged(_ panels: [Panel], style: PageStyle, limit: Double = 1) throws -> FigureRows {
    let floor = floor(panels)
    for columns in stride(from: min(panels.count, mostBeside), through: 1, by: -1) {
      let chunks = stride(from: 0, to: panels.count, by: columns).map {
        Array($0..<min($0 + columns, panels.count))
      }
      var scale = limit
      for chunk in chunks {
        let room = style.area.width - gap * Double(chunk.count - 1)
        scale = min(scale, room / chunk.reduce(0) { $0 + panels[$1].figure.width })
      }
      guard columns == 1 || scale >= min(floor, limit) else { continue }
      if let rows = try rows(chunks, of: panels, scale: scale, style: style, isWide: columns == 1) {
        return FigureRows(scale: scale, rows: rows)
      }
    }
    return FigureRows(scale: limit, rows: [])
  }

  /// The rows at a scale; nil when captions would be too narrow.
  private static func rows(
    _ chunks: [[Int]], of panels: [Panel], scale: Double, style: PageStyle, isWide: Bool
  ) throws -> [Row]? {
    let area = style.area
    var rows: [Row] = []
    var extra: Double?
    for chunk in chunks {
      let gaps = gap * Double(chunk.count - 1)
      let least = chunk.map { index in
        let width = panels[index].figure.width * scale
        return isWide ? max(width, area.width) : max(width, narrowestCaption)
      }
      // Spare room makes captions wider, and so shorter; the first row decides for those below it.
      let free = max(0, area.width - least.reduce(0, +) - gaps) / Double(chunk.count)
      let more = min(extra ?? free, free)
      extra = extra ?? free
      let widths = least.map { $0 + more }
      let total = widths.reduce(gaps, +)
      guard isWide || total <= style.area.width + 0.001 else { return nil }
      var x = 0.0
      var tallest = 0.0
      var slots: [Slot] = []
      for (index, width) in zip(chunk, widths) {
        let textWidth = min(width, area.width)
        slots.append(Slot(panel: index, x: x, width: textWidth))
        tallest = try max(tallest, panels[index].figure.height * scale + panels[index].textHeight(textWidth, scale))
        x += width + gap
      }
      rows.append(Row(slots: slots, height: tallest))
    }
    return rows
  }

  /// The arrangement with the largest scale, at least `floor`, that is no higher than `height`; nil if there is none.
  static func fitting(_ panels: [Panel], height: Double, floor: Double, style: PageStyle) throws -> FigureRows? {
    let whole = try arranged(panels, style: style)
    if whole.height <= height { return whole }
    guard floor < whole.scale else { return nil }
    var best = try arranged(panels, style: style, limit: floor)
    guard best.height <= height else { return nil }
    var (low, high) = (floor, whole.scale)
    while high - low > 0.005 {
      let middle = (low + high) / 2
      let candidate = try arranged(panels, style: style, limit: middle)
      if candidate.height <= height { (low, best) = (middle, candidate) } else { high = middle }
    }
    return best
  }
}
