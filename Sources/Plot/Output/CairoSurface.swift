import CCairo
import Foundation

/// The one owner of Cairo surfaces: pages of PDF in memory, or one picture of pixels.
final class CairoSurface {
  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let sink: Sink
  private var finished = false
  /// Whether the surface supports tags, links and destinations.
  let isDocument: Bool

  /// Collects the bytes Cairo writes.
  private final class Sink {
    var data = Data()
  }

  /// Longest side Cairo's rasters can have.
  static let longestRasterSide = 32_767.0
  /// Longest side of a PDF page that readers accept (200 inches).
  static let longestPageSide = 14_400.0

  private init(surface: OpaquePointer, context: OpaquePointer, sink: Sink, isDocument: Bool) {
    self.surface = surface
    self.context = context
    self.sink = sink
    self.isDocument = isDocument
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// A PDF document in memory whose first page has that size.
  static func pdf(firstPage size: Size) throws -> CairoSurface {
    try check(size, limit: longestPageSide)
    let sink = Sink()
    let surface = cairo_pdf_surface_create_for_stream(
      append, Unmanaged.passUnretained(sink).toOpaque(), size.width, size.height)
    guard let surface, let context = cairo_create(surface) else {
      throw PlotError.cairo(status: "out of memory", doing: "starting a PDF")
    }
    // Otherwise Cairo writes the wall-clock time; without the date the bytes are reproducible.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, nil)
    return CairoSurface(surface: surface, context: context, sink: sink, isDocument: true)
  }

  /// An opaque raster of `size` PDF units at `scale` pixels per unit.
  static func raster(_ size: Size, scale: Double) throws -> CairoSurface {
    guard scale.isFinite, scale > 0 else { throw PlotError.notFinite(what: "the resolution") }
    try check(size, limit: longestRasterSide / scale)
    // Rounded up, but not because of the last bit of a product such as 120 * 300 / 72.
    let width = Int32((size.width * scale - 1e-6).rounded(.up))
    let height = Int32((size.height * scale - 1e-6).rounded(.up))
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height),
      let context = cairo_create(surface)
    else { throw PlotError.cairo(status: "out of memory", doing: "starting a picture") }
    let canvas = CairoSurface(surface: surface, context: context, sink: Sink(), isDocument: false)
    try canvas.verify("starting a picture")
    cairo_scale(context, scale, scale)
    return canvas
  }

  private static func check(_ size: Size, limit: Double) throws {
    guard size.width.isFinite, size.height.isFinite, size.width > 0, size.height > 0, size.width <= limit,
      size.height <= limit
    else { throw PlotError.badSize(width: size.width, height: size.height, limit: limit) }
  }

  /// The PDF's bytes; ends the document.
  func pdfData() throws -> Data {
    cairo_surface_finish(surface)
    try verify("writing a PDF")
    return sink.data
  }

  /// The raster's pixels, after drawing.
  func pixels() throws -> PixelImage { try PixelImage(surface) }

  /// Throws any error that Cairo has recorded silently.
  func verify(_ doing: String) throws {
    for status in [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw Self.error(status, doing)
    }
  }

  private static func error(_ status: cairo_status_t, _ doing: String) -> PlotError {
    .cairo(
      status: cairo_status_to_string(status).map { String(cString: $0) } ?? "status \(status.rawValue)", doing: doing)
  }

  // MARK: Pages and metadata

  /// Sets the size of the page that is about to be drawn.
  func setPageSize(_ size: Size) throws {
    try Self.check(size, limit: Self.longestPageSide)
    cairo_pdf_surface_set_size(surface, size.width, size.height)
  }

  /// Ends the page.
  func showPage() { cairo_show_page(context) }

  /// Writes the non-empty fields.
  func setMetadata(_ metadata: DocumentMetadata) {
    let fields = [
      (CAIRO_PDF_METADATA_TITLE, metadata.title), (CAIRO_PDF_METADATA_AUTHOR, metadata.author),
      (CAIRO_PDF_METADATA_SUBJECT, metadata.subject), (CAIRO_PDF_METADATA_KEYWORDS, metadata.keywords),
      (CAIRO_PDF_METADATA_CREATOR, metadata.creator),
    ]
    for (key, value) in fields where !value.isEmpty { cairo_pdf_surface_set_metadata(surface, key, value) }
  }

  /// Adds an outline entry under `parent` (0 for the top) and returns its number.
  func addOutline(_ title: String, destination: String, parent: Int32) -> Int32 {
    cairo_pdf_surface_add_outline(
      surface, parent, title, "dest='\(Self.escaped(destination))'", CAIRO_PDF_OUTLINE_FLAG_OPEN)
  }

  // MARK: State

  /// Runs `body` with everything moved and scaled, then undoes that.
  func saved(_ body: () throws -> Void) rethrows {
    cairo_save(context)
    defer { cairo_restore(context) }
    try body()
  }

  /// Moves the origin.
  func translate(_ offset: Point) { cairo_translate(context, offset.x, offset.y) }
  /// Scales about the origin.
  func scale(_ factor: Double) { cairo_scale(context, factor, factor) }
  /// Turns clockwise by degrees about the origin.
  func rotate(_ degrees: Double) { cairo_rotate(context, degrees * .pi / 180) }

  // MARK: Drawing

