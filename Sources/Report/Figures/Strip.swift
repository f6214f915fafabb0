import Plot
import Traces
import Words

/// The ranks of one model on one prompt without axes: layers from left to right, a row for each output or watched token.
public struct Strip: Equatable, Sendable {
  /// What the rows are.
  public var tokens: Tokens
  /// From top to bottom, at most `mostRows`.
  public var rows: [Row]
  /// Names of the layers from left to right.
  public var layers: [String]
  /// How many rows there are to show; more than `rows` when a text is long.
  public var total: Int

  /// Which tokens have rows.
  public enum Tokens: Equatable, Sendable {
    /// The tokens after the prompt, each at its place.
    case output
    /// The watched tokens, all as the first token after the prompt.
    case watched
  }

  /// A token.
  public struct Row: Equatable, Sendable {
    /// The token made visible, or the name of a set.
    public var name: String
    /// Its rank after every layer, nil where there is none. [layer]
    public var ranks: [Int?]
    /// Its probability after the last layer: "43.10 %"; nil when there is none.
    public var share: String?

    /// The first layer from which the rank stays 1, an index in `ranks`; nil when it is not 1 after the last.
    public var settled: Int? {
      // A layer that the lens does not read says nothing for or against it.
      let read = ranks.indices.filter { ranks[$0] != nil }
      return Trace.settles(read.map { ranks[$0] }).map { read[$0] }
    }
  }

  /// A longer output shows its beginning.
  public static let mostRows = 120

  /// The strip of a trace: of its watched tokens where there are some, else of its output.
  ///
  /// - Returns: nil when the trace has neither, or contradicts itself.
  public init?(_ trace: Trace) {
    guard (try? trace.checkShape()) != nil else { return nil }
    let blocks = trace.rows.indices.filter { trace.rows[$0].point == .block }
    let shown = blocks.isEmpty ? Array(trace.rows.indices) : blocks
    layers = shown.map(trace.rowName)
    // The columns of a trace of all positions begin inside the prompt.
    let first = trace.columnAfterPrompt
    let last = trace.rows.count - 1
    // Words that nobody named do not take the place of the output.
    let hasOutput = trace.columns.indices.contains { $0 >= first && trace.columns[$0].target != nil }
    if trace.watch.isEmpty || trace.namedWatch.isEmpty && hasOutput {
      tokens = .output
      let columns = trace.columns.indices.filter { $0 >= first && trace.columns[$0].target != nil }
      total = columns.count
      rows = columns.prefix(Self.mostRows).map { column in
        Row(
          name: trace.tokenLabel(id: trace.columns[column].target).text, ranks: shown.map { trace.rank[$0][column] },
          share: trace.logprob[last][column].map { Percent.phrase(logprob: $0) })
      }
    } else {
      tokens = .watched
      total = trace.watch.count
      rows = trace.watch.prefix(Self.mostRows).map { watched in
        Row(
          name: watched.label, ranks: shown.map { watched.rank[$0][first] },
          share: watched.logprob[last][first].map { Percent.phrase(logprob: $0) })
      }
    }
    if rows.isEmpty { return nil }
  }

  /// From its parts.
  package init(tokens: Tokens, rows: [Row], layers: [String], total: Int? = nil) {
    self.tokens = tokens
    self.rows = rows
    self.layers = layers
    self.total = total ?? rows.count
  }

  /// What the strip shows, in words, for those who do not see it.
  ///
  /// - Parameter model: The name of the model in the gallery.
  public func alt(of model: String) -> String {
    let kind = tokens == .output ? "output token" : "watched token"
    let span = layers.count == 1 ? "layer \(layers[0])" : "layers \(layers[0]) to \(layers[layers.count - 1])"
    var text =
      "Ranks of \(CountFormat.full(rows.count)) \(kind)\(rows.count == 1 ? "" : "s") after \(span) of \(model). "
    if rows.count <= 4 {
      text += rows.map(phrase).joined(separator: "; ")
    } else {
      let settled = rows.compactMap(\.settled)
      text += "\(settled.count) of them \(settled.count == 1 ? "has" : "have") rank 1 after the last layer"
      if let earliest = settled.min(), let latest = settled.max() {
        text += ", for good from layer \(layers[earliest])"
        if latest > earliest { text += " at the earliest and layer \(layers[latest]) at the latest" }
      }
    }
    return text + "."
  }

  private func phrase(_ row: Row) -> String {
    var text = "“\(row.name)”"
    if let settled = row.settled { return text + " has rank 1 for good from layer \(layers[settled])" }
    text += row.ranks.last?.map { " has rank \(CountFormat.full($0)) after the last layer" } ?? " has no rank"
    return text
  }
}

/// The colours of all strips of a gallery: the same as in its figures of ranks.
public struct StripScale: Equatable, Sendable {
  private let scale: ColorScale
  /// As in figures (`Theme.faint`).
  private static let missing = Color(hex: 0xEFEFEF)

  /// The colours that a kind of figure gives to ranks with the given options; by default those of `rank-heatmap`.
  ///
  /// - Throws: `FigureError` or `PlotError` for options that the kind does not take.
  public init(kind: FigureKind? = nil, options: [String: OptionValue] = [:]) throws {
    let kind = kind ?? .rankHeatmap
    let ecco: EccoColors = kind.name == FigureKind.tokenRanks.name ? .watch : .rankings
    let values = try kind.parse(options).values
    scale = try RankColors(
      values[OptionKey.colors], maxRank: values[OptionKey.maxRank], ranks: [],
      ecco: values[OptionKey.look] == .article ? ecco : nil
    ).scale
  }

  /// The kinds whose colours a strip can have.
  public static let kinds: [FigureKind] = [.rankHeatmap, .tokenRanks]

  /// The colour of a rank; a pale grey where there is none.
  package func color(of rank: Int?) -> Color { rank.map { scale.color(of: Double($0)) } ?? Self.missing }

  /// Ranks that explain the scale, rank 1 first; the last stands for all beyond it.
  package var stops: [Int] {
    let end = Int(scale.scale.domain.upperBound)
    let tens = sequence(first: 10) { $0 < end / 10 ? $0 * 10 : nil }
    return ([1, 2] + tens.filter { $0 < end } + [end]).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}
