/// Words, each with one stripe or several across the layers and numbers at its right end.
///
/// A stripe has a cell for each layer, coloured by a count there; every series has its own colours and its own colour bar.
public struct StripeMarks: Equatable, Sendable {
  /// What the cells of stripes are.
  public var places: Places
  /// The stripes of a word from top to bottom: one or two.
  public var series: [Series]
  /// [word][series][place]; 0 for a cell without any, nil where there is nothing to count.
  public var values: [[[Int?]]]
  /// Above the numbers of stripes.
  public var heads: [String]
  /// Numbers of each stripe: [word][series][head].
  public var numbers: [[[String]]]
  /// A number of each word as a whole; nil for none.
  public var summary: Summary?
  /// Two groups of words; nil for one.
  public var halves: Halves?

  /// What the cells of stripes are.
  public enum Places: Equatable, Sendable {
    /// The rows of an axis, the same in all series.
    case rows(RowAxis)
    /// Equal shares of a depth with this title, in series of different numbers of cells.
    case shares(String)
  }

  /// Stripes of one colour.
  public struct Series: Equatable, Sendable {
    /// What it is, for tables.
    public var name: String
    /// Its colours, with the title of its colour bar.
    public var bar: ColorBar
    /// Names of its cells.
    public var places: [String]

    /// A series with its colours and the names of its cells.
    public init(name: String, bar: ColorBar, places: [String]) {
      self.name = name
      self.bar = bar
      self.places = places
    }
  }

  /// A number of each word as a whole.
  public struct Summary: Equatable, Sendable {
    /// Above the numbers.
    public var head: String
    /// As they are written.
    public var texts: [String]
    /// For tables.
    public var values: [Double]

    /// Numbers with their head.
    public init(head: String, texts: [String], values: [Double]) {
      self.head = head
      self.texts = texts
      self.values = values
    }
  }

  /// Two groups of words with a line between them.
  public struct Halves: Equatable, Sendable {
    /// How many words belong to the first.
    public var count: Int
    /// Above the first word.
    public var above: String
    /// Below the last word.
    public var below: String

    /// Groups with their names.
    public init(count: Int, above: String, below: String) {
      self.count = count
      self.above = above
      self.below = below
    }
  }

  /// Words with stripes.
  public init(
    places: Places, series: [Series], values: [[[Int?]]], heads: [String], numbers: [[[String]]],
    summary: Summary? = nil, halves: Halves? = nil
  ) {
    self.places = places
    self.series = series
    self.values = values
    self.heads = heads
    self.numbers = numbers
    self.summary = summary
    self.halves = halves
  }

  /// The most stripes of a word: readers tell an upper and a lower one apart.
  static let mostSeries = 2
  /// Height of a stripe with room enough.
  static let stripeHeight = 9.0
  /// White between words.
  static let wordGap = 2.5
  /// The widest cell of many.
  static let widestCell = 11.0
  /// The width that a few cells share.
  static let narrowest = 110.0
}

extension StripeMarks {
  /// Throws unless all lists agree in number with the words.
  func check(words: Int) throws(PlotError) {
    func require(_ found: Int, _ expected: Int, _ what: String) throws(PlotError) {
      guard found == expected else { throw .badFigure("expected \(expected) \(what), found \(found)") }
    }
    guard (1...Self.mostSeries).contains(series.count) else {
      throw .badFigure("expected 1 to \(Self.mostSeries) stripes of a word, found \(series.count)")
    }
    for one in series where one.places.isEmpty {
      throw .badFigure("a stripe needs at least one cell, found none")
    }
    if case .rows(let axis) = places {
      for one in series { try require(one.places.count, axis.labels.count, "cells of a stripe") }
    }
    try require(values.count, words, "words with stripes")
    try require(numbers.count, words, "words with numbers")
    for (values, numbers) in zip(values, numbers) {
      try require(values.count, series.count, "stripes of a word")
      try require(numbers.count, series.count, "stripes with numbers")
      for (stripe, one) in zip(values, series) { try require(stripe.count, one.places.count, "cells of a stripe") }
      for line in numbers { try require(line.count, heads.count, "numbers of a stripe") }
    }
    if let summary {
      try require(summary.texts.count, words, "numbers of words")
      try require(summary.values.count, words, "numbers of words")
    }
    if let halves, !(0...words).contains(halves.count) {
      throw .badFigure("expected 0 to \(words) words in the first group, found \(halves.count)")
    }
  }

  func table(rows axis: RowAxis) -> FigureTable {
    let whole = summary.map { [$0.head.lowercased()] } ?? []
    var lines: [[String]] = []
    for word in values.indices {
      let end = summary.map { [FigureTable.number($0.values[word])] } ?? []
      for (index, one) in series.enumerated() {
        for (place, value) in zip(one.places, values[word][index]) {
          lines.append(
            ["\(word + 1)", axis.labels[word].text, one.name] + numbers[word][index] + end
              + [place, value.map(String.init) ?? ""])
        }
      }
    }
    return FigureTable(
      heads: ["word", "token", "series"] + heads.map { $0.lowercased() } + whole + ["layer", "positions"], rows: lines)
  }
}
