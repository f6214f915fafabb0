import Plot
import Words

/// Fills pages from top to bottom.
struct PageFlow {
  /// A page before its head and foot are known.
  struct Page {
    var items: [SceneItem] = []
    /// Right half of the running head; nil for a page without head and foot.
    var head: String?
  }

  /// How a paragraph looks.
  struct TextStyle {
    var font: Font
    var color: Color
    /// Distance of baselines.
    var leading: Double
    var tag: StructureTag = .paragraph
  }

  let style: PageStyle
  private(set) var pages: [Page] = []
  /// The running head of the following pages.
  var head: String?
  /// The position of the next item, from the top of the page.
  var y = 0.0

  init(style: PageStyle) { self.style = style }

  /// The text area of every page.
  var area: Rect { style.area }

  /// The height left on the current page.
  var remaining: Double { pages.isEmpty ? 0 : area.maxY - y }

  /// Whether at least half of the current page is filled, the space below the last line not counted.
  var isHalfFull: Bool { y - area.y - 12 >= area.height / 2 }

  /// Whether the current page is empty.
  var isAtTop: Bool { y <= area.y }

  /// Starts a page.
  mutating func newPage() {
    pages.append(Page(head: head))
    y = area.y
  }

  /// Starts a page unless `height` is left on this one.
  mutating func need(_ height: Double) {
    if pages.isEmpty || (remaining < height && !isAtTop) { newPage() }
  }

  /// Draws on the current page without moving the position.
  mutating func draw(_ items: [SceneItem]) {
    if pages.isEmpty { newPage() }
    pages[pages.count - 1].items += items
  }

  /// Leaves room.
  mutating func skip(_ height: Double) { y += height }

  /// A named place at the current height.
  mutating func destination(_ name: String) { draw([.destination(name, at: Point(area.x, y))]) }

  /// Wrapped text; long text continues on further pages.
  ///
  /// Lines of `text` are kept.
  /// - Parameters:
  ///   - x: Left edge, from the text area's.
  ///   - width: Of the lines; nil for the text area's.
  mutating func paragraph(_ text: String, _ look: TextStyle, x: Double = 0, width: Double? = nil) throws {
    if pages.isEmpty { newPage() }
    let lines = try Self.lines(text, font: look.font, width: width ?? area.width - x)
    var runs: [SceneItem] = []
    for line in lines {
      if remaining < look.leading, !isAtTop {
        draw([.structure(look.tag, runs)])
        runs = []
        newPage()
      }
      runs.append(Self.run(line, look, at: Point(area.x + x, y)))
      y += look.leading
    }
    if !runs.isEmpty { draw([.structure(look.tag, runs)]) }
  }

  /// A line of text whose line box begins at `corner`.
  static func run(_ line: String, _ look: TextStyle, at corner: Point) -> SceneItem {
    // The baseline stands where the letters are centred in the leading.
    let baseline = corner.y + look.leading / 2 + look.font.size * 0.34
    // An invisible space separates the words of two lines, or of two cells, for screen readers and for copying.
    let text = line.isEmpty || line.hasSuffix(" ") ? line : line + " "
    return .text(TextRun(text, at: Point(corner.x, baseline), font: look.font, color: look.color))
  }

  /// Lines of `text`, each wrapped to `width`; a character that no font can draw is shown by its code.
  static func lines(_ text: String, font: Font, width: Double) throws -> [String] {
    try text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      let shown = Percent.unbroken(try TextMeasurer.drawable(String(line), font: font))
      let wrapped = try TextMeasurer.lines(shown, font: font, width: width)
      return wrapped.isEmpty ? [""] : wrapped.map(Percent.plain)
    }
  }

  /// `text` in one line no wider than `width`, and how wide it is.
  static func line(_ text: String, font: Font, width: Double) throws -> (text: String, width: Double) {
    let line = try TextMeasurer.shortened(TextMeasurer.drawable(text, font: font), font: font, width: width)
    return (line, try TextMeasurer.extent(line, font: font).width)
  }

  /// A hairline at the current height, across the text area or between two distances from its left edge.
  mutating func hairline(from start: Double = 0, to end: Double? = nil, color: Color? = nil) {
    let line = Path([.move(Point(area.x + start, y)), .line(Point(end.map { area.x + $0 } ?? area.maxX, y))])
    draw([.path(line, fill: nil, stroke: Stroke(color ?? style.rule, width: 0.5))])
  }
}
