import Foundation

/// A picture of pixels that a document shows, such as a logo.
public struct Picture: Equatable, Sendable {
  /// Width and height in pixels.
  public let size: Size
  /// The PNG file.
  let png: Data
  /// What it shows, on white.
  let pixels: PixelImage

  /// The picture of a PNG file.
  ///
  /// - Throws: `PlotError.badPicture` or `PlotError.cairo` when the file is no PNG, too large or damaged.
  public init(png: Data) throws {
    pixels = try PixelImage(png: png)
    self.png = png
    size = Size(Double(pixels.width), Double(pixels.height))
  }

  /// Whether two pictures come from the same file.
  public static func == (one: Picture, other: Picture) -> Bool { one.png == other.png }
}
