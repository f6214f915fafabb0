import Plot

/// A figure laid out, with the words around it.
public struct DrawnFigure: Sendable {
  /// The figure itself.
  public var scene: Scene
  /// Heading, the same for all models.
  public var title: String
  /// What is drawn, in one or two sentences.
  public var caption: String
  /// Alternative text, computed from the data.
  public var alt: String

  /// What the numbers show, in a sentence for each model, as in the caption; nil when there is nothing to say.
  public var finding: String?
  /// The caption without the finding.
  public var explanation = ""
  /// The sentences of the caption that say which layers are shown; nil when all are.
  public var layersNote: String?
  /// The label in LaTeX; nil for `fig:` and the figure's id.
  public var label: String?

  /// The phrases of the caption that describe models: " (Q4_1 weights, …)".
  package var modelDetails: [String] = []

  /// The caption without the details of the models, for pages that give them once in a table of models.
  public var briefCaption: String {
    // The longest first: one may be a part of another.
    modelDetails.sorted { ($1.count, $0) < ($0.count, $1) }.reduce(caption) { $0.replacing($1, with: "") }
  }

  /// Whether it is made for the pages of a venue, whose height is known.
  package var hasVenue = true
  /// The width of the text that the venue's pages have for it, in PDF units; nil without a venue.
  package var textWidth: Double?
  /// The height of the text on the venue's pages, in PDF units; nil without a venue.
  package var textHeight: Double?
  /// What the author should know about how it came out, a sentence with advice each.
  public var notes: [String] = []

  /// The numbers that are drawn.
  public var table: FigureTable
  /// Whether it takes the width of several columns of its venue.
  public var isWide: Bool
  /// Where the numbers came from, a phrase for each model.
  public var sources: [String]
  /// The readouts of its heatmaps' cells.
  public var readouts: [CellReadout]

  /// A figure.
  public init(
    scene: Scene, title: String, caption: String, alt: String, table: FigureTable = FigureTable(heads: [], rows: []),
    isWide: Bool = false, sources: [String] = [], readouts: [CellReadout] = []
  ) {
    self.scene = scene
    self.title = title
    self.caption = caption
    self.alt = alt
    self.table = table
    self.isWide = isWide
    self.sources = sources
    self.readouts = readouts
  }
}
