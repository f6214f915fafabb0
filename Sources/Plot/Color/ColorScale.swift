/// Maps numbers between explicit bounds to colours.
public struct ColorScale: Equatable, Sendable {
  /// The map.
  public var map: ColorMap
  /// Values beyond it take the colour of its ends.
  public var scale: ValueScale
  /// Which end of the map the bounds get.
  public var direction: Direction
  /// The colour of values below the lower bound; nil for that of the bound.
  public var below: Color?
  /// The colour of values above the upper bound; nil for that of the bound.
  public var above: Color?
  /// The part of the map in use, from light to dark: its ends can be too close to the colours of paper and ink.
  public var range: ClosedRange<Double>

  /// Which end of the map the bounds get.
  public enum Direction: Equatable, Sendable {
    /// The lower bound is dark: ranks, where 1 is best.
    case darkLow
    /// The upper bound is dark: probabilities.
    case darkHigh
    /// As the map's authors publish it: for diverging maps, whose middle is light.
    case published
  }

  /// A scale.
  public init(
    map: ColorMap, scale: ValueScale, direction: Direction = .darkLow, range: ClosedRange<Double> = 0.04...0.94,
    below: Color? = nil, above: Color? = nil
  ) {
    self.below = below
    self.above = above
    self.map = map
    self.scale = scale
    self.direction = direction
    self.range = range
  }

  /// The colour of a value.
  public func color(of value: Double) -> Color {
    if let below, value < scale.domain.lowerBound { return below }
    if let above, value > scale.domain.upperBound { return above }
    return color(fraction: scale.fraction(of: value))
  }

  /// The colour at a fraction of the domain, 0 at the lower bound.
  func color(fraction: Double) -> Color {
    let used = range.upperBound - range.lowerBound
    return switch direction {
    case .darkLow: map.color(darkness: range.lowerBound + (1 - fraction) * used)
    case .darkHigh: map.color(darkness: range.lowerBound + fraction * used)
    case .published: map.color(at: range.lowerBound + fraction * used)
    }
  }
}
