import Plot

// Options that several kinds have.

extension OptionKey where Value == Bool {
  /// Whether the embedding has a row.
  static var embedding: OptionKey {
    OptionKey(
      "embedding", .flag, standard: true,
      doc: "Show what the lens reads from the embedding, before the first layer.")
  }

  /// Whether models share a figure; `FigureSchema.Takes` follows it.
  static var together: OptionKey {
    OptionKey("together", .flag, standard: false, doc: "Show all models of a prompt in one figure.")
  }

}

extension OptionKey where Value == Bool? {
  /// Whether the tokens whose states are read are named.
  static var inputs: OptionKey {
    OptionKey(
      "inputs", .flag,
      doc: "Name the token whose state is read, above each column or left of each row; the article's look does.")
  }
}

extension OptionKey where Value == ColorMap {
  /// The colour map.
  static var colors: OptionKey {
    OptionKey(
      "colors", .name(of: ColorMap.all, by: \.name), standard: .rdpu, doc: "The colour map; its dark end is rank 1.")
  }

  /// The colour map of a figure whose dark end is not rank 1.
  static func colors(dark: String) -> OptionKey {
    OptionKey(
      "colors", .name(of: ColorMap.all, by: \.name), standard: .rdpu, doc: "The colour map; its dark end is \(dark).")
  }
}

extension OptionKey where Value == Int {
  /// The upper end of the colour scale.
  static var maxRank: OptionKey {
    OptionKey(
      "max_rank", .integer(10...10_000_000), standard: 100_000,
      doc: "The rank at which the colour scale ends; use the same value in all figures to be compared.")
  }
}

extension OptionKey where Value == Double? {
  /// The end of scales in nats.
  static var limit: OptionKey {
    OptionKey(
      "limit", .number(0.1...1000), doc: "The end of a scale in nats: 10 for log-probability and KL, 12 for entropy.")
  }
}

extension OptionKey where Value == Quantity {
  /// What colours mean.
  static var color: OptionKey {
    OptionKey("color", .word(of: Quantity.self), standard: .probability, doc: "What the colours mean.")
  }
}

/// Which way the layers of a heatmap run on the page.
enum Orientation: String, CaseIterable {
  /// From left to right, a row for each token.
  case across = "layers-across"
  /// From top to bottom, a column for each token.
  case down = "layers-down"
  /// Whichever fits the width.
  case auto

  /// For a layout; the article's figures have their layers from top to bottom.
  func direction(_ look: FigureLook = .paper) -> RowDirection {
    switch self {
    case .across: .across
    case .down: .down
    case .auto: look == .article ? .down : .fitting
    }
  }
}

extension OptionKey where Value == Orientation {
  /// Which way layers run.
  static var orientation: OptionKey {
    OptionKey(
      "orientation", .word(of: Orientation.self), standard: .auto,
      doc:
        "Layers from left to right, or from top to bottom; `auto` takes what fits the width in at most 3.5 inches, or else, without a venue, in 6.25."
    )
  }
}

/// Whose look a figure of ranks has.
enum FigureLook: String, CaseIterable {
  /// This program's.
  case paper
  /// That of the article and of Ecco.
  case article
}

extension OptionKey where Value == FigureLook {
  /// Whose look.
  static var look: OptionKey {
    OptionKey(
      "look", .word(of: FigureLook.self), standard: .paper,
      doc: "This program's look, or that of the article and of Ecco: ranks 2 to 5000, their colours and labels.")
  }
}

/// A predicted token, by a word.
package enum PositionWord: String, CaseIterable, Sendable {
  /// The first after the prompt.
  case first
  /// The last.
  case last
}

extension OptionKey where Value == WordOrNumber<PositionWord> {
  /// Which column.
  static var position: OptionKey {
    OptionKey(
      "position", .word(of: PositionWord.self, or: 1...1_000_000), standard: .word(.first),
      doc: "Which predicted token: the first after the prompt, the last, or a number from 1.")
  }
}

/// A row, by a word.
package enum LayerWord: String, CaseIterable, Sendable {
  /// The row before the first layer.
  case embedding
  /// The last row.
  case last
}

extension OptionForm where Value == WordOrNumber<LayerWord> {
  /// A layer by its number, or one of the words.
  static var layer: OptionForm { .word(of: LayerWord.self, or: 0...100_000) }
}
