import Plot

/// Where text lies on a page, for tests.
enum SceneBoxes {
  /// The line's box: advance width by the font's capitals and a little below the baseline.
  static func box(of run: TextRun) throws -> Rect {
    let width = try TextMeasurer.extent(run.text, font: run.font).width
    let metrics = try TextMeasurer.metrics(run.font)
    return rect(run, width: width, above: metrics.capHeight, below: 0)
  }

  /// A tighter box that neighbours must not enter: from the baseline to the height of small letters.
  static func inkBox(of run: TextRun) throws -> Rect {
    let width = try TextMeasurer.extent(run.text, font: run.font).width
    return rect(run, width: width, above: try TextMeasurer.metrics(run.font).xHeight, below: 0)
  }

  private static func rect(_ run: TextRun, width: Double, above: Double, below: Double) -> Rect {
    run.rotation == 0
      ? Rect(run.origin.x, run.origin.y - above, width, above + below)
      : Rect(run.origin.x - above, run.origin.y - width, above + below, width)
  }
}
