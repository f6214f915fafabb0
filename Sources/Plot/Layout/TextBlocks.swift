/// Labels ready for drawing: in their font, without missing glyphs, cut to a length.
struct FittedLabels {
  /// One per label.
  let texts: [String]
  let fonts: [Font]
  let widths: [Double]
  let colors: [Color]

  /// Labels at a size, tokens in the token family, each at most `limit` wide.
  init(_ labels: [Label], size: Double, limit: Double, theme: Theme) throws {
    fonts = labels.map { $0.isToken ? theme.tokenFont(size: size) : theme.tickFont(size: size) }
    colors = labels.map { $0.isMuted ? theme.softInk : theme.ink }
    texts = try zip(labels, fonts).map { label, font in
      try TextMeasurer.shortened(try TextMeasurer.drawable(label.text, font: font), font: font, width: limit)
    }
    widths = try zip(texts, fonts).map { try TextMeasurer.extent($0, font: $1).width }
  }

  /// The widest.
  var width: Double { widths.max() ?? 0 }

  /// Height of a line of the tallest font.
  func lineHeight() throws -> Double {
    try Set(fonts).map { font in
      let metrics = try TextMeasurer.metrics(font)
      return metrics.ascent + metrics.descent
    }.max() ?? 0
  }
}

extension Theme {
  /// Height of a line of titles.
  func titleHeight() throws -> Double {
    let metrics = try TextMeasurer.metrics(titleFont())
    return metrics.ascent + metrics.descent
  }
}
