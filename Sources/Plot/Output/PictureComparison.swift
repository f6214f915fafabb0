import CCairo
import Foundation

/// Two pictures compared pixel by pixel, in tiles.
public struct PictureComparison: Sendable {
  /// Pixels.
  public let first: (width: Int, height: Int)
  /// Pixels.
  public let second: (width: Int, height: Int)
  /// Tiles with a difference, in reading order.
  public let tiles: [Tile]
  /// The number of pixels that differ by more than the tolerance, or that only one picture has.
  public let differing: Int
  /// The largest difference in a channel, 0...255.
  public let largest: Int
  /// Root mean square of the difference, over all channels of the common area.
  public let rootMeanSquare: Double
  private let images: (PixelImage, PixelImage)
  private let tolerance: Int

  /// Side of a tile in pixels.
  public static let tileSide = 32

  /// A square of a picture.
  public struct Tile: Equatable, Sendable {
    /// Its left edge, pixels.
    public var x: Int
    /// Its upper edge, pixels.
    public var y: Int
    /// Pixels in it that differ.
    public var differing: Int
  }

  /// Compares PNG files.
  ///
  /// - Parameters:
  ///   - first: A PNG file.
  ///   - second: Another one.
  ///   - tolerance: Channels that differ by no more than this count as equal.
  /// - Throws: `PlotError` when one is no PNG, or too large.
  public init(_ first: Data, _ second: Data, tolerance: Int = 0) throws {
    let (one, other) = (try PixelImage(png: first), try PixelImage(png: second))
    (images, self.tolerance) = ((one, other), tolerance)
    self.first = (one.width, one.height)
    self.second = (other.width, other.height)
    let (width, height) = (max(one.width, other.width), max(one.height, other.height))
    var found: [Tile] = []
    var (largest, sum, differing) = (0, 0.0, 0)
    for y in stride(from: 0, to: height, by: Self.tileSide) {
      for x in stride(from: 0, to: width, by: Self.tileSide) {
        var count = 0
        for row in y..<min(y + Self.tileSide, height) {
          for column in x..<min(x + Self.tileSide, width) {
            guard let difference = Self.difference(one, other, column, row) else {
              count += 1
              continue
            }
            if difference.most > tolerance { count += 1 }
            largest = max(largest, difference.most)
            sum += difference.squares
          }
        }
        differing += count
        if count > 0 { found.append(Tile(x: x, y: y, differing: count)) }
      }
    }
    (tiles, self.largest, self.differing) = (found, largest, differing)
    let shared = Double(min(one.width, other.width) * min(one.height, other.height) * 3)
    rootMeanSquare = shared > 0 ? (sum / shared).squareRoot() : 0
  }

  /// nil where one of the pictures has no such pixel.
  private static func difference(
    _ one: PixelImage, _ other: PixelImage, _ column: Int, _ row: Int
  ) -> (most: Int, squares: Double)? {
    guard let a = one.pixel(column, row), let b = other.pixel(column, row) else { return nil }
    let (red, green, blue) = (abs(a.red - b.red), abs(a.green - b.green), abs(a.blue - b.blue))
    return (max(red, green, blue), Double(red * red + green * green + blue * blue))
  }

  /// A PNG of the differences: red on a pale copy of the first picture.
  ///
  /// - Throws: `PlotError`.
  public func differencePicture() throws -> Data {
    let (width, height) = (max(first.width, second.width), max(first.height, second.height))
    let image = try PixelImage(width: width, height: height) { column, row in
      let difference = Self.difference(images.0, images.1, column, row)
      if difference.map({ $0.most > tolerance }) ?? true { return (214, 39, 40) }
      guard let pixel = images.0.pixel(column, row) else { return (255, 255, 255) }
      return (pixel.red / 4 + 191, pixel.green / 4 + 191, pixel.blue / 4 + 191)
    }
    return try PNGEncoder(image).file(chunks: [])
  }
}

extension PixelImage {
  /// The pixels of a PNG file on a white background.
  ///
  /// - Throws: `PlotError` when it is not a PNG, or too large.
  convenience init(png data: Data) throws {
    _ = try PNGHeader(data)
    let reader = PNGSource(data)
    guard
      let read = cairo_image_surface_create_from_png_stream(
        { closure, bytes, count in
          guard let closure, let bytes else { return CAIRO_STATUS_READ_ERROR }
          return Unmanaged<PNGSource>.fromOpaque(closure).takeUnretainedValue().give(bytes, Int(count))
        }, Unmanaged.passUnretained(reader).toOpaque())
    else { throw PlotError.cairo(status: "out of memory", doing: "reading a PNG") }
    defer { cairo_surface_destroy(read) }
    let status = cairo_surface_status(read)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw PlotError.cairo(
        status: cairo_status_to_string(status).map { String(cString: $0) } ?? "status \(status.rawValue)",
        doing: "reading a PNG")
    }
    let (width, height) = (cairo_image_surface_get_width(read), cairo_image_surface_get_height(read))
    guard let opaque = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height),
      let context = cairo_create(opaque)
    else { throw PlotError.cairo(status: "out of memory", doing: "reading a PNG") }
    defer {
      cairo_destroy(context)
      cairo_surface_destroy(opaque)
    }
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    cairo_set_source_surface(context, read, 0, 0)
    cairo_paint(context)
    try self.init(opaque)
  }

  /// A picture whose pixels are given, 0...255 each of red, green and blue.
  convenience init(
    width: Int, height: Int, _ color: (_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int)
  ) throws {
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)) else {
      throw PlotError.cairo(status: "out of memory", doing: "starting a picture")
    }
    defer { cairo_surface_destroy(surface) }
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else {
      throw PlotError.badSize(width: Double(width), height: Double(height), limit: CairoSurface.longestRasterSide)
    }
    let stride = Int(cairo_image_surface_get_stride(surface))
    for row in 0..<height {
      let line = UnsafeMutableRawPointer(data + row * stride).assumingMemoryBound(to: UInt32.self)
      for column in 0..<width {
        let pixel = color(column, row)
        line[column] = UInt32(pixel.red) << 16 | UInt32(pixel.green) << 8 | UInt32(pixel.blue)
      }
    }
    cairo_surface_mark_dirty(surface)
    try self.init(surface)
  }
}

/// The data from which Cairo reads a PNG.
private final class PNGSource {
  private let data: Data
  private var place = 0

  init(_ data: Data) { self.data = data }

  func give(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> cairo_status_t {
    guard place + count <= data.count else { return CAIRO_STATUS_READ_ERROR }
    data.copyBytes(to: bytes, from: data.startIndex + place..<data.startIndex + place + count)
    place += count
    return CAIRO_STATUS_SUCCESS
  }
}