  /// Fills the whole surface.
  func paint(_ color: Color) {
    set(color)
    cairo_paint(context)
  }

  /// Adds a rectangle with round corners to the current path.
  func add(_ rect: Rect, cornerRadius: Double) {
    let radius = min(cornerRadius, rect.width / 2, rect.height / 2)
    guard radius > 0 else {
      cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
      return
    }
    cairo_new_sub_path(context)
    cairo_arc(context, rect.maxX - radius, rect.y + radius, radius, -.pi / 2, 0)
    cairo_arc(context, rect.maxX - radius, rect.maxY - radius, radius, 0, .pi / 2)
    cairo_arc(context, rect.x + radius, rect.maxY - radius, radius, .pi / 2, .pi)
    cairo_arc(context, rect.x + radius, rect.y + radius, radius, .pi, 3 * .pi / 2)
    cairo_close_path(context)
  }

  /// Adds segments to the current path.
  func add(_ path: Path) {
    for segment in path.segments {
      switch segment {
      case .move(let p): cairo_move_to(context, p.x, p.y)
      case .line(let p): cairo_line_to(context, p.x, p.y)
      case .curve(let a, let b, let p): cairo_curve_to(context, a.x, a.y, b.x, b.y, p.x, p.y)
      case .close: cairo_close_path(context)
      }
    }
  }

  /// Fills, then strokes the current path, and forgets it.
  func draw(fill: Color?, stroke: Stroke?) {
    if let fill {
      set(fill)
      cairo_fill_preserve(context)
    }
    if let stroke {
      set(stroke.color)
      cairo_set_line_width(context, stroke.width)
      cairo_set_dash(context, stroke.dash, Int32(stroke.dash.count), 0)
      cairo_stroke_preserve(context)
    }
    cairo_new_path(context)
  }

  /// Draws a shaped line of text at the origin.
  func show(_ line: PangoEngine.Shaped, color: Color, outlined: Bool, with engine: PangoEngine) {
    set(color)
    cairo_move_to(context, 0, 0)
    if outlined {
      engine.addOutline(of: line, to: context)
      cairo_fill(context)
    } else {
      engine.show(line, on: context)
    }
    cairo_new_path(context)
  }

  /// Paints another surface of a size with its corner at the origin.
  ///
  /// Filled, not painted: a paint without bounds discards what Cairo has recorded before it, tags included.
  func paint(_ picture: OpaquePointer, size: Size, scale: Size) {
    cairo_scale(context, scale.width, scale.height)
    cairo_set_source_surface(context, picture, 0, 0)
    cairo_rectangle(context, 0, 0, size.width, size.height)
    cairo_fill(context)
  }

  private func set(_ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
  }

  // MARK: Tags

  /// Runs `body` inside a structure element.
  func tagged(_ name: String, attributes: String = "", _ body: () throws -> Void) rethrows {
    cairo_tag_begin(context, name, attributes)
    try body()
    cairo_tag_end(context, name)
  }

  /// A link over a rectangle of the current coordinates.
  func link(_ rect: Rect, to target: LinkTarget) {
    let box = inDeviceSpace(rect)
    let place =
      "rect=[\(Decimal3.text(box.x)) \(Decimal3.text(box.y)) \(Decimal3.text(box.width)) \(Decimal3.text(box.height))]"
    let goal =
      switch target {
      case .uri(let uri): "uri='\(Self.escaped(uri))'"
      case .destination(let name): "dest='\(Self.escaped(name))'"
      }
    inDeviceSpace { tagged(CAIRO_TAG_LINK, attributes: "\(place) \(goal)") {} }
  }

  /// A named place at a point of the current coordinates.
  func destination(_ name: String, at point: Point) {
    let place = inDeviceSpace(Rect(point.x, point.y, 0, 0))
    inDeviceSpace {
      tagged(
        CAIRO_TAG_DEST,
        attributes: "name='\(Self.escaped(name))' x=\(Decimal3.text(place.x)) y=\(Decimal3.text(place.y))"
      ) {}
    }
  }

  /// Cairo reads places in tags as untransformed, independent of the current matrix.
  private func inDeviceSpace(_ body: () -> Void) {
    saved {
      cairo_identity_matrix(context)
      body()
    }
  }

  private func inDeviceSpace(_ rect: Rect) -> Rect {
    var (left, top, right, bottom) = (rect.x, rect.y, rect.maxX, rect.maxY)
    cairo_user_to_device(context, &left, &top)
    cairo_user_to_device(context, &right, &bottom)
    return Rect(left, top, right - left, bottom - top)
  }

  /// Quotes and backslashes would end an attribute early and break the file.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      // By scalars: a quote with a mark on it is a quote to Cairo.
      if scalar == "\\" || scalar == "'" { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }
}

/// Cairo's write callback: `closure` is the unretained `Sink`.
private func append(
  closure: UnsafeMutableRawPointer?, bytes: UnsafePointer<UInt8>?, count: UInt32
) -> cairo_status_t {
  guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
  CairoSurface.receive(bytes, Int(count), for: closure)
  return CAIRO_STATUS_SUCCESS
}

extension CairoSurface {
  fileprivate static func receive(_ bytes: UnsafePointer<UInt8>, _ count: Int, for closure: UnsafeMutableRawPointer) {
    Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue().data.append(bytes, count: count)
  }
}
