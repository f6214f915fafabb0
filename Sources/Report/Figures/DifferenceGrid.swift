import Foundation
import Plot
import Traces
import Words

/// Differences of log-probabilities in rows and columns, and the words about them.
struct DifferenceGrid {
  typealias Options = RecipeOptions<DifferenceOptions>

  private var title: String
  private var caption: String
  /// The trace whose layers are the rows.
  private var base: Trace
  /// Rows of that trace.
  private var rows: [Int]
  private var columns: ColumnAxis
  private var values: [[Double?]]
  /// What is preferred above 0, and below.
  private var sides: (above: String, below: String)
  /// What the last column is, within a sentence.
  private var lastColumn: String
  /// The models, within a sentence.
  private var models: String
  /// What the cells show.
  private var origin: CellOrigin
  /// The columns by the roles of a conversation; nil where columns are traces.
  private var roles: ConversationColumns?
  /// Whether columns are named by the tokens that come next, not by those that are read.
  private var isOfNext = false

  /// Two watched tokens of one trace, at every column.
  init(ofTokensIn whole: Trace, _ options: Options) throws {
    let roles = try ConversationColumns(whole, options.templateTokens, by: .read, kind: "difference")
    let trace = roles.trace
    let (target, foil) = try trace.differencePair(options)
    base = trace
    rows = try trace.shownRows(embedding: options.embedding)
    values = rows.map { row in
      trace.columns.indices.map { DifferenceWords.difference(target.logprob[row][$0], foil.logprob[row][$0]) }
    }
    columns = ColumnAxis(
      count: trace.columns.count,
      below: ColumnAxis.Side(labels: roles.readLabels, title: "Input token"))
    columns.spans = roles.spans
    (title, caption) = DifferenceWords.tokens(
      target, foil, models: trace.modelPhrase, " at \(trace.placesPhrase(Array(trace.columns.indices)))")
    sides = ("“\(target.label)”", "“\(foil.label)”")
    lastColumn = "at the last position "
    models = trace.model.name
    origin = roles.origin(rows: rows)
    self.roles = roles
  }

  /// Two watched tokens of several traces, a column for each.
  init(ofTokensIn traces: [Trace], _ options: Options) throws {
    let first = traces[0]
    guard traces.allSatisfy({ $0.rows == first.rows }) else {
      throw FigureError.tooManyLines(
        kind: "difference", found: traces.count, most: LineMarks.mostSeries,
        hint: "show fewer models together: as many prompts as you like share a figure when all have the same layers")
    }
    let pairs = try Trace.differencePairs(traces, options)
    let places = try traces.map { try $0.column(options.position, kind: "difference") }
    base = first
    rows = try first.shownRows(embedding: options.embedding)
    values = rows.map { row in
      pairs.indices.map {
        DifferenceWords.difference(pairs[$0].target.logprob[row][places[$0]], pairs[$0].foil.logprob[row][places[$0]])
      }
    }
    let names = Trace.names(of: traces)
    columns = ColumnAxis(count: traces.count, below: ColumnAxis.Side(labels: names.map { Label($0) }))
    (title, caption) = DifferenceWords.tokens(
      pairs[0].target, pairs[0].foil, models: Wording.enumeration(traces.map(\.modelPhrase).uniqued),
      " as the \(Wording.predicted(traces)) of " + Wording.enumeration(traces.map(\.promptWithBlank).uniqued))
    sides = ("“\(pairs[0].target.label)”", "“\(pairs[0].foil.label)”")
    lastColumn = "for \(names[names.count - 1]) "
    models = Wording.enumeration(traces.map(\.model.name).uniqued)
    origin = CellOrigin(rows: rows, columns: places.enumerated().map { .init(trace: $0, column: $1) })
  }

