import Engine
import Foundation
import Plot

/// Figures from the registry of kinds.
public struct FigureRecipes: FigureSource {
  /// The registry.
  public init() {}

  /// Lays out a figure of the registry.
  public func draw(
    _ kind: String, _ trace: Trace, companions: [Trace], options: [String: OptionValue], style: ReportSpec.Style
  ) throws -> DrawnFigure {
    throw Diagnostic("no figure is known", category: .internalFault)
  }

  /// The bytes of a figure in a format of the registry.
  public func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data {
    Data()
  }

  /// Changes with fonts and libraries.
  public var fingerprint: String { "" }
}

extension SpecVocabulary {
  /// The words of this version.
  public static func current(catalog: ModelCatalog) -> SpecVocabulary {
    SpecVocabulary(
      kinds: [
        FigureSchema(name: "rank-heatmap", options: [], needs: .outputText),
        FigureSchema(name: "top-tokens", options: [], needs: .nothing),
        FigureSchema(name: "token-ranks", options: [], needs: .watchedTokens),
      ], formats: ["pdf", "svg", "png"], venues: [], spans: [], catalog: catalog.names)
  }
}
