/// The glyphs of a scene's texts, from which an output writes outlines without Pango.
struct GlyphTable: Sendable {
  /// A glyph in its place in a run.
  struct Use: Sendable {
    /// Of its outline.
    var number: Int
    /// Offset from the left end of the baseline.
    var x: Double
    var y: Double
  }

  /// The glyphs with ink of every run of text, in the order of the scene.
  private(set) var runs: [[Use]] = []
  /// Outlines as SVG path data, with their numbers, in the order of their first use.
  private(set) var outlines: [(number: Int, path: String)] = []
  /// Numbers of the glyphs seen so far, nil for those without ink.
  private var numbers: [PangoEngine.GlyphKey: Int?] = [:]

  /// The table of a scene's items.
  ///
  /// - Throws: `PlotError` for a missing font or glyph.
  init(_ items: [SceneItem], engine: PangoEngine) throws {
    try add(items, engine)
    numbers = [:]
  }

  private mutating func add(_ items: [SceneItem], _ engine: PangoEngine) throws {
    for item in items {
      switch item {
      case .text(let run): try add(run, engine)
      case .group(_, _, let inner), .structure(_, let inner): try add(inner, engine)
      case .rectangle, .path, .picture, .link, .destination: break
      }
    }
  }

  private mutating func add(_ run: TextRun, _ engine: PangoEngine) throws {
    var uses: [Use] = []
    for glyph in engine.glyphs(of: try engine.verifiedLine(run)) {
      guard let number = try number(of: glyph, engine) else { continue }
      uses.append(Use(number: number, x: glyph.x, y: glyph.y))
    }
    runs.append(uses)
  }

  private mutating func number(of glyph: PangoEngine.PlacedGlyph, _ engine: PangoEngine) throws -> Int? {
    let key = PangoEngine.GlyphKey(glyph)
    if let known = numbers[key] { return known }
    let outline = try engine.outline(of: glyph)
    // Glyphs without ink count as well.
    let number = outline.isEmpty ? nil : numbers.count
    numbers[key] = .some(number)
    if let number { outlines.append((number, outline)) }
    return number
  }
}
