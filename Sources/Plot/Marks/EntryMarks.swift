/// Words in a grid, each with a bar for its share below it and the share as text beside the bar.
public struct EntryMarks: Equatable, Sendable {
  /// Across: the first column has each row's largest entry.
  public var columns: ColumnAxis
  /// The words: [row][column].
  public var entries: [[Entry]]
  /// Sets of entries with a frame of their own; nil for none.
  public var frames: FrameSets?

  /// A word and its share.
  public struct Entry: Equatable, Sendable {
    /// The word; shortened to its cell.
    public var label: Label
    /// 0...1, the bar's length: a full track is 1 in every cell.
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
  /// Lowest row: two lines of the smallest text.
  static func lowest(_ theme: Theme) -> Double { max(14.5, theme.smallestSize * 2.3) }
  /// Height of a row with room enough.
  static func highest(_ theme: Theme) -> Double { max(18, lowest(theme)) }
}

extension EntryMarks {
  private static let barHeight = 3.0
  private static let inset = 1.4

  /// Draws the entries of some rows and the first columns over bands.
  func draw(
    into drawing: inout Drawing, showing shown: [Int], rows: BandScale, columns: BandScale, count: Int, theme: Theme
  ) throws {
    for (band, row) in shown.enumerated() {
      for (column, entry) in entries[row].prefix(count).enumerated() {
        let box = Rect(columns.begin(column) + 1, rows.begin(band) + 0.8, columns.step - 2, rows.step - 1.6)
        try draw(entry, in: box, into: &drawing, theme: theme)
        guard let set = frames?.set(row, column) else { continue }
        FrameLook.all[set].draw(around: box, into: &drawing, theme: theme)
        drawing.drawn.frames[set, default: 0] += 1
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
    let room = box.width - 2 * Self.inset
    if entry.isMarked {
      drawing.box(box, fill: nil, stroke: Stroke(theme.accent, width: max(0.6, theme.thinnestStroke)))
    }
    let size = max(theme.smallestSize, min(theme.tickSize - 1, box.height * 0.4))
    let font = Font(family: theme.textFamily, size: size)
    let (text, wordFont) = try fitted(entry, room: room, largest: min(theme.tokenSize, box.height * 0.45), theme: theme)
    let left = box.x + Self.inset
    try drawing.text(text, font: wordFont, color: theme.ink, at: Point(left, box.y + box.height * 0.29), .left, .middle)
    // All cells have room for the widest amount, so that all tracks are equally long.
    let amount = try TextMeasurer.extent("100 %", font: font).width
    let middle = box.y + box.height * 0.77
    let track = Rect(left, middle - Self.barHeight / 2, max(4, room - amount - 2), Self.barHeight)
    drawing.fill(track, theme.faint)
    let share = min(max(entry.fraction, 0), 1)
    if share > 0 { drawing.fill(Rect(track.x, track.y, track.width * share, track.height), theme.accent) }
    try drawing.text(
      entry.amount, font: font, color: theme.softInk, at: Point(left + room, middle), .right, .middle)
  }
}
