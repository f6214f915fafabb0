import Foundation
import Plot
import Traces
import Words

/// Figures from the registry of kinds.
public struct FigureRecipes: Sendable {
  /// The registry.
  public init() {}

  /// Opens the usual fonts, so that the first figure need not wait for them; may run beside other work.
  public func prepare() {
    guard let theme = try? Theme() else { return }
    for family in [theme.textFamily, theme.tokenFamily] {
      _ = try? TextMeasurer.extent("0", font: Font(family: family, size: theme.tickSize))
    }
  }

  /// Lays out a figure of the registry.
  public func draw(
    _ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle
  ) throws -> DrawnFigure {
    let (description, views) = try describe(kind, numbers, options: options, style: style)
    let theme = try style.theme()
    let scene = try layout(description.figure, theme: theme)
    let shown = description.caption.text(of: scene.drawn)
    let traces = numbers.compactMap(\.trace)
    // Differences of two logits do not depend on other rows of the head.
    let padding =
      ["attribution", "patching"].contains(kind) ? [] : Wording.padding(numbers.map { ($0.model, $0.lens) })
    let openings =
      padding + Wording.openings(numbers.map(\.model)) + Wording.conversations(traces) + Wording.encoders(traces)
      + Wording.masks(traces) + Wording.sampled(traces)
    let changes = Wording.changes(of: traces, names: Trace.names(of: traces))
    func caption(_ finding: String?) -> String {
      ([shown] + changes + [finding].compactMap(\.self) + openings).joined(separator: " ")
    }
    var drawn = DrawnFigure(
      scene: scene, title: description.title,
      caption: caption(description.finding), alt: description.alt,
      table: description.figure.table,
      isWide: style.isWide(scene.size), sources: numbers.map(\.provenance))
    drawn.hasVenue = style.venue != nil
    (drawn.textWidth, drawn.textHeight) = style.room(isWide: drawn.isWide)
    drawn.notes = style.notes(on: scene, of: description.figure, kind: kind, theme: theme)
    drawn.finding = description.finding
    drawn.modelDetails = numbers.map(\.modelDetails)
    drawn.explanation = caption(nil)
    let rows = scene.drawn.shownRows.map(Caption.rows)
    drawn.layersNote =
      description.layersNote == nil && rows == nil
      ? nil : [description.layersNote, rows].compactMap(\.self).joined(separator: " ")
    drawn.readouts = CellReadout.all(
      of: description.figure, origins: description.origins, traces: views.compactMap(\.trace),
      grids: drawn.scene.grids)
    return drawn
  }

  /// Makes a figure up to its layout, which is where a kind finds that it cannot show some numbers.
  public func check(
    _ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle
  ) throws {
    _ = try describe(kind, numbers, options: options, style: style)
  }

  /// A figure before its layout, and the numbers of the layers that it shows.
  private func describe(
    _ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle
  ) throws -> (description: FigureDescription, views: [Numbers]) {
    let kind = try FigureKind.named(kind)
    var parsed = try kind.parse(options)
    parsed.steps = style.steps
    guard let layers = style.layers else { return (try kind.describe(numbers, options: parsed), numbers) }
    guard kind.schema.showsLayers else {
      throw FigureError.unknownOption("layers", kind: kind.name, known: kind.options.map(\.name))
    }
    let views = try numbers.map { try $0.showing(layers, kind: kind.name) }
    // What the numbers show does not depend on what is drawn of them.
    let finding = kind.finding(numbers, options: parsed)
    var seen = try kind.describe(views, options: parsed)
      .showing(views, of: numbers, counts: kind.name == FigureKind.vocabulary.name, hasFinding: finding != nil)
    seen.finding = finding
    return (seen, views)
  }

  /// The bytes of a figure in a format of the registry.
  public func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data {
    try FigureFormat.named(format).render(figure, id: id)
  }

  /// As the format has it.
  public func fileName(_ id: String, format: String) -> String {
    id + ((try? FigureFormat.named(format))?.ending ?? ".\(format)")
  }
}

extension Trace {
  /// Where the numbers came from, in one phrase: model, lens, weights and precision.
  package var provenance: String { "\(modelPhrase), \(model.digests), computed in \(compute)" }
}

extension DatasetSummary {
  /// Where the numbers came from, in one phrase.
  package var provenance: String { "\(phrase), \(model.digests), dataset \(dataset.name)" }
}

