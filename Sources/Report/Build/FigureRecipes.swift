import Engine
import Foundation
import Plot

/// Figures from the registry of kinds.
public struct FigureRecipes: FigureSource {
  /// The registry.
  public init() {}

  /// Opens the usual fonts, so that the first figure need not wait for them; may be called while something else is done.
  public func prepare() {
    guard let theme = try? Theme() else { return }
    for family in [theme.textFamily, theme.tokenFamily] {
      _ = try? TextMeasurer.extent("0", font: Font(family: family, size: theme.tickSize))
    }
  }

  /// Lays out a figure of the registry.
  public func draw(
    _ kind: String, _ traces: [Trace], options: [String: OptionValue], style: ReportSpec.Style
  ) throws -> DrawnFigure {
    let kind = try FigureKind.named(kind)
    let description = try kind.describe(traces, options: try kind.parse(options))
    var drawn = try drawn(description, style: style, sources: traces.map(\.provenance), models: traces.map(\.model))
    drawn.readouts = CellReadout.all(
      of: description.figure, origins: description.origins, traces: traces, grids: drawn.scene.grids)
    return drawn
  }

  private func drawn(
    _ description: FigureDescription, style: ReportSpec.Style, sources: [String], models: [Trace.Model]
  ) throws -> DrawnFigure {
    DrawnFigure(
      scene: try layout(description.figure, theme: try style.theme()), title: description.title,
      caption: ([description.caption] + Wording.openings(models)).joined(separator: " "), alt: description.alt,
      table: description.figure.table,
      isWide: style.span != Theme.Span.column.rawValue && style.hasColumns, sources: sources)
  }

  /// Lays out a `dataset-profile`.
  public func draw(
    _ summaries: [DatasetSummary], by: DatasetProfile.By, style: ReportSpec.Style
  ) throws -> DrawnFigure {
    try drawn(
      try DatasetProfile.describe(summaries, by: by), style: style, sources: summaries.map(\.provenance),
      models: summaries.map(\.model))
  }

  /// The bytes of a figure in a format of the registry.
  public func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data {
    try FigureFormat.named(format).render(figure, id: id)
  }

  /// As the format has it.
  public func fileName(_ id: String, format: String) -> String {
    id + ((try? FigureFormat.named(format))?.ending ?? ".\(format)")
  }

  /// Changes with libraries and fonts: their versions and files, and the size of a text in many scripts in every family.
  ///
  /// Sizes alone would not do: a font can change its outlines, or a bold face go, and every width stay.
  public var fingerprint: String {
    let sample = "Aaijlm0189 ␣↵⇥ ёжЩ αβγ עברית العربية हिन्दी ไทย 中文 日本語 한국어 ‹›…"
    let families = ["TeX Gyre Heros", "TeX Gyre Termes", "DejaVu Sans Mono"]
    let sizes = families.map { family in
      let extent = try? TextMeasurer.extent(sample, font: Font(family: family, size: 10))
      return "\(family) \(extent.map { "\($0.width) \($0.ascent) \($0.descent)" } ?? "missing")"
    }
    // A state that cannot be told is like no other, so that nothing is taken for unchanged.
    let files = machine ?? UUID().uuidString
    return (PlotLibraries.versions.map { "\($0.name) \($0.version)" } + sizes + [files]).joined(separator: "; ")
  }

  /// The state of libraries, of every font and of fontconfig's configuration.
  public var machine: String? {
    InstalledFiles.state(
      PlotLibraries.files, settings: PlotLibraries.settings(ProcessInfo.processInfo.environment))
  }
}

extension Trace {
  /// Where the numbers came from, in one phrase: model, lens, weights and precision.
  var provenance: String { "\(modelPhrase), \(model.digests), computed in \(compute)" }
}

extension DatasetSummary {
  /// Where the numbers came from, in one phrase.
  fileprivate var provenance: String { "\(phrase), \(model.digests), dataset \(dataset.name)" }
}

extension Trace.Model {
  /// The beginnings of its digest and of its adapter's.
  fileprivate var digests: String {
    "model sha256 \(sha256.prefix(12))" + (adapter.map { ", adapter sha256 \($0.sha256.prefix(12))" } ?? "")
  }
}

extension ReportSpec.Style {
  /// Whether the venue's pages have more than one column.
  fileprivate var hasColumns: Bool {
    guard let venue, let measures = try? Venue.named(venue) else { return false }
    return measures.column < measures.full
  }

  /// The theme of a venue, at the width asked for.
  func theme() throws -> Theme {
    let span = span.flatMap(Theme.Span.init(rawValue:)) ?? .full
    var theme = try venue.map { try Theme(venue: $0, span: span, strict: strict) } ?? Theme(span: span)
    if let width { theme.width = width }
    if let height { theme.height = height }
    return theme
  }
}

extension SpecVocabulary {
  /// The words of this version, from the registries and a catalog of models.
  public static func current(catalog: ModelCatalog) -> SpecVocabulary {
    SpecVocabulary(
      kinds: FigureKind.all.map { kind in
        FigureSchema(
          name: kind.name, summary: kind.summary,
          options: kind.options.map { .init(name: $0.name, values: $0.values, standard: $0.standard, doc: $0.doc) },
          needs: kind.needs, takes: kind.takes, needsByOptions: kind.needsByOptions)
      },
      formats: FigureFormat.all.map(\.name), extraFormats: Set(FigureFormat.all.filter { !$0.isStandard }.map(\.name)),
      venues: Venue.all.map(\.name), spans: Theme.Span.allCases.map(\.rawValue),
      catalog: catalog.names)
  }
}
