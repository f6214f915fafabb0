/// Lays out one heatmap, one cut into panels, or several, with one colour bar.
///
/// Of the plans that are allowed it takes the first of the best: labels of all tokens, no taller than a third of a page,
/// words in the cells where the cells have words, few panels, rows across the page.
struct HeatmapsLayout {
  let figure: Figure
  let parts: [MultipleMarks.Part]
  /// Whether rows have the same length in all panels; otherwise panels have.
  let hasEqualRows: Bool
  let theme: Theme
  let top: Double
  /// Of the texts in the cells of each part.
  let widths: [CellWidths]

  init(figure: Figure, parts: [MultipleMarks.Part], hasEqualRows: Bool, theme: Theme, top: Double) {
    (self.figure, self.parts, self.hasEqualRows, self.theme, self.top) = (figure, parts, hasEqualRows, theme, top)
    widths = parts.map { CellWidths($0.marks, theme: theme) }
  }

  /// The most panels into which a heatmap is cut.
  private static let mostPanels = 6
  /// Narrower cells are not drawn unless no plan has wider ones.
  private static let smallestCell = 2.0

  /// Draws everything and returns the size it takes.
  func draw(into drawing: inout Drawing) throws -> Size {
    let fit = try best()
    drawing.drawn.isTurned = fit.plan.isTurned
    drawing.drawn.panels = fit.plan.slices
    drawing.drawn.labelStride = fit.labelStride
    let drawn = try HeatmapDrawing(fit: fit, colorBar: figure.colorBar, theme: theme, top: top).draw(into: &drawing)
    return drawn
  }

  /// Every plan in the order of preference among equals.
  private var plans: [HeatmapPlan] {
    let directions: [Bool] =
      switch figure.panel.direction {
      case .down: [false]
      case .across: [true]
      case .fitting: [true, false]
      }
    return directions.flatMap { isTurned -> [HeatmapPlan] in
      if parts.count == 1 {
        let most = min(Self.mostPanels, parts[0].marks.columns.count)
        // Panels stand beside each other when rows run across, else below each other: tokens go on in reading order.
        return (1...max(1, most)).map { HeatmapPlan(isTurned: isTurned, slices: $0, perLine: isTurned ? $0 : 1) }
      }
      let counts = isTurned ? Array(1...parts.count) : Array((1...parts.count).reversed())
      return counts.map { HeatmapPlan(isTurned: isTurned, slices: 1, perLine: $0) }
    }
  }

  /// The best plan for a comfortable height, or else for the whole page.
  private func best() throws -> HeatmapFit {
    var wordless: HeatmapFit?
    for height in [min(theme.height, Theme.tallest), theme.height] {
      let fits = try fits(height: height).filter {
        $0.labelStride == 1 && $0.smallestCell >= Self.smallestCell && $0.height + top <= height + 1e-6
      }
      let fewest = fits.map(\.plan.slices).min()
      let first = fits.first { $0.plan.slices == fewest }
      // Words are what a grid of words is for; numbers only repeat what colours show.
      guard hasWords else {
        if let first { return first }
        continue
      }
      // Of several ways to write them, the one with room for the longer words.
      let worded = fits.filter { $0.style.size != nil }
      let widest = worded.map(\.roomForWords).max()
      if let words = worded.first(where: { $0.roomForWords == widest }) { return words }
      wordless = wordless ?? first
    }
    if let wordless { return wordless }
    let fits = try fits(height: theme.height)
    let fitting = fits.filter { $0.height + top <= theme.height + 1e-6 }
    return (fitting.isEmpty ? fits : fitting).min { $0.labelStride < $1.labelStride } ?? fits[0]
  }

  private var hasWords: Bool {
    theme.writesOnColor && parts.contains { if case .labels = $0.marks.texts { true } else { false } }
  }

  /// The sizes under every plan; at least one.
  private func fits(height: Double) throws -> [HeatmapFit] {
    var fits: [HeatmapFit] = []
    var refusal: PlotError?
    for plan in plans {
      do { fits.append(try HeatmapFit(self, plan, height: height)) } catch let error as PlotError {
        refusal = refusal ?? error
      }
    }
    guard fits.isEmpty else { return fits }
    throw refusal ?? .badFigure("a figure needs at least one panel, found none")
  }
}

/// One way to place heatmaps.
struct HeatmapPlan: Equatable {
  /// Whether rows run across the page.
  var isTurned: Bool
  /// Panels into which each heatmap is cut.
  var slices: Int
  /// Panels beside each other.
  var perLine: Int
}
