import Plot
import Traces
import Words

/// Options of the kind `difference`.
struct DifferenceOptions: OptionKeys {
  let between = OptionKey.between
  let target = OptionKey(
    "target", .integer(1...1000), standard: 1, doc: "The watched token that is preferred, by number.")
  let foil = OptionKey(
    "foil", .integer(1...1000), standard: 2, doc: "The watched token it is compared with, by number.")
  let position = OptionKey.position
  let embedding = OptionKey.embedding
  let limit = OptionKey(
    "limit", .number(0.1...1000),
    doc:
      "The end of the scale on both sides, in nats; not set, it follows the data. Use one value in figures to be compared."
  )
  let orientation = OptionKey.orientation
  let templateTokens = OptionKey.templateTokens
  let together = OptionKey.together
}

/// What a difference compares.
package enum DifferenceSides: String, CaseIterable, Sendable {
  /// Two watched tokens.
  case tokens
  /// Two models.
  case models
  /// Two lenses of one model.
  case lenses
}

extension OptionKey where Value == DifferenceSides {
  /// What is compared; `FigureSchema.Takes` follows it, as two models or lenses share one figure.
  package static var between: OptionKey {
    OptionKey(
      "between", .word(of: DifferenceSides.self), standard: .tokens,
      doc: "What is compared: two watched tokens, or two models or two lenses of one model on the token that came next."
    )
  }
}

extension FigureKind {
  /// The difference of log-probability between two watched tokens, or between two models on the same text.
  package static let difference = FigureKind(
    name: "difference",
    summary:
      "the difference of log-probability between two watched tokens, two models or two lenses, after every layer",
    options: DifferenceOptions(),
    takes: .oneOrMore, needs: .watchedPair,
    needsByOptions: { options in
      switch options.between {
      case .tokens:
        max(options.target, options.foil) > 2 ? .watched(max(options.target, options.foil)) : .watchedPair
      case .models, .lenses: .outputText
      }
    },
    modelsByOptions: { $0.between == .tokens ? nil : 2 }
  ) { traces, options in
    for trace in traces { try trace.checkShape() }
    switch options.between {
    case .models, .lenses: return try DifferenceGrid(ofModels: traces, options).described(traces, options)
    case .tokens:
      let isSingle = traces.count == 1 && traces[0].columns.count > 1
      if !isSingle, traces.count <= LineMarks.mostSeries {
        return try DifferenceLines(traces, options).described(options)
      }
      let grid =
        try isSingle ? DifferenceGrid(ofTokensIn: traces[0], options) : DifferenceGrid(ofTokensIn: traces, options)
      return try grid.described(traces, options)
    }
  }
}

extension Trace {
  /// The two watched tokens that a difference compares.
  func differencePair(_ options: RecipeOptions<DifferenceOptions>) throws -> (target: Watch, foil: Watch) {
    guard watch.count >= 2 else {
      throw FigureError.nothingToShow(
        kind: "difference", model: model.name, needs: "two watched tokens",
        hint: "name a word and its foil, such as watch: [\" are\", \" is\"]")
    }
    func watched(_ number: Int) throws -> Watch {
      guard watch.indices.contains(number - 1) else {
        throw FigureError.outOfRange(what: "watched token", found: number, count: watch.count, kind: "difference")
      }
      return watch[number - 1]
    }
    return (try watched(options.target), try watched(options.foil))
  }

  /// The pairs of several traces, which have to be the same words.
  static func differencePairs(
    _ traces: [Trace], _ options: RecipeOptions<DifferenceOptions>
  ) throws -> [(target: Watch, foil: Watch)] {
    let pairs = try traces.map { try $0.differencePair(options) }
    for (trace, pair) in zip(traces, pairs)
    where pair.target.label != pairs[0].target.label || pair.foil.label != pairs[0].foil.label {
      throw FigureError.differentWords(
        "“\(pairs[0].target.label)” and “\(pairs[0].foil.label)”", kind: "difference", model: trace.model.name,
        prompt: trace.promptExcerpt(40))
    }
    return pairs
  }
}

/// Words and numbers about differences.
enum DifferenceWords {
  /// One log-probability minus another; nil where one is missing.
  static func difference(_ one: Float?, _ other: Float?) -> Double? {
    guard let one, let other, one.isFinite, other.isFinite else { return nil }
    return Double(one) - Double(other)
  }

  /// `+1.3`, `−0.2`, `0.0`.
  static func signed(_ value: Double) -> String {
    let text = Decimals.fixed(abs(value), 1)
    return text == "0.0" ? text : (value < 0 ? "\u{2212}" : "+") + text
  }

  /// The end of a symmetric scale: as asked for, or the next round number above all values.
  static func limit(_ asked: Double?, _ values: [Double]) -> Double {
    asked ?? LinearScale(upTo: max(values.map(abs).max() ?? 0, 0.1)).maximum
  }

  /// "“␣are” over “␣is” in every layer", and what is drawn.
  static func tokens(
    _ target: Trace.Watch, _ foil: Trace.Watch, models: String, _ rest: String
  ) -> (title: String, caption: String) {
    (
      "“\(target.label)” over “\(foil.label)” in every layer",
      "Log-probability of “\(target.label)” minus that of “\(foil.label)” after every layer of \(models)\(rest), "
        + "in nats: above 0 the layer prefers “\(target.label)”, below 0 “\(foil.label)”."
    )
  }

  /// What a line of differences does: its last value, and from which layer on the signs agree with it.
  static func story(_ line: [Double?], above: String, below: String) -> String {
    guard let last = line.last ?? nil else { return "the last layer has no value" }
    let text = "the last layer prefers \(last > 0 ? above : below) by \(Decimals.fixed(abs(last), 2)) nats"
    guard let differs = line.lastIndex(where: { $0.map { ($0 > 0) != (last > 0) } ?? true }) else {
      return text + ", and so do all layers before it"
    }
    let agreeing = line.count - 1 - differs
    return agreeing == 1 ? text : text + ", and so do the \(agreeing - 1) before it"
  }
}
