/// Turns numbers of a logarithmic domain into colours; the lower bound gets the dark end.
public struct ColorScale: Equatable, Sendable {
  /// The map.
  public var map: ColorMap
  /// Values beyond it take the colour of its ends.
  public var scale: LogScale
  /// The part of the map that is used, from light to dark: the very ends can be too close to paper and to ink.
  public var range: ClosedRange<Double>

  /// A scale.
  public init(map: ColorMap, scale: LogScale, range: ClosedRange<Double> = 0.04...0.94) {
    self.map = map
    self.scale = scale
    self.range = range
  }

  /// The colour of a value.
  public func color(of value: Double) -> Color {
    color(fraction: scale.fraction(of: value))
  }

  /// The colour at a fraction of the domain, 0 at the lower bound.
  func color(fraction: Double) -> Color {
    map.color(darkness: range.lowerBound + (1 - fraction) * (range.upperBound - range.lowerBound))
  }
}
