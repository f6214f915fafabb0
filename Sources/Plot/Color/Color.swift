import Foundation

/// An opaque or translucent sRGB colour, components 0...1.
public struct Color: Equatable, Hashable, Sendable {
  /// Red, 0...1.
  public var red: Double
  /// Green, 0...1.
  public var green: Double
  /// Blue, 0...1.
  public var blue: Double
  /// Opacity, 0...1.
  public var alpha: Double

  /// A colour from components 0...1.
  public init(red: Double, green: Double, blue: Double, alpha: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// A colour from 0xRRGGBB.
  public init(hex: UInt32, alpha: Double = 1) {
    self.init(
      red: Double((hex >> 16) & 0xFF) / 255, green: Double((hex >> 8) & 0xFF) / 255, blue: Double(hex & 0xFF) / 255,
      alpha: alpha)
  }

  /// Black.
  public static let black = Color(hex: 0x000000)
  /// White.
  public static let white = Color(hex: 0xFFFFFF)

  /// WCAG relative luminance, 0 (black) to 1 (white).
  public var luminance: Double {
    func linear(_ c: Double) -> Double { c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Black or white, whichever contrasts more with this colour: at least 4.58:1 (threshold 0.179, see WCAG 2.1).
  public var ink: Color { luminance > 0.179 ? .black : .white }

  /// The ratio of contrast of two opaque colours, 1 to 21 (WCAG 2.1).
  public func contrast(with other: Color) -> Double {
    let (one, two) = (luminance, other.luminance)
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)
  }

  /// An ink for what matters less: `ink` mixed with this colour as far as a contrast of 4.5:1 remains.
  var mutedInk: Color {
    let ink = self.ink
    func mixed(_ share: Double) -> Color {
      Color(
        red: ink.red + (red - ink.red) * share, green: ink.green + (green - ink.green) * share,
        blue: ink.blue + (blue - ink.blue) * share)
    }
    return stride(from: 0.45, to: 0, by: -0.05).map(mixed).first { contrast(with: $0) >= 4.5 } ?? ink
  }
}
