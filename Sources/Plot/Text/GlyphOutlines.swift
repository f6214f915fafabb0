import CCairo

/// Outlines of glyphs as SVG path data, read from Cairo.
enum GlyphOutlines {
  private static let enlarged = 64.0

  /// Path data of one glyph with its origin at (0, 0); empty for a glyph without ink.
  static func pathData(of glyph: PangoEngine.PlacedGlyph) throws -> String {
    guard let surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, nil),
      let context = cairo_create(surface)
    else { throw PlotError.cairo(status: "out of memory", doing: "outlining a glyph") }
    defer {
      cairo_destroy(context)
      cairo_surface_destroy(surface)
    }
    // FreeType rounds outlines to 1/64 unit: coarse at 7 points, invisible at a much larger size.
    var (matrix, enlargement, product, identity) = (
      cairo_matrix_t(), cairo_matrix_t(), cairo_matrix_t(), cairo_matrix_t()
    )
    cairo_scaled_font_get_font_matrix(glyph.scaledFont, &matrix)
    cairo_matrix_init_scale(&enlargement, enlarged, enlarged)
    cairo_matrix_multiply(&product, &matrix, &enlargement)
    cairo_matrix_init_identity(&identity)
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_scaled_font_get_font_options(glyph.scaledFont, options)
    guard
      let large = cairo_scaled_font_create(
        cairo_scaled_font_get_font_face(glyph.scaledFont), &product, &identity, options)
    else { throw PlotError.cairo(status: "out of memory", doing: "outlining a glyph") }
    defer { cairo_scaled_font_destroy(large) }
    cairo_set_scaled_font(context, large)
    var placed = cairo_glyph_t(index: glyph.index, x: 0, y: 0)
    cairo_glyph_path(context, &placed, 1)
    guard let path = cairo_copy_path(context) else {
      throw PlotError.cairo(status: "out of memory", doing: "outlining a glyph")
    }
    defer { cairo_path_destroy(path) }
    guard path.pointee.status == CAIRO_STATUS_SUCCESS else {
      throw PlotError.cairo(status: "status \(path.pointee.status.rawValue)", doing: "outlining a glyph")
    }
    return text(of: path)
  }

  private static func text(of path: UnsafeMutablePointer<cairo_path_t>) -> String {
    guard let data = path.pointee.data else { return "" }
    var result = ""
    var index = 0
    func point(_ offset: Int) -> String {
      let point = data[index + offset].point
      return "\(Decimal3.text(point.x / enlarged)) \(Decimal3.text(point.y / enlarged))"
    }
    while index < Int(path.pointee.num_data) {
      let header = data[index].header
      switch header.type {
      case CAIRO_PATH_MOVE_TO:
        // Cairo ends every path with a move that draws nothing.
        if index + Int(header.length) < Int(path.pointee.num_data) { result += "M" + point(1) }
      case CAIRO_PATH_LINE_TO: result += "L" + point(1)
      case CAIRO_PATH_CURVE_TO: result += "C" + point(1) + " " + point(2) + " " + point(3)
      default: result += "Z"
      }
      index += Int(header.length)
    }
    return result
  }
}
