/// Size of a line of text in PDF units: advance width, and the font's ascent above and descent below the baseline.
///
/// Ascent and descent are those of the font, not of the letters, so that lines of one font share their spacing.
public struct TextExtent: Equatable, Sendable {
  /// From left to right.
  public var width: Double
  /// Above the baseline.
  public var ascent: Double
  /// Below the baseline.
  public var descent: Double
  /// An extent.
  public init(width: Double, ascent: Double, descent: Double) {
    self.width = width
    self.ascent = ascent
    self.descent = descent
  }
}

/// Heights of a font in PDF units.
public struct FontMetrics: Equatable, Sendable {
  /// Above the baseline.
  public var ascent: Double
  /// Below the baseline.
  public var descent: Double
  /// Height of capitals and digits.
  public var capHeight: Double
  /// Height of small letters.
  public var xHeight: Double
}

/// Measures text exactly as the outputs draw it.
public enum TextMeasurer {
  /// Width of `text` on one line, with the font's ascent and descent.
  ///
  /// - Throws: `PlotError.missingFont` when the family is not installed.
  public static func extent(_ text: String, font: Font) throws -> TextExtent {
    try PangoEngine.withEngine { engine in
      let metrics = try engine.metrics(font)
      return TextExtent(width: try engine.shape(text, font).width, ascent: metrics.ascent, descent: metrics.descent)
    }
  }

  /// Heights of the font, independent of any text.
  public static func metrics(_ font: Font) throws -> FontMetrics {
    try PangoEngine.withEngine { try $0.metrics(font) }
  }

  /// `text` broken into lines at most `width` wide, at newlines and words, or at graphemes in a word that is too long.
  ///
  /// Spaces at a break are dropped; a blank line stays as an empty string.
  public static func lines(_ text: String, font: Font, width: Double) throws -> [String] {
    try PangoEngine.withEngine { engine in
      let bytes = Array(text.utf8)
      var lines: [String] = []
      for range in try engine.breakLines(text, font, width: width) {
        var line = String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
        while line.last?.isWhitespace == true { line.removeLast() }
        // Pango would break a long word too, but by rules of an older Unicode that split some conjuncts.
        var rest = Array(line)
        while rest.count > 1, try engine.shape(String(rest), font).width > width {
          let count = max(
            1, try longestPrefix(of: rest.count) { try engine.shape(String(rest.prefix($0)), font).width <= width })
          lines.append(String(rest.prefix(count)))
          rest.removeFirst(count)
        }
        lines.append(String(rest))
      }
      return lines
    }
  }

  /// `text` cut to at most `width` with an ellipsis, at a grapheme; unchanged if it fits.
  public static func shortened(_ text: String, font: Font, width: Double, keeping end: KeptEnd = .head) throws -> String
  {
    try PangoEngine.withEngine { engine in
      try engine.require(font)
      if try engine.shape(text, font).width <= width { return text }
      let graphemes = Array(text)
      func candidate(_ count: Int) -> String {
        switch end {
        case .head: String(graphemes.prefix(count)) + "…"
        case .tail: "…" + String(graphemes.suffix(count))
        }
      }
      return candidate(try longestPrefix(of: graphemes.count) { try engine.shape(candidate($0), font).width <= width })
    }
  }

  /// The largest count up to `total` that fits, given that every smaller count fits as well.
  private static func longestPrefix(of total: Int, fits: (Int) throws -> Bool) rethrows -> Int {
    var low = 0
    var high = total
    while low < high {
      let middle = (low + high + 1) / 2
      if try fits(middle) { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Which end of a text survives shortening.
  public enum KeptEnd: Sendable {
    /// The beginning.
    case head
    /// The end.
    case tail
  }

  /// `text` with every grapheme that no installed font can draw replaced by its code points, as in `⟨1F680⟩`.
  ///
  /// For text that comes from data; text of the program itself should rather fail with `PlotError.missingGlyph`.
  public static func drawable(_ text: String, font: Font) throws -> String {
    try PangoEngine.withEngine { engine in
      try engine.require(font)
      if try engine.shape(text, font).unknownGlyphs == 0 { return text }
      return try text.map { grapheme in
        let one = String(grapheme)
        return try engine.shape(one, font).unknownGlyphs == 0 ? one : codes(of: one)
      }.joined()
    }
  }

  private static func codes(of grapheme: String) -> String {
    let hex = grapheme.unicodeScalars.map { String($0.value, radix: 16, uppercase: true) }
    return "⟨" + hex.joined(separator: "+") + "⟩"
  }
}
