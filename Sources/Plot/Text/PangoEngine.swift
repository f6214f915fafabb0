import CCairo
import CPango
import Glibc
import Synchronization

/// The one owner of Pango: measures, breaks and draws text.
///
/// Nothing outside this file sees a Pango pointer.
///
/// All work happens inside `withEngine`, one caller at a time, and so does all drawing with Cairo. A font map per thread
/// would not be safe: Cairo opens font files without holding FreeType's lock, and closes those of other threads when ten
/// are open.
/// The settings make layout independent of the output's resolution: 72 units per inch, fractional glyph positions, no
/// hinting, no optional ligatures (those would pull a second, Identity-H encoded font into a PDF).
final class PangoEngine {
  private let map: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  private let attributes: OpaquePointer
  /// Every installed family.
  private let families: Set<String>
  private var shapedLines: [Font: ShapedLines] = [:]
  private var latest: ShapedLines?
  private var shapedCount = 0
  private var metricsCache: [Font: FontMetrics] = [:]
  private var outlineCache: [GlyphKey: String] = [:]

  /// The lines shaped so far in a font.
  private final class ShapedLines {
    let font: Font
    /// Whether the family itself is known to be installed.
    var isInstalled = false
    var byText: [String: Shaped] = [:]

    init(_ font: Font) { self.font = font }
  }

  /// A line of text after shaping; the cache owns the layout.
  struct Shaped {
    fileprivate var layout: OpaquePointer
    fileprivate var line: UnsafeMutablePointer<PangoLayoutLine>
    /// Advance width in PDF units.
    var width: Double
    /// The number of glyphs that no installed font has.
    var unknownGlyphs: Int
  }

  /// A glyph of a font at a size; the font's address is unique until the engine's caches are emptied.
  struct GlyphKey: Hashable, Sendable {
    private let font: UInt
    private let index: UInt

    init(_ glyph: PlacedGlyph) {
      font = UInt(bitPattern: glyph.scaledFont)
      index = glyph.index
    }
  }

  /// One placed glyph of a line, for outputs that write outlines themselves.
  struct PlacedGlyph {
    /// The font at its size, as a Cairo scaled font; alive as long as the engine.
    var scaledFont: OpaquePointer
    var index: UInt
    /// Offset from the left end of the baseline.
    var x: Double
    var y: Double
  }

  private static let shared = Mutex<PangoEngine?>(nil)

  /// Runs `body` with exclusive use of the engine; calls must not be nested.
  ///
  /// - Throws: what `body` throws, `PlotError.cairo` and `PlotError.outOfMemory` when Pango cannot start.
  static func withEngine<T: Sendable>(_ body: (PangoEngine) throws -> T) throws -> T {
    try shared.withLock { slot in
      let engine = try slot ?? PangoEngine()
      slot = engine
      // Caches are emptied only between callers: a rendering identifies fonts by their addresses.
      if engine.shapedCount >= 8192 { engine.emptyCache() }
      return try body(engine)
    }
  }

  /// What Pango, fontconfig, their threads and those that draw take, each with its own heap: below half of it threads fail to start.
  private static let memory = 512 << 20

  /// Pango and GLib end the program when they get no memory, so they are not started where there is too little.
  private static func requireMemory() throws {
    let probe = mmap(nil, memory, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let probe, probe != MAP_FAILED else {
      throw PlotError.outOfMemory(bytes: memory, doing: "the layout of text")
    }
    munmap(probe, memory)
  }

  private init() throws {
    try Self.requireMemory()
    // Otherwise Pango chooses variants of Han glyphs by the user's languages; figures must not depend on them.
    setenv("PANGO_LANGUAGE", "en", 1)
    guard let map = pango_cairo_font_map_new(), let context = pango_font_map_create_context(map),
      let attributes = pango_attr_list_new(), let options = cairo_font_options_create()
    else { throw PlotError.cairo(status: "out of memory", doing: "starting Pango") }
    self.map = map
    self.context = context
    self.attributes = attributes
    pango_cairo_font_map_set_resolution(OpaquePointer(map), 72)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    pango_cairo_context_set_font_options(context, options)
    cairo_font_options_destroy(options)
    pango_context_set_round_glyph_positions(context, 0)
    pango_context_set_language(context, pango_language_from_string("en"))
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR)
    pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0,clig=0"))
    families = Self.families(of: map)
  }

