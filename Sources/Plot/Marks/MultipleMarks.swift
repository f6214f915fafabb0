/// Heatmaps side by side or one below the other, one colour scale for all.
public struct MultipleMarks: Equatable, Sendable {
  /// In reading order.
  public var panels: [Part]
  /// Whether all rows have the same height; otherwise all panels have, and equal heights are equal shares of the layers.
  public var hasEqualRows: Bool

  /// One of the heatmaps.
  public struct Part: Equatable, Sendable {
    /// Above it; nil for none.
    public var title: Label?
    /// Its rows.
    public var rows: RowAxis
    /// Its cells.
    public var marks: CellMarks
    /// A panel.
    public init(title: Label?, rows: RowAxis, marks: CellMarks) {
      self.title = title
      self.rows = rows
      self.marks = marks
    }
  }

  /// Panels.
  public init(panels: [Part], hasEqualRows: Bool) {
    self.panels = panels
    self.hasEqualRows = hasEqualRows
  }
}
