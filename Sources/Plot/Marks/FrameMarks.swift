/// How the frames of a set of cells look: a colour, a dash and a filled corner, so that sets differ in print without colours.
public struct FrameLook: Equatable, Sendable {
  /// Of the line and the corner.
  let color: Color
  /// Lengths of dashes and gaps; empty for a solid line.
  let dash: [Double]
  /// Which corner is filled: right of the middle, below the middle.
  let corner: (isRight: Bool, isBelow: Bool)

  /// Every look, in the order of sets.
  ///
  /// The colours are of Okabe and Ito (2008).
  public static let all: [FrameLook] = [
    FrameLook(color: Color(hex: 0x0072B2), dash: [], corner: (false, false)),
    FrameLook(color: Color(hex: 0xD55E00), dash: [2.4, 1.2], corner: (true, false)),
    FrameLook(color: Color(hex: 0x009E73), dash: [0.8, 1], corner: (true, true)),
    FrameLook(color: Color(hex: 0x111111), dash: [4, 1.2, 0.8, 1.2], corner: (false, true)),
  ]

  /// Whether all three are the same.
  public static func == (a: FrameLook, b: FrameLook) -> Bool {
    (a.color, a.corner.isRight, a.corner.isBelow) == (b.color, b.corner.isRight, b.corner.isBelow) && a.dash == b.dash
  }

  /// Smaller boxes have no frame.
  static let smallest = 4.0

  /// Draws a frame along the inside of a box, on a light line, so that it is seen on every colour.
  func draw(around box: Rect, into drawing: inout Drawing, theme: Theme) {
    let width = max(1, theme.thinnestStroke)
    drawing.frame(box, inset: 0.5, Stroke(.white, width: width + 0.9))
    let inner = Rect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1)
    let corners = [
      Point(inner.x, inner.y), Point(inner.maxX, inner.y), Point(inner.maxX, inner.maxY), Point(inner.x, inner.maxY),
    ]
    drawing.path(through: corners + [corners[0]], Stroke(color, width: width, dash: dash))
    let length = min(3.2, inner.width / 2, inner.height / 2)
    let tip = Point(corner.isRight ? inner.maxX : inner.x, corner.isBelow ? inner.maxY : inner.y)
    drawing.path(
      closed: [
        tip, Point(tip.x + (corner.isRight ? -length : length), tip.y),
        Point(tip.x, tip.y + (corner.isBelow ? -length : length)),
      ], fill: color)
  }
}

/// Sets of cells that are framed, at most `FrameLook.all.count`.
public struct FrameSets: Equatable, Sendable {
  /// Names, in the order of their looks.
  public var names: [String]
  /// The set of each cell; nil for none. [row][column]
  public var sets: [[Int?]]

  /// Names, and the set of each cell of a grid.
  public init(names: [String], sets: [[Int?]]) {
    self.names = names
    self.sets = sets
  }

  /// The number of a cell's set; nil where it has none.
  func set(_ row: Int, _ column: Int) -> Int? {
    sets.indices.contains(row) && sets[row].indices.contains(column) ? sets[row][column] : nil
  }

  /// The name of a cell's set; empty where it has none.
  func name(_ row: Int, _ column: Int) -> String { set(row, column).map { names[$0] } ?? "" }

  /// Throws unless every set has a look and a name.
  func check() throws(PlotError) {
    guard (1...FrameLook.all.count).contains(names.count) else {
      throw .badFigure("expected 1 to \(FrameLook.all.count) framed sets, found \(names.count)")
    }
    guard sets.joined().allSatisfy({ $0.map(names.indices.contains) ?? true }) else {
      throw .badFigure("a cell belongs to a framed set that has no name")
    }
  }
}

extension Marks {
  /// The framed sets; nil for none.
  var frames: FrameSets? {
    switch self {
    case .cells(let marks): marks.frames
    case .entries(let marks): marks.frames
    case .bars, .lines, .tokens, .multiples, .stripes: nil
    }
  }
}
