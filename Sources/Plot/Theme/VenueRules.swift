/// A venue's rules for figures, as far as a scene can be checked for them.
public struct VenueRules: Equatable, Sendable {
  /// The document they are from.
  public var source: String
  /// Smallest size of text, PDF units.
  public var smallestText: Double?
  /// Widths lines may have, PDF units.
  public var strokes: ClosedRange<Double>?
  /// Whether text may be on a coloured or grey background.
  public var allowsTextOnColor = true
  /// Whether fonts may be embedded by glyph number (Identity-H), which characters beyond Latin-1 need.
  public var allowsGlyphNumbers = true
  /// Whether RGB colours are allowed; figures are always in RGB, greys as equal parts.
  public var allowsRGB = true

  /// Rules read from a document.
  init(
    source: String, smallestText: Double? = nil, strokes: ClosedRange<Double>? = nil, allowsTextOnColor: Bool = true,
    allowsGlyphNumbers: Bool = true, allowsRGB: Bool = true
  ) {
    self.source = source
    self.smallestText = smallestText
    self.strokes = strokes
    self.allowsTextOnColor = allowsTextOnColor
    self.allowsGlyphNumbers = allowsGlyphNumbers
    self.allowsRGB = allowsRGB
  }

  /// The rules a scene breaks, each with what was found; empty when it breaks none.
  public func violations(_ scene: Scene) -> [String] {
    var finder = ViolationFinder(rules: self)
    finder.look(scene.items)
    return finder.violations
  }
}

/// Searches a scene for broken rules, and reports each rule once with its worst case.
private struct ViolationFinder {
  let rules: VenueRules
  private var smallest: (size: Double, text: String)?
  private var thinnest: Double?
  private var thickest: Double?
  private var onColor: (count: Int, text: String)?
  private var beyondLatin: (count: Int, text: String)?
  private var hasColor = false
  /// What has been filled so far, in drawing order.
  private var grounds: [(rect: Rect, fill: Color)] = []

  init(rules: VenueRules) { self.rules = rules }

  mutating func look(_ items: [SceneItem]) {
    for item in items {
      switch item {
      case .rectangle(let rect, let fill, let stroke, _):
        if let fill { grounds.append((rect, fill)) }
        note(stroke: stroke, color: fill)
      case .path(_, let fill, let stroke): note(stroke: stroke, color: fill)
      case .text(let run): note(run)
      case .group(_, _, let inner), .structure(_, let inner): look(inner)
      case .picture, .link, .destination: break
      }
    }
  }

  private mutating func note(stroke: Stroke?, color: Color?) {
    if let stroke {
      thinnest = min(thinnest ?? stroke.width, stroke.width)
      thickest = max(thickest ?? stroke.width, stroke.width)
    }
    for color in [color, stroke?.color].compactMap(\.self) where color.red != color.green || color.green != color.blue {
      hasColor = true
    }
  }

  private mutating func note(_ run: TextRun) {
    if run.font.size < smallest?.size ?? .infinity { smallest = (run.font.size, run.text) }
    if run.needsGlyphNumbers, !run.isOutlined {
      beyondLatin = ((beyondLatin?.count ?? 0) + 1, beyondLatin?.text ?? run.text)
    }
    let place = run.rotation == 0 ? Point(run.origin.x + 0.5, run.origin.y - 0.5) : run.origin
    let ground = grounds.last { ground in
      ground.rect.x < place.x && place.x < ground.rect.maxX && ground.rect.y < place.y && place.y < ground.rect.maxY
    }
    if let ground, ground.fill != .white { onColor = ((onColor?.count ?? 0) + 1, onColor?.text ?? run.text) }
  }

  var violations: [String] {
    var found: [String] = []
    if let least = rules.smallestText, let smallest, smallest.size < least - 1e-9 {
      found.append(
        "text must have \(number(least)) points at least, found \(number(smallest.size)) (“\(smallest.text)”)")
    }
    if let strokes = rules.strokes {
      let ends = "lines must be \(number(strokes.lowerBound)) to \(number(strokes.upperBound)) points wide, found "
      if let thinnest, thinnest < strokes.lowerBound - 1e-9 { found.append(ends + number(thinnest)) }
      if let thickest, thickest > strokes.upperBound + 1e-9 { found.append(ends + number(thickest)) }
    }
    if !rules.allowsTextOnColor, let onColor {
      found.append("text must not stand on shaded ground, found \(onColor.count) of them (“\(onColor.text)”)")
    }
    if !rules.allowsGlyphNumbers, let beyondLatin {
      found.append(
        "fonts must not be embedded by glyph number (Identity-H), as characters beyond Latin-1 need: found in "
          + "\(beyondLatin.count) texts (“\(beyondLatin.text)”)")
    }
    if !rules.allowsRGB, hasColor { found.append("colours must be CMYK, found RGB") }
    return found
  }

  private func number(_ value: Double) -> String { Decimal3.text(value) }
}
