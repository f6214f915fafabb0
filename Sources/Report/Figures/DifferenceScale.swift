import Plot

/// Scales of charts of differences, which begin far apart in the first layers and end close together.
enum DifferenceScale {
  /// What captions say of it.
  static let note = "Log-probabilities beyond the range of the later half of the layers are drawn at the edge."

  /// Percentage points: everything, up to the next ten.
  static func points(_ lines: [LineMarks.Line]) -> LineMarks.Chart.Scale {
    let (low, high) = range(lines.flatMap(\.points))
    return .signed(min((low / 10).rounded(.down) * 10, -10)...max((high / 10).rounded(.up) * 10, 10))
  }

  /// The range of the later half of the layers, and 0.
  static func ofLaterLayers(_ lines: [LineMarks.Line]) -> LineMarks.Chart.Scale {
    let points = lines.flatMap(\.points)
    let later = points.filter { $0.place >= 0.5 }
    let (low, high) = range(later.isEmpty ? points : later)
    // Ends are multiples of a round step, so that what lies beyond is marked at a tick.
    let step = LinearScale(upTo: max(1e-3, high - low)).tickStep
    let isBelow = points.contains { $0.low < 0 }
    let isAbove = points.contains { $0.high > 0 }
    return .signed(
      min((low / step).rounded(.down), isBelow || !isAbove ? -1 : 0) * step...max(
        (high / step).rounded(.up), isAbove ? 1 : 0) * step)
  }

  private static func range(_ points: [LineMarks.Line.Point]) -> (low: Double, high: Double) {
    (min(0, points.map(\.low).min() ?? 0), max(0, points.map(\.high).max() ?? 0))
  }
}
