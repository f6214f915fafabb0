import Foundation

extension Picture {
  /// The picture of a PNG file; what is transparent becomes white.
  ///
  /// - Throws: `PlotError.badPicture` or `PlotError.cairo` when the file is no PNG, too large or damaged.
  public init(png: Data) throws {
    let pixels = try PixelImage(png: png)
    self.init(size: Size(Double(pixels.width), Double(pixels.height)), png: png)
  }

  /// Draws it, stretched to a rectangle.
  func draw(on canvas: CairoSurface, in rect: Rect) throws {
    try PixelImage(png: png).draw(on: canvas, in: rect)
  }
}
