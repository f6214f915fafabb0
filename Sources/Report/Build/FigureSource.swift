import Engine
import Foundation
import Plot

/// Where figures come from: the registry of figures, or in tests something simple.
public protocol FigureSource: Sendable {
  /// Lays out a figure of one trace.
  ///
  /// - Throws: `Diagnostic` or `PlotError` when the trace cannot be shown so.
  func draw(
    _ kind: String, _ trace: Trace, options: [String: OptionValue], style: ReportSpec.Style
  ) throws -> DrawnFigure

  /// Lays out the figure of summaries of one dataset.
  ///
  /// - Throws: as for a trace.
  func draw(_ summaries: [DatasetSummary], by: DatasetProfile.By, style: ReportSpec.Style) throws -> DrawnFigure

  /// The bytes of a figure in a format of the registry; `id` is a slug that names the figure in the file.
  func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data

  /// Changes whenever the same trace would be drawn otherwise: fonts, libraries.
  var fingerprint: String { get }

  /// Changes whenever `fingerprint` might, and is cheaper to have; nil when it cannot be told.
  var machine: String? { get }
}

extension FigureSource {
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

  /// A figure.
  public init(scene: Scene, title: String, caption: String, alt: String) {
    self.scene = scene
    self.title = title
    self.caption = caption
    self.alt = alt
  }
}
