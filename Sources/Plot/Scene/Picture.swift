import Foundation

/// A picture of pixels that a document shows, such as a logo.
public struct Picture: Equatable, Sendable {
  /// Width and height in pixels.
  public let size: Size
  /// The PNG file.
  let png: Data
}
