import Plot

/// Where text lies on a page, for tests.
enum SceneBoxes {
  /// The line's box: its advance width by the height of capitals, turned as the run is.
  static func box(of run: TextRun) throws -> Rect {
    let width = try TextMeasurer.extent(run.text, font: run.font).width
    let height = try TextMeasurer.metrics(run.font).capHeight
    return run.rotation == 0
      ? Rect(run.origin.x, run.origin.y - height, width, height)
      : Rect(run.origin.x - height, run.origin.y - width, height, width)
  }
}
