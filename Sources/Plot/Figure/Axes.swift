/// Rows of a panel: bands from top to bottom with a label each.
public struct RowAxis: Equatable, Sendable {
  /// One per row; an empty one is not drawn.
  public var labels: [Label]
  /// Beside the labels, turned; nil for none.
  public var title: String?
  /// Rows with a little more room below them.
  public var gapsAfter: Set<Int>
  /// Whether rows between the first and the last may be left out when not all fit.
  public var mayThin: Bool
  /// Rows that stay when others are left out: where something changes.
  public var kept: Set<Int> = []
  /// Short labels for where the axis runs across the page; nil for the same ones.
  public var across: [Label]?

  /// An axis.
  public init(
    labels: [Label], title: String? = nil, gapsAfter: Set<Int> = [], mayThin: Bool = false, across: [Label]? = nil
  ) {
    self.across = across
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
  /// Runs of columns that a band beside the cells names, from the first to the last; none for no band.
  public var spans: [NamedSpan] = []
  /// Whether these runs are of the labels below where there are labels on both sides; the band then stands on that side.
  public var hasSpansBelow = false

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

/// A run of columns or tokens that belong together, such as a message of a conversation.
public struct NamedSpan: Equatable, Sendable {
  /// Its columns or tokens, at least one.
  public var range: Range<Int>
  /// What it is; nil where that is not known.
  public var name: String?
  /// A run.
  public init(range: Range<Int>, name: String?) {
    self.range = range
    self.name = name
  }
}

extension [NamedSpan] {
  /// The name of the run in which a column or token is; empty where there is none.
  func name(at index: Int) -> String { first { $0.range.contains(index) }?.name ?? "" }
}

/// A bar that explains colours; the dark end of a sequential map is on top, or the upper bound of a diverging one.
public struct ColorBar: Equatable, Sendable {
  /// What the colours mean.
  public var title: String
  /// The scale of what is coloured.
  public var scale: ColorScale
  /// How its numbers are written.
  public var numbers: NumberStyle
  /// Whether some values lie beyond the upper bound: its tick then says "at least".
  public var exceeds: Bool
  /// Whether some values lie below the lower bound: its tick then says "at most".
  public var fallsBelow: Bool
  /// The values that have a tick, with their labels; nil for the ticks of the scale.
  public var given: [Tick]?

  /// A value with its label.
  public struct Tick: Equatable, Sendable {
    /// A value of the scale.
    public var value: Double
    /// What stands beside it.
    public var label: String
    /// A tick.
    public init(value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  /// A colour bar.
  public init(
    title: String, scale: ColorScale, numbers: NumberStyle = .counts, exceeds: Bool, fallsBelow: Bool = false
  ) {
    self.title = title
    self.scale = scale
    self.numbers = numbers
    self.exceeds = exceeds
    self.fallsBelow = fallsBelow
  }
}
