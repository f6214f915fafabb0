import Foundation
import Plot
import Traces
import Words

/// Options of the kind `difference`.
private struct DifferenceOptions: OptionKeys {
  enum Between: String, CaseIterable {
    case tokens, models
  }

  let between = OptionKey(
    "between", .word(of: Between.self), standard: .tokens,
    doc: "What is compared: two watched tokens, or two models on the token that came next.")
  let target = OptionKey(
    "target", .integer(1...1000), standard: 1, doc: "The watched token that is preferred, by number.")
  let foil = OptionKey(
    "foil", .integer(1...1000), standard: 2, doc: "The watched token it is compared with, by number.")
  let position = OptionKey.position
  let embedding = OptionKey.embedding
  let limit = OptionKey(
    "limit", .number(0.1...1000), standard: 5,
    doc: "The end of the scale on both sides, in nats; use the same value in all figures to be compared.")
  let together = OptionKey.together
}

extension FigureKind {
  /// The difference of log-probability between two watched tokens, or between two models on the same text.
  package static let difference = FigureKind(
    name: "difference",
    summary: "the difference of log-probability between two watched tokens, or between two models, after every layer",
    options: DifferenceOptions(),
    takes: .oneOrMore, needs: .watchedPair,
    needsByOptions: { options in
      switch options.between {
      case .tokens: .watchedPair
      case .models: .outputText
      }
    }
  ) { traces, options in
    for trace in traces { try trace.checkShape() }
    let grid =
      switch options.between {
      case .models: try DifferenceGrid(ofModels: traces, options)
      case .tokens where traces.count > 1: try DifferenceGrid(ofTokensIn: traces, options)
      case .tokens: try DifferenceGrid(ofTokensIn: traces[0], options)
      }
    let limit = options.limit
    let scale = ColorScale(map: .vik, scale: .linear(-limit...limit), direction: .published)
    let known = grid.values.joined().compactMap(\.self)
    return FigureDescription(
      title: grid.title, caption: grid.caption, alt: grid.alt, origins: [grid.origin]
    ) { title, alt in
      Figure(
        title: "\(title): \(Wording.enumeration(traces.map(\.model.name).uniqued))", description: alt,
        heading: grid.heading,
        panel: Panel(
          rows: traces[0].rowAxis(grid.rows),
          marks: .cells(
            CellMarks(
              columns: grid.columns, values: grid.values, scale: scale,
              texts: .numbers(grid.values.map { $0.map { $0.map(DifferenceGrid.signed) ?? "–" } }),
              marked: grid.values.map { $0.map { _ in false } }))),
        colorBar: ColorBar(
          title: "Difference (nats)", scale: scale, numbers: .decimals, exceeds: known.contains { $0 > limit },
          fallsBelow: known.contains { $0 < -limit }))
    }
  }
}

/// Differences of log-probabilities in rows and columns, and the words about them.
private struct DifferenceGrid {
  typealias Options = RecipeOptions<DifferenceOptions>

  var title: String
  var caption: String
  var heading: Label?
  /// Rows of the trace.
  var rows: [Int]
  var columns: ColumnAxis
  var values: [[Double?]]
  /// What is preferred above 0, and below.
  var sides: (above: String, below: String)
  /// What the last column is, within a sentence.
  var lastColumn: String
  /// The models, within a sentence.
  var models: String
  /// What the cells show.
  var origin: CellOrigin

  /// Two watched tokens of one trace, at every column.
  init(ofTokensIn trace: Trace, _ options: Options) throws {
    let (target, foil) = try Self.pair(trace, options)
    rows = try trace.shownRows(embedding: options.embedding)
    values = rows.map { row in
      trace.columns.indices.map { Self.difference(target.logprob[row][$0], foil.logprob[row][$0]) }
    }
    let isSingle = trace.columns.count == 1
    heading = isSingle ? Label(trace.text(before: 0) + " ____") : nil
    columns = ColumnAxis(
      count: trace.columns.count,
      below: isSingle
        ? ColumnAxis.Side(labels: [Label("\(target.label) \u{2212} \(foil.label)")])
        : ColumnAxis.Side(labels: trace.columns.map { trace.tokenLabel(at: $0.position) }, title: "Input token"))
    (title, caption) = Self.words(target, foil, models: trace.modelPhrase, ", prompt “\(trace.promptExcerpt())”")
    sides = ("“\(target.label)”", "“\(foil.label)”")
    lastColumn = isSingle ? "" : "at the last position "
    models = trace.model.name
    origin = CellOrigin(rows: rows, columnsOf: trace)
  }

