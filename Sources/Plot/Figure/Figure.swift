/// The content of a figure without positions: a heading, a panel of marks between axes, a colour bar.
///
/// Recipes describe; `layout(_:theme:)` decides where everything goes.
public struct Figure: Equatable, Sendable {
  /// For metadata; never drawn.
  public var title: String
  /// Alternative text.
  public var description: String
  /// A line above the panel; shortened at its left end when it is too wide.
  public var heading: Label?
  /// The marks and their axes.
  public var panel: Panel
  /// The colour bar beside the panel.
  public var colorBar: ColorBar?

  /// A figure.
  public init(title: String, description: String, heading: Label? = nil, panel: Panel, colorBar: ColorBar? = nil) {
    self.title = title
    self.description = description
    self.heading = heading
    self.panel = panel
    self.colorBar = colorBar
  }
}

/// Marks between axes.
public struct Panel: Equatable, Sendable {
  /// Bands from top to bottom.
  public var rows: RowAxis
  /// What the marks are.
  public var marks: Marks
  /// Which way the rows of heatmaps and bars run on the page.
  public var direction: RowDirection

  /// A panel.
  public init(rows: RowAxis, marks: Marks, direction: RowDirection = .down) {
    self.rows = rows
    self.marks = marks
    self.direction = direction
  }
}

/// Which way the rows of a heatmap or a bar chart run on the page.
public enum RowDirection: Equatable, Sendable {
  /// From top to bottom, as listed.
  case down
  /// From left to right; the columns run from top to bottom.
  case across
  /// Whichever fits the width with readable labels and words, across first.
  case fitting
}

/// The kinds of marks, each with the horizontal axis it needs.
public enum Marks: Equatable, Sendable {
  /// A cell for every row and column, coloured by a value.
  case cells(CellMarks)
  /// Words with a small bar and a number each, in columns.
  case entries(EntryMarks)
  /// Horizontal bars.
  case bars(BarMarks)
  /// Lines with bands, in charts of one row each.
  case lines(LineMarks)
  /// A text, each of its tokens tinted.
  case tokens(TokenMarks)
  /// Several heatmaps on one colour scale.
  case multiples(MultipleMarks)
  /// Words, each with stripes across the layers.
  case stripes(StripeMarks)
}

/// A piece of text beside or inside something.
public struct Label: Equatable, Hashable, Sendable {
  /// What to show; characters without a glyph are replaced by their codes.
  public var text: String
  /// Whether it is a token, set in the theme's token family.
  public var isToken: Bool
  /// Whether it is set in the ink of what matters less.
  public var isMuted = false

  /// Plain text.
  public init(_ text: String) {
    self.text = text
    isToken = false
  }

  /// A token, already made visible.
  public static func token(_ text: String) -> Label {
    var label = Label(text)
    label.isToken = true
    return label
  }
}
