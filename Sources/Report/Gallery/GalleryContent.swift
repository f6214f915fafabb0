import Figures
import Findings
import Foundation
import Plot

/// A gallery's manifest, and the details of each figure.
public struct GalleryContent: Sendable {
  /// What to show.
  public var manifest: GalleryManifest
  /// Numbers and LaTeX of figures, by id; a page shows only those that are present.
  public var details: [String: FigureDetail]
  /// Makes the details of a figure again that `details` lacks, because those of thousands of figures take most of the memory.
  package var detailsAgain: (@Sendable (_ id: String) throws -> FigureDetail)?
  /// The laid-out figures by id; the report draws them and needs all of them.
  public var scenes: [String: Scene]
  /// What the numbers show: tables and sentences.
  public var findings: GalleryFindings
  /// What the first page shows of every model on every subject.
  public var front: GalleryFront
  /// Above the title of the report; nil for none.
  public var logo: Picture?

  /// A gallery's content.
  public init(
    manifest: GalleryManifest, details: [String: FigureDetail] = [:], scenes: [String: Scene] = [:],
    findings: GalleryFindings = GalleryFindings([]), front: GalleryFront = GalleryFront(),
    logo: Picture? = nil
  ) {
    self.logo = logo
    self.front = front
    self.manifest = manifest
    self.findings = findings
    self.details = details
    self.scenes = scenes
  }

  /// The details of some figures, with their numbers.
  ///
  /// - Throws: What making them again throws.
  func wholeDetails(of figures: [GalleryManifest.Figure]) throws -> [String: FigureDetail] {
    var whole: [String: FigureDetail] = [:]
    for figure in figures {
      whole[figure.id] = try detailsAgain?(figure.id) ?? details[figure.id]
    }
    return whole
  }
}

/// What a page shows of a figure besides its picture.
public struct FigureDetail: Sendable {
  /// The numbers that are drawn, and the readouts of its heatmaps' cells.
  package var listing: Listing
  /// The LaTeX float; nil when it is not written.
  public var latex: String?
  /// The figure in a document that has a table of models: its caption does not repeat their details.
  package var float: FigureFloat
  /// Lays the figure out again within a size, for a report on whose pages its own size has no place; nil when it cannot be.
  package var redraw: (@Sendable (Size) throws -> DrawnFigure)?

  /// The numbers of a figure as a page lists them.
  package struct Listing: Sendable {
    /// The numbers that are drawn.
    package var table: FigureTable
    /// The readouts of its heatmaps' cells.
    package var readouts: [CellReadout]

    package init(_ figure: DrawnFigure) { (table, readouts) = (figure.table, figure.readouts) }
  }

  /// The numbers that are drawn.
  var table: FigureTable { listing.table }
  /// The readouts of its heatmaps' cells.
  var readouts: [CellReadout] { listing.readouts }

  package init(_ figure: DrawnFigure, id: String, hasLatex: Bool) {
    listing = Listing(figure)
    let float = FigureFloat(figure, id: id)
    latex = hasLatex ? LatexSnippet(float).text : nil
    self.float = float
    self.float.caption = figure.briefCaption
  }
}
