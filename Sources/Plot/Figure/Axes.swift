/// Rows of a panel: bands from top to bottom with a label each.
public struct RowAxis: Equatable, Sendable {
  /// One per row; an empty one is not drawn.
  public var labels: [Label]
  /// Beside the labels, turned; nil for none.
  public var title: String?
  /// Rows with a little more room below them.
  public var gapsAfter: Set<Int>
  /// Whether rows between the first and the last may be left out where there is no room for all.
  public var mayThin: Bool

  /// An axis.
  public init(labels: [Label], title: String? = nil, gapsAfter: Set<Int> = [], mayThin: Bool = false) {
    self.labels = labels
    self.title = title
    self.gapsAfter = gapsAfter
    self.mayThin = mayThin
  }
}

/// Columns of a panel: bands from left to right with labels above, below or on both sides.
public struct ColumnAxis: Equatable, Sendable {
  /// Number of columns.
  public var count: Int
  /// Labels above and their title.
  public var above: Side?
  /// Labels below and their title.
  public var below: Side?

  /// Labels of one side, one per column; an empty one is not drawn.
  public struct Side: Equatable, Sendable {
    /// One per column.
    public var labels: [Label]
    /// Beyond the labels; nil for none.
    public var title: String?
    /// A side.
    public init(labels: [Label], title: String? = nil) {
      self.labels = labels
      self.title = title
    }
  }

  /// An axis.
  public init(count: Int, above: Side? = nil, below: Side? = nil) {
    self.count = count
    self.above = above
    self.below = below
  }
}

/// A bar that explains the colours of cells, the lower bound on top.
public struct ColorBar: Equatable, Sendable {
  /// What the colours mean.
  public var title: String
  /// The scale of the cells.
  public var scale: ColorScale
  /// Whether some values lie beyond the upper bound: its tick then says "at least".
  public var exceeds: Bool

  /// A colour bar.
  public init(title: String, scale: ColorScale, exceeds: Bool) {
    self.title = title
    self.scale = scale
    self.exceeds = exceeds
  }
}
