/// How figures look: fonts, sizes, strokes and spacing in PDF units, and the largest width and height.
public struct Theme: Equatable, Sendable {
  /// How much of a page's width a figure may take.
  public enum Span: String, CaseIterable, Sendable {
    /// One column.
    case column
    /// All of it.
    case full
  }

  /// Figures are at most this wide; they are narrower when their content is.
  public var width: Double
  /// Figures are at most about this high.
  public var height: Double

  /// The height of the tallest figure in a paper: 3.5 inches.
  public static let tallest = 252.0
  /// The height of the tallest figure without a venue: 6.25 inches, so that it stands on any page together with its caption.
  ///
  /// The text of LaTeX's `article` on letter paper is 7.4 inches high.
  public static let wholePage = 450.0

  /// Family of labels and numbers.
  public var textFamily = "TeX Gyre Heros"
  /// Family of tokens: each character's width shows that it is exact text.
  public var tokenFamily = "DejaVu Sans Mono"
  /// Size of titles of axes and guides.
  public var titleSize = 8.0
  /// Size of tick labels.
  public var tickSize = 7.0
  /// Size of tokens beside an axis or in a cell.
  public var tokenSize = 6.5
  /// Largest size of numbers in cells.
  public var cellSize = 6.5
  /// The smallest size; text that does not fit at this size is left out.
  public var smallestSize = 6.0

  /// Width of axis lines and ticks.
  public var axisStroke = 0.5
  /// Length of ticks.
  public var tickLength = 2.0
  /// Room between a label and what it labels.
  public var labelGap = 2.5
  /// Room between parts of a figure.
  public var blockGap = 8.0
  /// Room around everything, so that no ink touches the page's edge.
  public var margin = 1.5
  /// White gap between cells that are large enough.
  public var cellGap = 0.6
  /// Whether text may be on colours; if not, cells have no text.
  public var writesOnColor = true
  /// Thinnest lines.
  public var thinnestStroke = 0.4
  /// The venue whose rules every figure must follow; nil for none.
  public private(set) var strictVenue: Venue?

  /// Colours of ranks.
  public var colorMap = ColorMap.rdpu
  /// Ink of labels.
  public var ink = Color(hex: 0x111111)
  /// Ink of what matters less.
  public var softInk = Color(hex: 0x595959)
  /// Colour of bars and similar marks.
  public var accent = Color(hex: 0xAE017E)
  /// Colour of missing values and of the tracks of bars.
  public var faint = Color(hex: 0xEFEFEF)

  /// A theme for a given width and height.
  ///
  /// - Throws: `PlotError.badFigure` when one is below an inch, which would be unreadable.
  public init(width: Double, height: Double) throws {
    guard width.isFinite, height.isFinite, width >= 72, height >= 72, width <= 14_400, height <= 14_400 else {
      throw PlotError.badFigure(
        "a figure may be 72 to 14400 units wide and high, found \(Decimal3.text(width)) x \(Decimal3.text(height))")
    }
    self.width = width
    self.height = height
  }

  /// The theme of a venue.
  ///
  /// Figures are at most `tallest` high, or 0.9 of the text's height where that is less: the rest is for the caption. With `strict`, text and lines have the sizes
  /// that the venue requires, and `layout(_:theme:)` refuses a figure that breaks its rules.
  ///
  /// - Throws: `PlotError.unknownName` for a venue that is not in the list.
  public init(venue: String = "neurips", span: Span = .full, strict: Bool = false) throws {
    let venue = try Venue.named(venue)
    try self.init(width: span == .full ? venue.full : venue.column, height: min(venue.height * 0.9, Self.tallest))
    if venue.isSerif {
      textFamily = "TeX Gyre Termes"
      // Times runs smaller than Helvetica at the same size.
      titleSize = 8.5
      tickSize = 7.5
      cellSize = 7
    }
    if strict, let rules = venue.rules {
      strictVenue = venue
      follow(rules)
    }
  }

  /// Takes the sizes and widths that rules ask for.
  private mutating func follow(_ rules: VenueRules) {
    writesOnColor = rules.allowsTextOnColor
    if let least = rules.smallestText {
      smallestSize = max(smallestSize, least)
      titleSize = max(titleSize, least)
      tickSize = max(tickSize, least)
      tokenSize = max(tokenSize, least)
      cellSize = max(cellSize, least)
    }
    if let strokes = rules.strokes {
      thinnestStroke = max(thinnestStroke, strokes.lowerBound)
      axisStroke = max(axisStroke, strokes.lowerBound)
    }
  }

  func titleFont() -> Font { Font(family: textFamily, size: titleSize) }
  func tickFont(size: Double? = nil) -> Font { Font(family: textFamily, size: size ?? tickSize) }
  func tokenFont(size: Double? = nil, bold: Bool = false) -> Font {
    Font(family: tokenFamily, size: size ?? tokenSize, bold: bold)
  }
}
