import CCairo
import Foundation
import Testing

@testable import Plot

@Suite struct PNGEncoderTests {
  /// A picture of flat areas, text and noise: more than one strip of rows.
  private static func picture(_ size: Size, noise: Int) throws -> PixelImage {
    try PangoEngine.withEngine { engine in
      let surface = try CairoSurface.raster(size, scale: 2)
      surface.paint(.white)
      try CairoSceneDrawing(surface: surface, engine: engine).draw(SampleScenes.everything.items)
      var state: UInt64 = 7
      for _ in 0..<noise {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = Rect(
          Double(state >> 40 & 0xFF) / 255 * size.width, Double(state >> 48 & 0xFF) / 255 * size.height, 0.7, 0.9)
        surface.add(place, cornerRadius: 0)
        surface.draw(fill: Color(hex: UInt32(state >> 16 & 0xFF_FFFF)), stroke: nil)
      }
      try surface.verify("drawing noise")
      return try surface.pixels()
    }
  }

  /// What is left to read of a file.
  private final class Source {
    private var rest: Data

    init(_ data: Data) { rest = data }

    func take(_ count: Int, into bytes: UnsafeMutablePointer<UInt8>) -> cairo_status_t {
      guard rest.count >= count else { return CAIRO_STATUS_READ_ERROR }
      rest.copyBytes(to: bytes, count: count)
      rest = rest.dropFirst(count)
      return CAIRO_STATUS_SUCCESS
    }
  }

  /// Rows of red, green and blue of a PNG file, as libpng reads it.
  private static func decoded(_ png: Data) throws -> [[UInt8]] {
    let source = Source(png)
    let read = cairo_image_surface_create_from_png_stream(
      { closure, bytes, count in
        guard let closure, let bytes else { return CAIRO_STATUS_READ_ERROR }
        return Unmanaged<Source>.fromOpaque(closure).takeUnretainedValue().take(Int(count), into: bytes)
      }, Unmanaged.passUnretained(source).toOpaque())
    let surface = try #require(read)
    defer { cairo_surface_destroy(surface) }
    try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
    return rows(of: try PixelImage(surface))
  }

  private static func rows(of image: PixelImage) -> [[UInt8]] {
    (0..<image.height).map { row in
      [UInt8](unsafeUninitializedCapacity: 3 * image.width) { bytes, count in
        if let base = bytes.baseAddress { image.copyRow(row, to: base) }
        count = 3 * image.width
      }
    }
  }

  @Test(arguments: [(Size(0.5, 0.5), 0), (Size(200, 120), 0), (Size(3, 6000), 500), (Size(500, 900), 4000)])
  func whatIsReadBackIsWhatWasDrawn(size: Size, noise: Int) throws {
    let image = try Self.picture(size, noise: noise)
    let png = try PNGEncoder(image).file(chunks: [])
    #expect(try Self.decoded(png) == Self.rows(of: image))
    let chunks = PNGReader.chunks(of: png)
    #expect(chunks.allSatisfy { $0.checksumIsRight })
    #expect(Set(chunks.map(\.type)) == ["IHDR", "IDAT", "IEND"])
    #expect(chunks.reduce(8) { $0 + 12 + $1.content.count } == png.count, "nothing stands after the last chunk")
  }

  @Test(arguments: [2, 5])
  func theBytesDoNotDependOnTheNumberOfThreads(threads: Int) throws {
    let image = try Self.picture(Size(400, 700), noise: 3000)
    let alone = try PNGEncoder(image).file(chunks: [], threads: 1)
    #expect(PNGReader.chunks(of: alone).count { $0.type == "IDAT" } > 5, "several strips")
    #expect(try PNGEncoder(image).file(chunks: [], threads: threads) == alone)
  }

  @Test func aFlatPictureTakesNextToNoRoom() throws {
    let image = try PangoEngine.withEngine { _ in
      let surface = try CairoSurface.raster(Size(1000, 1000), scale: 1)
      surface.paint(Color(hex: 0xE23E99))
      return try surface.pixels()
    }
    #expect(try PNGEncoder(image).file(chunks: []).count < 30_000)
  }
}