extension Numbers {
  /// The lens through which the model was read.
  fileprivate var lens: Trace.Lens {
    switch self {
    case .trace(let trace): trace.lens
    case .summary(let summary): summary.lens
    }
  }

  /// What captions say of the model in brackets.
  fileprivate var modelDetails: String {
    switch self {
    case .trace(let trace): trace.modelDetails
    case .summary(let summary): summary.modelDetails
    }
  }

  /// Where the numbers came from, in one phrase.
  package var provenance: String {
    switch self {
    case .trace(let trace): trace.provenance
    case .summary(let summary): summary.provenance
    }
  }
}

extension Trace.Model {
  /// The beginnings of its digest and of its adapter's.
  fileprivate var digests: String {
    "model sha256 \(sha256.prefix(12))" + (adapter.map { ", adapter sha256 \($0.sha256.prefix(12))" } ?? "")
  }
}

extension FigureStyle {
  /// Names of the venues.
  public static var venues: [String] { Venue.all.map(\.name) }

  /// Names of the widths.
  public static var spans: [String] { Theme.Span.allCases.map(\.rawValue) }

  private var measures: Venue? { venue.flatMap { try? Venue.named($0) } }

  /// Whether a figure of that size needs several columns of the venue's pages.
  fileprivate func isWide(_ size: Size) -> Bool {
    guard let measures, measures.column < measures.full else { return false }
    // A width of the author's says what it is to fit into; what is drawn may need more.
    let asked = width ?? (span == Theme.Span.column.rawValue ? measures.column : measures.full)
    return max(asked, size.width) > measures.column + Self.slack
  }

  /// The width and the height of the text around a figure, of one column or of all; nil without a venue.
  fileprivate func room(isWide: Bool) -> (width: Double?, height: Double?) {
    (measures.map { isWide ? $0.full : $0.column }, measures?.height)
  }

  /// Units by which a figure may be wider than its column.
  private static let slack = 1.0

  /// What the author should know about a figure of this style.
  fileprivate func notes(on scene: Scene, of figure: Figure, kind: String, theme: Theme) -> [String] {
    var notes: [String] = []
    func units(_ length: Double) -> String { Decimals.fixed(length, 0) }
    if let measures, let venue {
      if scene.size.width > measures.full + Self.slack {
        notes.append(
          "the figure is \(units(scene.size.width)) units wide, and the text of \(venue) is \(units(measures.full)) wide: "
            + "it runs into the margin; give it less width")
      } else if isWide(scene.size),
        span == Theme.Span.column.rawValue || (width ?? .infinity) <= measures.column + Self.slack
      {
        notes.append(
          "the figure is \(units(scene.size.width)) units wide, and a column of \(venue) is \(units(measures.column)) wide: "
            + "its float takes all columns (figure*); give it less width to keep it in one")
      }
      if scene.size.height > measures.height * 0.9 {
        notes.append(
          "the figure is \(units(scene.size.height)) units high, and the text of \(venue) is \(units(measures.height)) high: "
            + "no room is left for its caption; give it less height")
      }
    }
    if figure.panel.marks.areWords, theme.writesOnColor {
      let isNarrow = measures.map { theme.width < $0.full - Self.slack } ?? false
      let advice =
        "show fewer positions (count: 8) or layers (layers: every 3)"
        + (isNarrow ? ", or give it more room (span: full)" : "")
      if scene.drawn.cellTexts == false {
        notes.append("the cells are too small for words, so \(kind) shows colours alone; \(advice)")
      } else if scene.drawn.stumps * 10 > scene.drawn.cells {
        notes.append(
          "the cells are small for words: in \(CountFormat.full(scene.drawn.stumps)) of "
            + "\(CountFormat.full(scene.drawn.cells)), one or two characters of a word are left; \(advice)")
      }
    }
    return notes
  }

  /// The theme of a venue, at the width asked for.
  func theme() throws -> Theme {
    let span = span.flatMap(Theme.Span.init(rawValue:)) ?? .full
    var theme = try venue.map { try Theme(venue: $0, span: span, strict: strict) } ?? Theme(span: span)
    // A gallery has room that a paper has not.
    if venue == nil { theme.height = Theme.wholePage }
    if let width { theme.width = width }
    if let height { theme.height = height }
    return theme
  }
}
