import Foundation
import Plot
import Traces
import Words

/// Options of the kind `token-strip`.
private struct TokenStripOptions: OptionKeys {
  let color = OptionKey.color
  let colors = OptionKey.colors
  let maxRank = OptionKey.maxRank
  let limit = OptionKey.limit
  let layer = OptionKey("layer", .layer, standard: .word(.last), doc: "The layer whose prediction is shown.")
  let templateTokens = OptionKey.templateTokens
}

extension FigureKind {
  /// The text itself, each token tinted by how one layer predicts it.
  package static let tokenStrip = FigureKind(
    name: "token-strip",
    summary: "the text itself, each token tinted by its rank, probability or another quantity after one layer",
    options: TokenStripOptions(),
    needs: .nothing
  ) { whole, options in
    try whole.checkShape()
    let roles = try ConversationText(whole, options.templateTokens, kind: "token-strip")
    let trace = roles.trace
    let row = try trace.row(options.layer, kind: "token-strip")
    try trace.requireNumbers(row, kind: "token-strip")
    let quantity = options.color
    let values = trace.columns.indices.map { quantity.value(trace, row, $0) }
    let colors = try QuantityColors(
      quantity, options.colors, maxRank: options.maxRank, limit: options.limit, values: [values])
    let places = Dictionary(
      zip(trace.columns.indices.map(trace.predictedPosition), values).compactMap { place, value in
        value.map { (place, $0) }
      },
      uniquingKeysWith: { first, _ in first })
    let first = trace.columns.indices.filter { trace.rank[row][$0] == 1 }.map(trace.predictedPosition)
    return FigureDescription(
      title: "Tokens by \(quantity.phrase) after \(trace.rowPhrase(row))",
      caption: roles.caption(
        Caption(
          "The text of “\(trace.promptExcerpt())”, each token tinted by "
            + (quantity.isOfState
              ? "the \(quantity.phrase) of the state that predicts it"
              : trace.masks == nil
                ? "its \(quantity.phrase) as the next token" : "the \(quantity.phrase) of the model’s choice there")
            + " after \(trace.rowPhrase(row)) of \(trace.modelPhrase). Tokens with rank 1 are framed; "
            + "tokens without a tint were not captured.")),
      alt: roles.alt(alt(trace, row: row, first: first.count, tokens: roles.positions.count))
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: [Label("")]),
          marks: .tokens(roles.tokenMarks(places, marked: Set(first), scale: colors.scale))),
        colorBar: colors.bar)
    }
  }

  private static func alt(_ trace: Trace, row: Int, first: Int, tokens: Int) -> String {
    let known = trace.columns.indices.filter { trace.logprob[row][$0] != nil }
    func name(_ column: Int) -> String { "“\(trace.tokenLabel(id: trace.columns[column].target).text)”" }
    func logprob(_ column: Int) -> Float { trace.logprob[row][column] ?? 0 }
    var text = "The text with \(Wording.count(tokens, "token")), tinted by what "
    text += "\(trace.rowPhrase(row)) of \(trace.model.name) predicts. \(first) of "
    text += "\(Wording.count(known.count, "predicted token")) \(first == 1 ? "has" : "have") rank 1"
    if let best = known.max(by: { logprob($0) < logprob($1) }), let worst = known.min(by: { logprob($0) < logprob($1) })
    {
      text += "; the most probable is \(name(best)) (\(Percent.text(logprob: logprob(best))))"
      text += ", the least \(name(worst)) (\(Percent.text(logprob: logprob(worst))))"
    }
    return text + "."
  }
}

extension ConversationText {
  /// The text as tinted tokens: `values` and `marked` by position.
  func tokenMarks(_ values: [Int: Double], marked: Set<Int>, scale: ColorScale) -> TokenMarks {
    var marks = TokenMarks(
      tokens: positions.map { position in
        var token = TokenMarks.Token(
          label: trace.tokenLabel(at: position, treatment), value: values[position],
          endsLine: trace.tokens[position].text?.contains("\n") ?? false, isMarked: marked.contains(position))
        token.position = position
        return token
      }, scale: scale)
    marks.spans = spans
    return marks
  }
}
