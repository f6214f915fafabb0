/// Words in a grid, each with a small upright bar for its share and the share as text below.
public struct EntryMarks: Equatable, Sendable {
  /// Across: the first column has each row's largest entry.
  public var columns: ColumnAxis
  /// The words: [row][column].
  public var entries: [[Entry]]

  /// A word and its share.
  public struct Entry: Equatable, Sendable {
    /// The word; shortened to its cell.
    public var label: Label
    /// 0...1, the bar's height.
    public var fraction: Double
    /// The share as written.
    public var amount: String
    /// Whether it has a frame and is bold.
    public var isMarked: Bool
    /// An entry.
    public init(label: Label, fraction: Double, amount: String, isMarked: Bool) {
      self.label = label
      self.fraction = fraction
      self.amount = amount
      self.isMarked = isMarked
    }
  }

  /// Entries.
  public init(columns: ColumnAxis, entries: [[Entry]]) {
    self.columns = columns
    self.entries = entries
  }

  /// Narrowest column: room for about five letters.
  ///
  /// Columns beyond those that fit are left out.
  static let narrowest = 31.0
  /// Widest column.
  static let widest = 60.0
  /// Lowest row: two lines of small text.
  static let lowest = 13.5
  /// Height of a row with room enough.
  static let highest = 18.0
}

extension EntryMarks {
  private static let barWidth = 2.2
  private static let inset = 1.4

  /// Draws the entries of some rows and the first columns over bands.
  func draw(
    into drawing: inout Drawing, showing shown: [Int], rows: BandScale, columns: BandScale, count: Int, theme: Theme
  ) throws {
    for (band, row) in shown.enumerated() {
      for (column, entry) in entries[row].prefix(count).enumerated() {
        let box = Rect(columns.begin(column) + 1, rows.begin(band) + 0.8, columns.step - 2, rows.step - 1.6)
        try draw(entry, in: box, into: &drawing, theme: theme)
      }
    }
  }

  /// A long word is set smaller, down to the theme's smallest size, before it is shortened.
  private func fitted(_ entry: Entry, room: Double, largest: Double, theme: Theme) throws -> (String, Font) {
    func font(_ size: Double) -> Font {
      entry.label.isToken ? theme.tokenFont(size: size, bold: entry.isMarked) : theme.tickFont(size: size)
    }
    let large = font(max(theme.smallestSize, largest))
    let text = try TextMeasurer.drawable(entry.label.text, font: large)
    let width = try TextMeasurer.extent(text, font: large).width
    guard width > room else { return (text, large) }
    let size = max(theme.smallestSize, (large.size * room / width * 4).rounded(.down) / 4)
    return (try TextMeasurer.shortened(text, font: font(size), width: room), font(size))
  }

  private func draw(_ entry: Entry, in box: Rect, into drawing: inout Drawing, theme: Theme) throws {
    let barHeight = box.height * min(max(entry.fraction, 0), 1)
    drawing.fill(Rect(box.x, box.y, Self.barWidth, box.height), theme.faint)
    if barHeight > 0 { drawing.fill(Rect(box.x, box.maxY - barHeight, Self.barWidth, barHeight), theme.accent) }
    let left = box.x + Self.barWidth + Self.inset
    let room = box.maxX - left - (entry.isMarked ? 1.2 : 0)
    if entry.isMarked {
      drawing.box(
        Rect(box.x + Self.barWidth + 0.3, box.y, box.width - Self.barWidth - 0.3, box.height), fill: nil,
        stroke: Stroke(theme.accent, width: 0.6))
    }
    let share = max(theme.smallestSize, min(theme.tickSize - 1.5, box.height * 0.36))
    let shareFont = Font(family: theme.textFamily, size: share)
    let (text, wordFont) = try fitted(entry, room: room, largest: min(theme.tokenSize, box.height * 0.45), theme: theme)
    try drawing.text(
      text, font: wordFont, color: theme.ink, at: Point(left, box.y + box.height * 0.3), .left, .middle)
    try drawing.text(
      entry.amount, font: shareFont, color: theme.softInk, at: Point(left, box.y + box.height * 0.77), .left, .middle)
  }
}