  private static func families(of map: UnsafeMutablePointer<PangoFontMap>) -> Set<String> {
    var list: UnsafeMutablePointer<UnsafeMutablePointer<PangoFontFamily>?>?
    var count: Int32 = 0
    pango_font_map_list_families(map, &list, &count)
    defer { g_free(list) }
    var names: Set<String> = []
    for index in 0..<Int(count) {
      if let family = list?[index], let name = pango_font_family_get_name(family) {
        names.insert(String(cString: name))
      }
    }
    return names
  }

  // MARK: Fonts

  /// Throws `PlotError.missingFont` unless the family itself is installed: fontconfig would substitute another silently.
  func require(_ font: Font) throws {
    guard font.size.isFinite, font.size > 0 else {
      throw PlotError.notFinite(what: "the size of font '\(font.family)'")
    }
    let known = lines(in: font)
    guard !known.isInstalled else { return }
    guard !families.contains(font.family) else {
      known.isInstalled = true
      return
    }
    let description = self.description(of: font, families: [font.family])
    defer { pango_font_description_free(description) }
    var resolved: String?
    if let loaded = pango_context_load_font(context, description) {
      if let found = pango_font_describe(loaded) {
        resolved = pango_font_description_get_family(found).map { String(cString: $0) }
        pango_font_description_free(found)
      }
      g_object_unref(loaded)
    }
    throw PlotError.missingFont(family: font.family, resolved: resolved)
  }

  private func description(of font: Font, families: [String]) -> OpaquePointer? {
    let description = pango_font_description_new()
    pango_font_description_set_family(description, families.joined(separator: ","))
    pango_font_description_set_absolute_size(description, font.size * Double(PANGO_SCALE))
    pango_font_description_set_weight(description, font.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    pango_font_description_set_style(description, font.italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL)
    return description
  }

  private func layout(_ text: String, _ font: Font) -> OpaquePointer? {
    let description = self.description(of: font, families: FontFamilies.chain(for: font.family))
    defer { pango_font_description_free(description) }
    let layout = pango_layout_new(context)
    pango_layout_set_font_description(layout, description)
    let replaced = FontFamilies.replacedRanges(in: text, family: font.family)
    let list = replaced.isEmpty ? pango_attr_list_ref(attributes) : pango_attr_list_copy(attributes)
    for (range, family) in replaced {
      guard let attribute = pango_attr_family_new(family) else { continue }
      attribute.pointee.start_index = UInt32(range.lowerBound)
      attribute.pointee.end_index = UInt32(range.upperBound)
      pango_attr_list_insert(list, attribute)
    }
    pango_layout_set_attributes(layout, list)
    pango_attr_list_unref(list)
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
    return layout
  }

  // MARK: Measuring

  /// Shapes one line; newlines count as characters, not as breaks.
  func shape(_ text: String, _ font: Font) throws -> Shaped {
    let known = lines(in: font)
    if let hit = known.byText[text] { return hit }
    guard let layout = layout(text, font) else { throw PlotError.cairo(status: "out of memory", doing: "shaping text") }
    pango_layout_set_single_paragraph_mode(layout, 1)
    guard let line = pango_layout_get_line_readonly(layout, 0) else {
      throw PlotError.cairo(status: "no line", doing: "shaping '\(text)'")
    }
    var logical = PangoRectangle()
    pango_layout_line_get_extents(line, nil, &logical)
    let shaped = Shaped(
      layout: layout, line: line, width: Double(logical.width) / Double(PANGO_SCALE),
      unknownGlyphs: text.isEmpty ? 0 : Int(pango_layout_get_unknown_glyphs_count(layout)))
    known.byText[text] = shaped
    shapedCount += 1
    return shaped
  }

  /// Texts arrive font by font, and comparing two fonts is faster than looking one up.
  private func lines(in font: Font) -> ShapedLines {
    if let latest, latest.font == font { return latest }
    let found = shapedLines[font] ?? ShapedLines(font)
    shapedLines[font] = found
    latest = found
    return found
  }

  private func emptyCache() {
    for lines in shapedLines.values {
      for entry in lines.byText.values { g_object_unref(UnsafeMutableRawPointer(entry.layout)) }
    }
    shapedLines.removeAll(keepingCapacity: true)
    (latest, shapedCount) = (nil, 0)
    // Fonts may be freed with the layouts, and others may get their addresses.
    outlineCache.removeAll(keepingCapacity: true)
  }

  /// Metrics of the font itself, independent of any text.
  func metrics(_ font: Font) throws -> FontMetrics {
    if let hit = metricsCache[font] { return hit }
    try require(font)
    let description = self.description(of: font, families: [font.family])
    defer { pango_font_description_free(description) }
    let metrics = pango_context_get_metrics(context, description, pango_language_from_string("en"))
    defer { pango_font_metrics_unref(metrics) }
    let scale = Double(PANGO_SCALE)
    let result = FontMetrics(
      ascent: Double(pango_font_metrics_get_ascent(metrics)) / scale,
      descent: Double(pango_font_metrics_get_descent(metrics)) / scale,
      capHeight: try inkAscent("H", font), xHeight: try inkAscent("x", font))
    metricsCache[font] = result
    return result
  }

  private func inkAscent(_ text: String, _ font: Font) throws -> Double {
    var ink = PangoRectangle()
    pango_layout_line_get_extents(try shape(text, font).line, &ink, nil)
    return -Double(ink.y) / Double(PANGO_SCALE)
  }

  // MARK: Breaking

  /// Byte ranges of the lines of `text` broken at newlines and words; a word that is too long stays whole.
  func breakLines(_ text: String, _ font: Font, width: Double) throws -> [Range<Int>] {
    try require(font)
    guard let layout = layout(text, font) else {
      throw PlotError.cairo(status: "out of memory", doing: "breaking text")
    }
    defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
    pango_layout_set_width(layout, Int32(min(max(width, 1), 1e6) * Double(PANGO_SCALE)))
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD)
    var ranges: [Range<Int>] = []
    for index in 0..<pango_layout_get_line_count(layout) {
      guard let line = pango_layout_get_line_readonly(layout, index) else { continue }
      let start = Int(line.pointee.start_index)
      ranges.append(start..<start + Int(line.pointee.length))
    }
    return ranges
  }

