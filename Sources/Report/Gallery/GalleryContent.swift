import Figures
import Foundation
import Plot

/// A gallery's manifest with what is told of each figure beyond it.
public struct GalleryContent: Sendable {
  /// What to show.
  public var manifest: GalleryManifest
  /// Numbers and LaTeX of figures, by id; those that are missing are not shown.
  public var details: [String: FigureDetail]
  /// The laid-out figures by id; the report draws those and needs all of them.
  public var scenes: [String: Scene]

  /// A gallery's content.
  public init(manifest: GalleryManifest, details: [String: FigureDetail] = [:], scenes: [String: Scene] = [:]) {
    self.manifest = manifest
    self.details = details
    self.scenes = scenes
  }
}

/// What is told of a figure beside its picture.
public struct FigureDetail: Sendable {
  /// The numbers that are drawn.
  public var table: FigureTable
  /// What stands behind the cells of its heatmaps.
  public var readouts: [CellReadout]
  /// What LaTeX needs; nil where that is not written.
  public var latex: String?

  package init(_ figure: DrawnFigure, id: String, hasLatex: Bool) {
    table = figure.table
    readouts = figure.readouts
    latex = hasLatex ? LatexSnippet(figure, id: id).text : nil
  }
}