  /// Two watched tokens of several traces, a column for each.
  init(ofTokensIn traces: [Trace], _ options: Options) throws {
    let first = traces[0]
    try Self.requireSameRows(traces, hint: "a trajectory over relative depth compares models of different depth")
    let pairs = try traces.map { try Self.pair($0, options) }
    for (trace, pair) in zip(traces, pairs)
    where pair.target.label != pairs[0].target.label || pair.foil.label != pairs[0].foil.label {
      throw FigureError.nothingToShow(
        kind: "difference", model: trace.model.name,
        needs: "“\(pairs[0].target.label)” and “\(pairs[0].foil.label)” watched for “\(trace.promptExcerpt(40))”",
        hint: "columns of one figure compare the same two words")
    }
    let places = try traces.map { try $0.column(options.position, kind: "difference") }
    rows = try first.shownRows(embedding: options.embedding)
    values = rows.map { row in
      pairs.indices.map {
        Self.difference(pairs[$0].target.logprob[row][places[$0]], pairs[$0].foil.logprob[row][places[$0]])
      }
    }
    let names = Trace.names(of: traces)
    columns = ColumnAxis(count: traces.count, below: ColumnAxis.Side(labels: names.map { Label($0) }))
    (title, caption) = Self.words(
      pairs[0].target, pairs[0].foil, models: Wording.enumeration(traces.map(\.modelPhrase).uniqued),
      " as the next token of " + Wording.enumeration(traces.map { "“\($0.promptExcerpt()) ____”" }.uniqued))
    sides = ("“\(pairs[0].target.label)”", "“\(pairs[0].foil.label)”")
    lastColumn = "for \(names[names.count - 1]) "
    models = Wording.enumeration(traces.map(\.model.name).uniqued)
    origin = CellOrigin(rows: rows, columns: places.enumerated().map { .init(trace: $0, column: $1) })
  }

  /// The token that came next in two models' traces of the same text.
  init(ofModels traces: [Trace], _ options: Options) throws {
    guard traces.count == 2 else {
      throw FigureError.nothingToShow(
        kind: "difference", model: traces[0].model.name, needs: "second model beside it",
        hint: "name two models, with together: true")
    }
    let (one, other) = (traces[0], traces[1])
    try Self.requireSameRows(traces, hint: "models are compared layer by layer: they need equal numbers of layers")
    guard one.columns.map(\.position) == other.columns.map(\.position),
      one.tokens.map(\.text) == other.tokens.map(\.text)
    else {
      throw FigureError.nothingToShow(
        kind: "difference", model: other.model.name, needs: "tokens of \(one.model.name)",
        hint: "give a continuation, so that both models read the same text, and models with one tokenizer")
    }
    rows = try one.shownRows(embedding: options.embedding)
    values = rows.map { row in
      one.columns.indices.map { Self.difference(one.logprob[row][$0], other.logprob[row][$0]) }
    }
    columns = one.tokenAxis(inputs: false)
    let names = Trace.Model.names(of: traces.map(\.model))
    title = "Log-probability of each output token, \(names[0]) less \(names[1])"
    caption =
      "Log-probability of each output token after every layer of \(one.modelPhrase) less that after the same layer of "
      + "\(other.modelPhrase), prompt “\(one.promptExcerpt())”, in nats."
    sides = (names[0], names[1])
    lastColumn = "at the last position "
    models = "\(names[0]) and \(names[1])"
    origin = CellOrigin(rows: rows, columnsOf: one)
  }

  private static func words(
    _ target: Trace.Watch, _ foil: Trace.Watch, models: String, _ rest: String
  ) -> (title: String, caption: String) {
    (
      "“\(target.label)” over “\(foil.label)” in every layer",
      "Log-probability of “\(target.label)” less that of “\(foil.label)” after every layer of \(models)\(rest), "
        + "in nats: above 0 the layer prefers “\(target.label)”."
    )
  }

  private static func difference(_ one: Float?, _ other: Float?) -> Double? {
    guard let one, let other, one.isFinite, other.isFinite else { return nil }
    return Double(one) - Double(other)
  }

  private static func requireSameRows(_ traces: [Trace], hint: String) throws {
    for trace in traces where trace.rows != traces[0].rows {
      throw FigureError.nothingToShow(
        kind: "difference", model: trace.model.name,
        needs: "\(Wording.count(traces[0].rows.count, "row")) as \(traces[0].model.name) has", hint: hint)
    }
  }

  private static func pair(_ trace: Trace, _ options: Options) throws -> (target: Trace.Watch, foil: Trace.Watch) {
    guard trace.watch.count >= 2 else {
      throw FigureError.nothingToShow(
        kind: "difference", model: trace.model.name, needs: "two watched tokens",
        hint: "name a word and its foil, such as watch: [\" are\", \" is\"]")
    }
    func watched(_ number: Int) throws -> Trace.Watch {
      guard trace.watch.indices.contains(number - 1) else {
        throw FigureError.outOfRange(
          what: "watched token", found: number, count: trace.watch.count, kind: "difference")
      }
      return trace.watch[number - 1]
    }
    return (try watched(options.target), try watched(options.foil))
  }

  /// `+1.3`, `−0.2`, `0.0`.
  static func signed(_ value: Double) -> String {
    let text = Decimals.fixed(abs(value), 1)
    return text == "0.0" ? text : (value < 0 ? "\u{2212}" : "+") + text
  }

  /// The last row's value, and the layer from which the signs agree with it.
  var alt: String {
    let line = values.map { $0[$0.count - 1] }
    let lead = "Differences of log-probabilities in every layer of \(models): \(sides.above) less \(sides.below). "
    let beginning = lastColumn.prefix(1).uppercased() + lastColumn.dropFirst()
    guard let last = line.last ?? nil else { return lead + "\(beginning)the last layer has no value." }
    let start = beginning.isEmpty ? "The" : beginning + "the"
    var text = lead + "\(start) last layer is in favour of \(last > 0 ? sides.above : sides.below) by "
    text += "\(Decimals.fixed(abs(last), 2)) nats"
    guard let differs = line.lastIndex(where: { $0.map { ($0 > 0) != (last > 0) } ?? true }) else {
      return text + ", as are all layers."
    }
    return text + ", as are all of the last \(line.count - 1 - differs)."
  }
}
