/// What a layout drew of a figure's parts, so that captions claim no more than that.
public struct DrawnParts: Equatable, Sendable {
  /// Whether cells have their numbers or words; nil for a figure without cells.
  public var cellTexts: Bool?
  /// Cells of heatmaps.
  public var cells = 0
  /// Those of which fewer than three characters of a longer word are left.
  public var stumps = 0
  /// Whether marked cells can be seen as such; nil for a figure without cells.
  public var cellMarks: Bool?
  /// Whether all runs of columns or tokens have their names beside them; nil for a figure without named runs.
  public var spanNames: Bool?
  /// Whether the rows of heatmaps run across the page; nil for a figure without heatmaps.
  public var isTurned: Bool?
  /// Of how many labels of tokens one is shown: 1 for all.
  public var labelStride = 1
  /// Panels into which one heatmap is cut.
  public var panels = 1
  /// Columns of words that are shown; nil when all are.
  public var shownColumns: Int?
  /// Rows of words that are shown; nil when all are.
  public var shownRows: Rows?
  /// Cells that have the frame of a set, by the number of the set.
  public var frames: [Int: Int] = [:]
  /// Whether cells are large enough for the frames of sets.
  public var hasRoomForFrames = true
  /// Words with stripes that are left out.
  public var wordsLeftOut = 0
  /// Tokens left out at the end of a text.
  public var tokensLeftOut = 0

  /// Rows of which others are left out.
  public struct Rows: Equatable, Sendable {
    /// Of the figure's rows.
    public var indices: [Int]
    /// Every so many rows one is shown, beside those that must not be left out.
    public var stride: Int
  }

  /// Everything.
  public init() {}
}
