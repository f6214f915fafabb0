import CCairo

/// The finished pixels of a raster, for reading; they outlive the surface on which they were drawn.
final class PixelImage: @unchecked Sendable {
  // It is no longer drawn on, so sharing it is safe.
  private let surface: OpaquePointer
  private let base: UnsafePointer<UInt8>
  private let stride: Int
  let width: Int
  let height: Int

  /// Pixels of an image surface, which is flushed.
  init(_ surface: OpaquePointer) throws {
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else {
      throw PlotError.cairo(status: "no pixels", doing: "reading a picture")
    }
    self.surface = cairo_surface_reference(surface)
    base = UnsafePointer(data)
    stride = Int(cairo_image_surface_get_stride(surface))
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
  }

  deinit { cairo_surface_destroy(surface) }

  /// A pixel, 0...255 each; nil outside of the picture.
  func pixel(_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int)? {
    guard (0..<width).contains(column), (0..<height).contains(row) else { return nil }
    let word = UnsafeRawPointer(base + row * stride).assumingMemoryBound(to: UInt32.self)[column]
    return (Int(word >> 16 & 0xFF), Int(word >> 8 & 0xFF), Int(word & 0xFF))
  }

  /// Draws the picture, stretched to a rectangle.
  func draw(on canvas: CairoSurface, in rect: Rect) {
    canvas.saved {
      canvas.translate(Point(rect.x, rect.y))
      let size = Size(Double(width), Double(height))
      canvas.paint(surface, size: size, scale: Size(rect.width / size.width, rect.height / size.height))
    }
  }

  /// Writes a row as red, green, blue, 3 x `width` bytes.
  func copyRow(_ row: Int, to bytes: UnsafeMutablePointer<UInt8>) {
    let words = UnsafeRawPointer(base + row * stride).assumingMemoryBound(to: UInt32.self)
    var place = bytes
    for column in 0..<width {
      let word = words[column]
      place[0] = UInt8(truncatingIfNeeded: word >> 16)
      place[1] = UInt8(truncatingIfNeeded: word >> 8)
      place[2] = UInt8(truncatingIfNeeded: word)
      place += 3
    }
  }
}
