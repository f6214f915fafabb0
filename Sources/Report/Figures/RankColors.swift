import Plot

/// The colours of ranks: the same explicit limits in every figure, so that figures can be compared.
struct RankColors {
  let scale: ColorScale
  let bar: ColorBar
  /// The rank that is marked in cells.
  let marked: Int?

  /// Colours of a map from rank 1 to `maxRank`; ranks beyond take the last colour, and the bar says so.
  ///
  /// - Parameter ecco: The colours of the same figure in Ecco, which replace the map; nil for the map.
  init(_ map: ColorMap, maxRank: Int, ranks: [[Int?]], ecco: EccoColors? = nil) throws {
    if let ecco {
      scale = try ecco.scale()
      bar = ColorBar(title: "Ranking of token (by score)", scale: scale, numbers: .fullCounts, exceeds: false)
      marked = nil
      return
    }
    let colors = try QuantityColors(.rank, map, maxRank: maxRank, values: ranks.map { $0.map { $0.map(Double.init) } })
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
