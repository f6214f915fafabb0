import Engine
import Plot

/// The colours of ranks: the same explicit limits in every figure, so that figures can be compared.
struct RankColors {
  let scale: ColorScale
  let bar: ColorBar

  /// Colours from rank 1 to the option `max_rank`; ranks beyond take the last colour, and the bar says so.
  init(_ options: FigureOptions, ranks: [[Int?]]) throws {
    let limit = options.integer("max_rank") ?? 100_000
    scale = ColorScale(
      map: try ColorMap.named(options.text("colors") ?? "rdpu"), scale: try LogScale(1...Double(limit)))
    bar = ColorBar(
      title: "Rank of token (log scale)", scale: scale,
      exceeds: ranks.joined().contains { $0.map { $0 > limit } ?? false })
  }
}

extension FigureKind.Option {
  /// Whether the embedding has a row.
  static let embedding = FigureKind.Option(
    name: "embedding", values: .flag, standard: .flag(true),
    doc: "Show what the lens reads from the embedding, before the first layer.")

  /// The colour map.
  static let colors = FigureKind.Option(
    name: "colors", values: .choice(ColorMap.all.map(\.name)), standard: .text("rdpu"),
    doc: "The colour map; its dark end is rank 1.")

  /// The upper end of the colour scale.
  static let maxRank = FigureKind.Option(
    name: "max_rank", values: .integer(10...10_000_000), standard: .integer(100_000),
    doc: "The rank at which the colour scale ends; the same in all figures that are to be compared.")

  /// Which column.
  static let position = FigureKind.Option(
    name: "position", values: .choiceOrInteger(["first", "last"], 1...1_000_000), standard: .text("first"),
    doc: "Which predicted token: the first after the prompt, the last, or a number from 1.")
}