  // MARK: Drawing

  /// Draws a shaped line with the left end of its baseline at the current point of a Cairo context.
  func show(_ shaped: Shaped, on cairo: OpaquePointer) {
    pango_cairo_show_layout_line(cairo, shaped.line)
  }

  /// Adds the outlines of a shaped line to the path, its baseline's left end at the current point of a Cairo context.
  func addOutline(of shaped: Shaped, to cairo: OpaquePointer) {
    pango_cairo_layout_line_path(cairo, shaped.line)
  }

  /// The outline of a glyph as SVG path data; empty for a glyph without ink.
  func outline(of glyph: PlacedGlyph) throws -> String {
    let key = GlyphKey(glyph)
    if let known = outlineCache[key] { return known }
    let outline = try GlyphOutlines.pathData(of: glyph)
    outlineCache[key] = outline
    return outline
  }

  /// The glyphs of a shaped line, left to right.
  func glyphs(of shaped: Shaped) -> [PlacedGlyph] {
    let scale = Double(PANGO_SCALE)
    var placed: [PlacedGlyph] = []
    var x = 0.0
    var node = shaped.line.pointee.runs
    while let current = node {
      node = current.pointee.next
      guard let data = current.pointee.data else { continue }
      let run = data.assumingMemoryBound(to: PangoGlyphItem.self).pointee
      guard let item = run.item, let string = run.glyphs, let font = item.pointee.analysis.font,
        let scaled = pango_cairo_font_get_scaled_font(OpaquePointer(font))
      else { continue }
      for index in 0..<Int(string.pointee.num_glyphs) {
        let info = string.pointee.glyphs[index]
        // Pango's "empty" glyph stands for spaces and invisible characters.
        if info.glyph != PangoGlyph(0x0FFF_FFFF) {
          placed.append(
            PlacedGlyph(
              scaledFont: scaled, index: UInt(info.glyph), x: x + Double(info.geometry.x_offset) / scale,
              y: Double(info.geometry.y_offset) / scale))
        }
        x += Double(info.geometry.width) / scale
      }
    }
    return placed
  }
}
