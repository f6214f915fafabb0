import Plot

/// The colours of ranks: the same explicit limits in every figure, so that figures can be compared.
struct RankColors {
  let scale: ColorScale
  let bar: ColorBar
  /// The rank that is marked in cells.
  let marked: Int?

  /// Colours from rank 1 to the option `max_rank`; ranks beyond take the last colour, and the bar says so.
  ///
  /// - Parameter ecco: The colours of the same figure in Ecco, for the option `look`.
  init(_ options: FigureOptions, ranks: [[Int?]], ecco: EccoColors? = nil) throws {
    if let ecco, options.text("look") == "article" {
      scale = try ecco.scale()
      bar = ColorBar(title: "Ranking of token (by score)", scale: scale, numbers: .fullCounts, exceeds: false)
      marked = nil
      return
    }
    let colors = try QuantityColors(.rank, options, values: ranks.map { $0.map { $0.map(Double.init) } })
    (scale, bar, marked) = (colors.scale, colors.bar, 1)
  }
}

/// Colours of Ecco 0.1.2 (`lm_plots.py`): ranks 2 to 5000 on a part of a map, rank 1 in a colour of its own, white beyond.
struct EccoColors {
  let map: ColorMap
  let first: Color

  /// Of `rankings()`.
  static let rankings = EccoColors(map: .rdpu, first: Color(hex: 0x9A017B))
  /// Of `rankings_watch()`.
  static let watch = EccoColors(map: .gnbu, first: Color(hex: 0x1A7BB5))

  func scale() throws -> ColorScale {
    ColorScale(
      map: map, scale: .logarithmic(try LogScale(2...5000)), range: 0.1...0.6, below: first, above: .white)
  }
}

extension FigureKind.Option {
  /// Whether the embedding has a row.
  package static let embedding = FigureKind.Option(
    name: "embedding", values: .flag, standard: .flag(true),
    doc: "Show what the lens reads from the embedding, before the first layer.")

  /// The colour map.
  static let colors = FigureKind.Option(
    name: "colors", values: .choice(ColorMap.all.map(\.name)), standard: .text("rdpu"),
    doc: "The colour map; its dark end is rank 1.")

  /// The upper end of the colour scale.
  static let maxRank = FigureKind.Option(
    name: "max_rank", values: .integer(10...10_000_000), standard: .integer(100_000),
    doc: "The rank at which the colour scale ends; use the same value in all figures to be compared.")

  /// Whose look.
  package static let look = FigureKind.Option(
    name: "look", values: .choice(["paper", "article"]), standard: .text("paper"),
    doc: "This program's look, or that of the article and of Ecco: ranks 2 to 5000, their colours and labels.")

  /// Which column.
  package static let position = FigureKind.Option(
    name: "position", values: .choiceOrInteger(["first", "last"], 1...1_000_000), standard: .text("first"),
    doc: "Which predicted token: the first after the prompt, the last, or a number from 1.")
}
