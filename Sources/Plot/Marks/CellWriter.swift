/// Decides how texts are written into cells of one size, by the same rule for all.
///
/// Counts have all digits (`12,345`) if the widest fits at 6 points or more; else short forms (`1.2k`), else shorter ones (`1k`),
/// if the widest fits at the theme's smallest size or more; else no cell has a number. Other numbers are written in all cells or in none, by the same
/// sizes. Words are as large as the cell's height allows, and shortened to its width; if three letters do not fit, no cell
/// has words.
struct CellWriter {
  private let marks: CellMarks
  private let theme: Theme
  private let width: Double
  private let style: Style
  /// A large heatmap repeats a few texts many times.
  private var known: [Key: (text: MeasuredText, isStump: Bool)] = [:]
  /// Cells of which fewer than three characters of a longer word are left.
  private(set) var stumps = 0

  private struct Key: Hashable {
    var label: Label
    var isMarked: Bool
  }

  /// How texts are written: the same way in all cells of a figure.
  struct Style: Equatable {
    /// nil where cells have no text.
    var size: Double?
    /// The form of counts.
    var form = CountForm.full

    /// No text.
    static let none = Style(size: nil)

    /// The smaller of two, for panels that should look alike.
    func and(_ other: Style) -> Style {
      guard let size, let otherSize = other.size else { return .none }
      return Style(size: min(size, otherSize), form: max(form, other.form))
    }
  }

  /// Writes texts of one style into cells of one width.
  init(_ marks: CellMarks, style: Style, width: Double, theme: Theme) {
    (self.marks, self.theme, self.width, self.style) = (marks, theme, width, style)
  }

  /// The style for cells of a size.
  static func style(_ widths: CellWidths, cell: Size) throws -> Style {
    let theme = widths.theme
    guard theme.writesOnColor else { return .none }
    let (width, height) = (cell.width, cell.height)
    switch widths.marks.texts {
    case .counts:
      for form in CountForm.allCases {
        let least = form == .full ? max(theme.smallestSize, min(6, theme.cellSize)) : theme.smallestSize
        if let size = try size(of: widths.count(form), width, height, theme, least: least) {
          return Style(size: size, form: form)
        }
      }
      return .none
    case .numbers:
      return Style(size: try size(of: widths.number(), width, height, theme, least: theme.smallestSize))
    case .labels:
      let unit = try TextMeasurer.metrics(theme.tokenFont(size: 10)).capHeight / 10
      let tallest = min(theme.tokenSize, ((height - 2.4) / unit * 4).rounded(.down) / 4)
      let letters = try TextMeasurer.extent("000", font: theme.tokenFont(size: theme.smallestSize)).width
      return Style(size: tallest >= theme.smallestSize && letters <= width - 1.6 ? tallest : nil)
    }
  }

  /// The largest size at which all fit whose widest has a width at 10 points, at least `least`; nil for none.
  private static func size(
    of widest: Double?, _ width: Double, _ height: Double, _ theme: Theme, least: Double
  ) throws -> Double? {
    guard let unit = widest else { return nil }
    let tall = try TextMeasurer.metrics(theme.tickFont(size: 10)).capHeight
    func fitting(_ margin: Double) -> Double {
      (40 * min((width - margin) / unit, (height - 2.4) / tall)).rounded(.down) / 4
    }
    // Larger numbers keep a distance from the cell's sides; the smallest may come close.
    let size = min(theme.cellSize, max(fitting(2.2), min(fitting(0.6), least)))
    return size >= least ? size : nil
  }

  /// The text of a cell; nil for none.
  mutating func text(_ row: Int, _ column: Int, isMarked: Bool) throws -> MeasuredText? {
    guard let size = style.size else { return nil }
    let label: Label
    switch (marks.texts, marks.values[row][column]) {
    case (_, nil): label = Label("–")
    case (.counts, let value?): label = Label(style.form.text(Int(value)))
    case (.numbers(let texts), _): label = Label(texts[row][column])
    case (.labels(let labels), _): label = labels[row][column]
    }
    let key = Key(label: label, isMarked: isMarked)
    if let (text, isStump) = known[key] {
      if isStump { stumps += 1 }
      return text
    }
    var font = label.isToken ? theme.tokenFont(size: size) : theme.tickFont(size: size)
    font.bold = isMarked
    let (string, isStump) = try fitted(label, &font)
    if isStump { stumps += 1 }
    let text = try MeasuredText(string, font: font)
    known[key] = (text, isStump)
    return text
  }

  /// Words that fit: set smaller, down to the smallest size, before they are shortened; and whether little is left of one.
  private func fitted(_ label: Label, _ font: inout Font) throws -> (text: String, isStump: Bool) {
    guard case .labels = marks.texts else { return (label.text, false) }
    let room = width - 1.6 - (font.bold ? 1 : 0)
    let text = try TextMeasurer.drawable(label.text, font: font)
    let wide = try TextMeasurer.extent(text, font: font).width
    guard wide > room else { return (text, false) }
    font.size = max(theme.smallestSize, (font.size * room / wide * 4).rounded(.down) / 4)
    let short = try TextMeasurer.shortened(text, font: font, width: room)
    // Three characters and the dots.
    return (short, short != text && short.count < 4)
  }
}

/// How counts are written into cells, from the longest form to the shortest.
enum CountForm: Int, CaseIterable, Comparable {
  case full, short, shortest

  func text(_ count: Int) -> String {
    switch self {
    case .full: CountFormat.full(count)
    case .short: CountFormat.short(count)
    case .shortest: CountFormat.shortest(count)
    }
  }

  static func < (one: CountForm, other: CountForm) -> Bool { one.rawValue < other.rawValue }
}
