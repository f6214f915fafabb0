/// A sequence of colours whose lightness rises or falls throughout, so that it also reads in grey, or peaks in the middle.
public struct ColorMap: Equatable, Sendable {
  /// As written in specs.
  public let name: String
  private let colors: [Color]

  /// Every map from light to dark, in the order of a list shown to people.
  public static let all: [ColorMap] = [batlow, viridis, cividis, magma, lapaz, rdpu, gnbu]
  /// Every map with a light middle, for what lies on both sides of 0.
  public static let diverging: [ColorMap] = [vik]

  /// Crameri's batlow.
  public static let batlow = ColorMap("batlow", batlowTable)
  /// Matplotlib's viridis.
  public static let viridis = ColorMap("viridis", viridisTable)
  /// Cividis, made for colour-blind readers.
  public static let cividis = ColorMap("cividis", cividisTable)
  /// Matplotlib's magma.
  public static let magma = ColorMap("magma", magmaTable)
  /// Crameri's lapaz.
  public static let lapaz = ColorMap("lapaz", lapazTable)
  /// Crameri's vik, from blue over white to red.
  public static let vik = ColorMap("vik", vikTable)
  /// ColorBrewer's green-blue, the article's second map.
  public static let gnbu = ColorMap("gnbu", gnbuTable)
  /// ColorBrewer's red-purple, the map of the article.
  public static let rdpu = ColorMap("rdpu", rdpuTable)

  private init(_ name: String, _ table: String) {
    self.name = name
    let digits = Array(table)
    colors = stride(from: 0, to: digits.count, by: 6).map { start in
      Color(hex: UInt32(String(digits[start..<start + 6]), radix: 16) ?? 0)
    }
  }

  /// The map of that name.
  ///
  /// - Throws: `PlotError.unknownName` listing the known ones.
  public static func named(_ name: String) throws -> ColorMap {
    guard let map = all.first(where: { $0.name == name }) else {
      throw PlotError.unknownName(kind: "colour map", name: name, known: all.map(\.name))
    }
    return map
  }

  /// The colour at `place` from 0 to 1 in the published order, between two entries their mean; clamped.
  public func color(at place: Double) -> Color {
    let position = min(max(place.isNaN ? 0 : place, 0), 1) * Double(colors.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, colors.count - 1)
    let share = position - Double(lower)
    func mix(_ channel: KeyPath<Color, Double>) -> Double {
      colors[lower][keyPath: channel] * (1 - share) + colors[upper][keyPath: channel] * share
    }
    return Color(red: mix(\.red), green: mix(\.green), blue: mix(\.blue))
  }

  /// The colour at `darkness` from 0 (the light end) to 1 (the dark end), whichever end is published first.
  public func color(darkness: Double) -> Color {
    let darkFirst = color(at: 0).luminance < color(at: 1).luminance
    return color(at: darkFirst ? 1 - darkness : darkness)
  }
}