  /// The token that came next in two models' traces of the same text; layers of models of different depth are compared at
  /// the same share of the layers passed.
  init(ofModels traces: [Trace], _ options: Options) throws {
    guard traces.count == 2 else {
      throw FigureError.nothingToShow(
        kind: "difference", model: traces[0].model.name,
        needs: options.between == .lenses ? "second lens beside it" : "second model beside it",
        hint: "between: models compares two models on one prompt, between: lenses two lenses of one model")
    }
    let isOfLenses = options.between == .lenses
    guard !isOfLenses || traces.areOfLenses else {
      throw FigureError.badTrace(
        model: traces[1].model.name,
        reason: "expected another lens of the model \(traces[0].model.name), found "
          + (traces[0].lens == traces[1].lens ? "the same lens" : "another model"))
    }
    guard traces[0].columns.map(\.position) == traces[1].columns.map(\.position),
      traces[0].tokens.map(\.text) == traces[1].tokens.map(\.text)
    else {
      throw FigureError.differentTokens(kind: "difference", model: traces[0].model.name, other: traces[1].model.name)
    }
    // Both read the same tokens, so the roles of one are those of the other.
    let roles = try ConversationColumns(
      traces[0], options.templateTokens, by: .next, needsTarget: true, kind: "difference")
    let (one, other) = (roles.trace, roles.same(of: traces[1]))
    let isOther = other.rows.count < one.rows.count
    base = isOther ? other : one
    rows = try base.shownRows(embedding: options.embedding)
    let isSame = one.rows == other.rows
    func matching(_ row: Int, in trace: Trace) -> Int {
      isSame ? row : Int((LayerTicks.place(row, of: base.rows.count) * Double(trace.rows.count - 1)).rounded())
    }
    let base = base
    values = rows.map { row in
      one.columns.indices.map {
        DifferenceWords.difference(one.logprob[matching(row, in: one)][$0], other.logprob[matching(row, in: other)][$0])
      }
    }
    columns = roles.tokenAxis(inputs: false)
    let names =
      isOfLenses ? traces.map { Wording.lensNoun($0.lens.kind) } : Trace.modelNames(of: traces)
    title = "Log-probability of each \(roles.noun), \(names[0]) minus \(names[1])"
    caption =
      "Log-probability of each \(roles.noun) after every layer of \(one.modelPhrase), minus its log-probability after "
      + (isSame ? "the same layer" : "the layer at the same share of the depth") + " of "
      + "\(other.modelPhrase), prompt “\(one.promptExcerpt())”, in nats: above 0 the token is more probable "
      + (isOfLenses ? "under the \(names[0])." : "in \(names[0]).")
      + (isSame ? "" : " Layers are those of \(base.model.name).")
    sides = (names[0], names[1])
    lastColumn = "at the last position "
    models = isOfLenses ? "\(one.model.name), \(names[0]) and \(names[1])" : "\(names[0]) and \(names[1])"
    origin = roles.origin(rows: rows, number: isOther ? 1 : 0)
    self.roles = roles
    isOfNext = true
  }

  func described(_ traces: [Trace], _ options: Options) throws -> FigureDescription {
    let known = values.joined().compactMap(\.self)
    let blocks = zip(rows, values).flatMap { base.rows[$0].point == .embedding ? [] : $1.compactMap(\.self) }
    let limit = DifferenceWords.limit(options.limit, blocks)
    let blank = base.blankRows
    // The ends of the map are nearly black; without them blue and red can be told apart.
    let scale = ColorScale(map: .vik, scale: .linear(-limit...limit), direction: .published, range: 0.14...0.86)
    let limitText = NumberStyle.decimals.text(limit)
    let shown = Caption(caption).about(
      .cellTexts, drawn: "", leftOut: "Colours show the differences; the figure's table has the numbers."
    ).and("The scale ends at \(limitText) nats on both sides.")
    return FigureDescription(
      title: title,
      caption: roles?.caption(shown, hasInputs: !isOfNext, hasNext: isOfNext) ?? shown,
      alt: roles?.alt(alt) ?? alt, origins: [origin]
    ) { title, alt in
      Figure(
        title: "\(title): \(Wording.enumeration(traces.map(\.model.name).uniqued))", description: alt,
        panel: Panel(
          rows: base.rowAxis(rows),
          marks: .cells(
            CellMarks(
              columns: columns, values: values, scale: scale,
              texts: .numbers(
                zip(rows, values).map { row, line in
                  line.map { $0.map(DifferenceWords.signed) ?? (blank.contains(row) ? "" : "–") }
                }),
              marked: values.map { $0.map { _ in false } })),
          direction: options.orientation.direction()),
        colorBar: ColorBar(
          title: "\(sides.above) \u{2212} \(sides.below) (nats)", scale: scale, numbers: .decimals,
          exceeds: known.contains { $0 > limit }, fallsBelow: known.contains { $0 < -limit }))
    }
  }

  /// The last row's value, and the layer from which the signs agree with it.
  private var alt: String {
    let story = DifferenceWords.story(values.map { $0[$0.count - 1] }, above: sides.above, below: sides.below)
    return "Differences of log-probabilities in every layer of \(models): \(sides.above) minus \(sides.below). "
      + "\(lastColumn.prefix(1).uppercased() + lastColumn.dropFirst())\(story)."
  }
}
