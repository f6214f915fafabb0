import Figures
import Models

/// The words that a spec may use, from the registries.
///
/// The reader checks names against them.
public struct SpecVocabulary: Sendable {
  /// Figures and their options, in the registry's order.
  public var kinds: [FigureSchema]
  /// Names of file formats for figures.
  public var formats: [String]
  /// Formats that are written only when a spec names them.
  public var extraFormats: Set<String>
  /// Names of venues for `style`.
  public var venues: [String]
  /// Names of widths for `style`.
  public var spans: [String]
  /// Names of models in the catalog.
  public var catalog: [String]

  /// Formats that are written when a spec names none.
  var usualFormats: [String] { formats.filter { !extraFormats.contains($0) } }

  /// A vocabulary.
  public init(
    kinds: [FigureSchema], formats: [String], extraFormats: Set<String> = [], venues: [String], spans: [String],
    catalog: [String]
  ) {
    self.extraFormats = extraFormats
    self.kinds = kinds
    self.formats = formats
    self.venues = venues
    self.spans = spans
    self.catalog = catalog
  }
}

extension SpecVocabulary {
  /// The words of this version, from the registries and a catalog of models.
  public static func current(catalog: ModelCatalog) -> SpecVocabulary {
    SpecVocabulary(
      kinds: FigureKind.all.map(\.schema),
      formats: FigureFormat.all.map(\.name), extraFormats: Set(FigureFormat.all.filter { !$0.isStandard }.map(\.name)),
      venues: FigureStyle.venues, spans: FigureStyle.spans,
      catalog: catalog.names)
  }
}
