/// The dimensions of a venue's pages, in PDF units (1/72 inch), from its style files.
///
/// A TeX point is 72/72.27 of a unit. Read from: neurips.sty, iclr and icml 2026 style files, acl.sty (A4), cvpr author
/// kit, IEEEtran and acmart (measured), Nature's figure guide, and tueplots for AISTATS, JMLR and TMLR.
public struct Venue: Equatable, Sendable {
  /// As written in specs.
  public let name: String
  /// Width of a column, or of the text block if there is only one column.
  public let column: Double
  /// Width of the text block.
  public let full: Double
  /// Height of the text block.
  public let height: Double
  /// Whether its papers are set in a Times-like face.
  public let isSerif: Bool
  /// Its rules for figures; nil if none can be checked.
  public let rules: VenueRules?

  /// Every venue, in the order of a list shown to people.
  public static let all: [Venue] = [
    Venue("neurips", 396, 396, 648, serif: true),
    Venue("iclr", 396, 396, 648, serif: true),
    Venue("colm", 396, 396, 648, serif: true),
    Venue(
      "icml", 234, 486, 648, serif: true,
      rules: VenueRules(
        source: "ICML 2026 example paper, section on figures", strokes: 0.5...100, allowsTextOnColor: false)),
    Venue("aistats", 234, 486, 666, serif: false),
    Venue("acl", 218.27, 453.54, 700.16, serif: true),
    Venue("emnlp", 218.27, 453.54, 700.16, serif: true),
    Venue(
      "aaai", 238.5, 504, 648, serif: true,
      rules: VenueRules(
        source: "AAAI 2026 author kit, sections on illustrations and fonts", smallestText: 9, strokes: 0.5...2,
        allowsTextOnColor: false, allowsGlyphNumbers: false, allowsRGB: false)),
    Venue("cvpr", 234, 495, 639, serif: true),
    Venue(
      "ieee", 251.06, 514.07, 669.49, serif: true,
      rules: VenueRules(source: "IEEE Author Center, graphics: text of 8 to 10 points", smallestText: 8)),
    Venue("acm-sigconf", 240.25, 504.4, 595.77, serif: true),
    Venue("acm-small", 394.34, 394.34, 559.9, serif: true),
    Venue(
      "nature", 252.28, 518.74, 481.89, serif: false,
      rules: VenueRules(source: "Nature research figure guide: text of 5 to 7 points", smallestText: 5)),
    Venue("jmlr", 432, 432, 612, serif: false),
    Venue("tmlr", 468, 468, 648, serif: false),
    // Nine tenths of the width and six of the height of a wide slide (tueplots).
    Venue("beamer", 357.2, 357.2, 170, serif: false),
  ]

  private init(
    _ name: String, _ column: Double, _ full: Double, _ height: Double, serif: Bool, rules: VenueRules? = nil
  ) {
    self.rules = rules
    self.name = name
    self.column = column
    self.full = full
    self.height = height
    isSerif = serif
  }

  /// The venue of that name.
  ///
  /// - Throws: `PlotError.unknownName` listing the known ones.
  public static func named(_ name: String) throws -> Venue {
    guard let venue = all.first(where: { $0.name == name }) else {
      throw PlotError.unknownName(kind: "venue", name: name, known: all.map(\.name))
    }
    return venue
  }
}
