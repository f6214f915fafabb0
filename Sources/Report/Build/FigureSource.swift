import Engine
import Foundation
import Plot

/// Where figures come from: the registry of figures, or in tests something simple.
public protocol FigureSource: Sendable {
  /// Lays out a figure of one trace, or of several in one.
  ///
  /// - Throws: `Diagnostic` or `PlotError` when they cannot be shown so.
  func draw(
    _ kind: String, _ traces: [Trace], options: [String: OptionValue], style: ReportSpec.Style
  ) throws -> DrawnFigure

  /// Lays out the figure of summaries of one dataset.
  ///
  /// - Throws: as for a trace.
  func draw(_ summaries: [DatasetSummary], by: DatasetProfile.By, style: ReportSpec.Style) throws -> DrawnFigure

  /// The bytes of a figure in a format of the registry; `id` is a slug that names the figure in the file.
  func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data

  /// The name of the file of a figure in a format.
  func fileName(_ id: String, format: String) -> String

  /// Changes whenever the same trace would be drawn otherwise: fonts, libraries.
  var fingerprint: String { get }

  /// Changes whenever `fingerprint` might, and is cheaper to have; nil when it cannot be told.
  var machine: String? { get }
}

extension FigureSource {
  /// The format's name as the ending.
  public func fileName(_ id: String, format: String) -> String { "\(id).\(format)" }

  /// The fingerprint itself.
  public var machine: String? { fingerprint }
}

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

  /// The numbers that are drawn.
  public var table: FigureTable
  /// Whether it takes the width of several columns of its venue.
  public var isWide: Bool
  /// Where the numbers came from, a phrase for each model.
  public var sources: [String]
  /// What stands behind the cells of its heatmaps.
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
