/// A point in PDF units (1/72 inch), y downwards from the top left.
public struct Point: Equatable, Hashable, Sendable {
  /// To the right.
  public var x: Double
  /// Downwards.
  public var y: Double
  /// A point.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// Width and height in PDF units.
public struct Size: Equatable, Hashable, Sendable {
  /// From left to right.
  public var width: Double
  /// From top to bottom.
  public var height: Double
  /// A size.
  public init(_ width: Double, _ height: Double) {
    self.width = width
    self.height = height
  }
}

/// A rectangle in PDF units, `(x, y)` its top left corner.
public struct Rect: Equatable, Hashable, Sendable {
  /// To the right.
  public var x: Double
  /// Downwards.
  public var y: Double
  /// From left to right.
  public var width: Double
  /// From top to bottom.
  public var height: Double
  /// A rectangle.
  public init(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
  /// Right edge.
  public var maxX: Double { x + width }
  /// Bottom edge.
  public var maxY: Double { y + height }
  /// Horizontal middle.
  public var midX: Double { x + width / 2 }
  /// Vertical middle.
  public var midY: Double { y + height / 2 }
}

/// A path of straight and cubic segments.
public struct Path: Equatable, Sendable {
  /// One step of a path.
  public enum Segment: Equatable, Sendable {
    /// Begins a new outline.
    case move(Point)
    /// A straight line to a point.
    case line(Point)
    /// A cubic Bézier curve to a point.
    case curve(control1: Point, control2: Point, to: Point)
    /// A straight line back to where the outline began.
    case close
  }
  /// In drawing order.
  public var segments: [Segment]
  /// A path.
  public init(_ segments: [Segment]) { self.segments = segments }
}
