/// A laid-out page or figure: a display list in PDF units.
///
/// Outputs write it without changing any position.
public struct Scene: Equatable, Sendable {
  /// Page size.
  public var size: Size
  /// Short title, for metadata.
  public var title: String
  /// Alternative text: what the figure shows, one or two sentences.
  public var description: String
  /// What to draw, back to front.
  public var items: [SceneItem]
  /// Where cells, bars, points and tokens are, for pages on which readers point at them; not drawn.
  public var grids: [CellGrid] = []
  /// What the layout drew of the figure, and what it left out; not drawn.
  public var drawn = DrawnParts()

  /// A scene.
  public init(size: Size, title: String, description: String, items: [SceneItem]) {
    self.size = size
    self.title = title
    self.description = description
    self.items = items
  }
}

/// The cells of one heatmap, or what else can be pointed at, as bands across and down, from the left and from the top.
public struct CellGrid: Equatable, Sendable {
  /// Left and right edge of every column.
  public var columns: [ClosedRange<Double>]
  /// Upper and lower edge of every row.
  public var rows: [ClosedRange<Double>]
  /// Which of the figure's rows these are, where some are left out; nil for all.
  public var shown: [Int]? = nil
  /// Number of the heatmap in its figure.
  public var part = 0
  /// The columns of the heatmap's marks that are in this grid: a long text can take several grids.
  public var range = 0..<0
  /// Whether the rows of the heatmap's marks run across the page, and its columns down.
  public var isTurned = false
}

/// One thing on a page.
public indirect enum SceneItem: Equatable, Sendable {
  /// A rectangle, filled, stroked or both.
  case rectangle(Rect, fill: Color?, stroke: Stroke?, cornerRadius: Double)
  /// A path, filled, stroked or both.
  case path(Path, fill: Color?, stroke: Stroke?)
  /// A line of text.
  case text(TextRun)
  /// Items moved by `offset`, then scaled by `scale` about the new origin.
  case group(offset: Point, scale: Double, [SceneItem])
  /// A picture of pixels, stretched to a rectangle; only documents show it.
  case picture(Picture, Rect)
  /// A clickable area.
  case link(Rect, LinkTarget)
  /// A named place that links and outlines can point to.
  case destination(String, at: Point)
  /// A structure element of a tagged PDF around items; ignored by SVG and PNG.
  case structure(StructureTag, [SceneItem])
}

/// What a link opens.
public enum LinkTarget: Equatable, Sendable {
  /// A page of the web.
  case uri(String)
  /// A named place of the same document.
  case destination(String)
}

/// Structure of a tagged document.
public enum StructureTag: Equatable, Sendable {
  /// A heading of the first level.
  case heading1
  /// A heading of the second level.
  case heading2
  /// A heading of the third level.
  case heading3
  /// A paragraph.
  case paragraph
  /// A picture, with what stands for it where it cannot be seen.
  case figure(alt: String)
  /// The caption of a picture.
  case caption
  /// A table of contents.
  case contents
  /// An entry of a table of contents.
  case contentsEntry

  /// The name in PDF.
  public var name: String {
    switch self {
    case .heading1: "H1"
    case .heading2: "H2"
    case .heading3: "H3"
    case .paragraph: "P"
    case .figure: "Figure"
    case .caption: "Caption"
    case .contents: "TOC"
    case .contentsEntry: "TOCI"
    }
  }
}

/// How a line is drawn.
public struct Stroke: Equatable, Sendable {
  /// Its colour.
  public var color: Color
  /// Width in PDF units.
  public var width: Double
  /// Lengths of dashes and gaps; empty for a solid line.
  public var dash: [Double]
  /// A stroke.
  public init(_ color: Color, width: Double, dash: [Double] = []) {
    self.color = color
    self.width = width
    self.dash = dash
  }
}

/// A line of text in one style at a fixed place.
public struct TextRun: Equatable, Sendable {
  /// The text, already made visible (no control characters).
  public var text: String
  /// Left end of the baseline, before rotation.
  public var origin: Point
  /// The font.
  public var font: Font
  /// Its colour.
  public var color: Color
  /// Degrees, clockwise, about `origin`.
  public var rotation: Double
  /// Whether a PDF contains it as shapes instead of text in a font; then it cannot be searched.
  public var isOutlined = false
  /// A run.
  public init(_ text: String, at origin: Point, font: Font, color: Color, rotation: Double = 0) {
    self.text = text
    self.origin = origin
    self.font = font
    self.color = color
    self.rotation = rotation
  }
}

/// A font: family list, size in points, weight and slant.
public struct Font: Equatable, Hashable, Sendable {
  /// Family names, first choice first.
  public var family: String
  /// Size in PDF units (points of 1/72 inch).
  public var size: Double
  /// Whether it is bold.
  public var bold: Bool
  /// Whether it is slanted.
  public var italic: Bool
  /// A font.
  public init(family: String, size: Double, bold: Bool = false, italic: Bool = false) {
    self.family = family
    self.size = size
    self.bold = bold
    self.italic = italic
  }
}
