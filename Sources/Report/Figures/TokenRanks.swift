import Plot
import Traces
import Words

/// Options of the kind `token-ranks`.
private struct TokenRanksOptions: OptionKeys {
  let embedding = OptionKey.embedding
  let colors = OptionKey.colors
  let maxRank = OptionKey.maxRank
  let look = OptionKey.look
  let position = OptionKey.position
}

extension FigureKind {
  /// Watched tokens at one position: the rank every layer gives to each.
  package static let tokenRanks = FigureKind(
    name: "token-ranks",
    summary: "the ranks of watched tokens at one position after every layer",
    options: TokenRanksOptions(),
    needs: .watchedTokens
  ) { trace, options in
    try trace.checkShape()
    guard !trace.watch.isEmpty else {
      throw FigureError.nothingToShow(
        kind: "token-ranks", model: trace.model.name, needs: "watched tokens",
        hint: "name words to watch, such as watch: [\" is\", \" are\"]")
    }
    let column = try trace.column(options.position, kind: "token-ranks")
    let shown = try trace.shownRows(embedding: options.embedding, look: options.look)
    let ranks = shown.map { row in trace.watch.map { $0.rank[row][column] } }
    let colors = try RankColors(
      options.colors, maxRank: options.maxRank, ranks: ranks, ecco: options.look == .article ? .watch : nil)
    let labels = trace.watch.map { $0.isSet ? Label($0.label) : Label.token($0.label) }
    let names = labels.map { "“\($0.text)”" }
    let sets = trace.watch.filter(\.isSet).map { "“\($0.label)” is \($0.membersPhrase)." }
    return FigureDescription(
      title: "Ranks of \(Wording.enumeration(names)) after every layer",
      caption: "Ranks of \(Wording.enumeration(names)) after every layer of \(trace.modelPhrase) as the next token of "
        + "“\(trace.promptExcerpt()) ____”. Rank 1, the token that the layer would choose, "
        + (colors.marked == nil ? "has a colour of its own." : "is marked.")
        + sets.map { " " + $0 }.joined(),
      alt: alt(trace, names: names, column: column, shown: shown),
      origins: [
        CellOrigin(
          rows: shown, columns: trace.watch.indices.map { CellOrigin.Column(trace: 0, column: column, watched: $0) })
      ]
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        heading: Label(trace.text(before: column) + " ____"),
        panel: Panel(
          rows: trace.rowAxis(shown, look: options.look),
          marks: .cells(
            CellMarks(
              columns: ColumnAxis(count: labels.count, below: ColumnAxis.Side(labels: labels, title: "Watched token")),
              counts: ranks, scale: colors.scale, marked: colors.marked))),
        colorBar: colors.bar)
    }
  }

  private static func alt(_ trace: Trace, names: [String], column: Int, shown: [Int]) -> String {
    let last = shown.last ?? 0
    let ends = zip(names, trace.watch).map { name, watched in
      "\(name) has " + (watched.rank[last][column].map { "rank \(CountFormat.full($0))" } ?? "no rank")
        + (watched.logprob[last][column].map { " (\(Percent.text(logprob: $0)))" } ?? "")
    }
    let settled = zip(names, trace.watch).compactMap { name, watched in
      Trace.settles(shown.map { watched.rank[$0][column] }).map {
        "\(name) is first from \(trace.rowPhrase(shown[$0])) on"
      }
    }
    return
      "Ranks of \(Wording.enumeration(names)) in every layer of \(trace.model.name). After the last layer \(Wording.enumeration(ends)). "
      + (settled.isEmpty ? "None of them comes first at the end." : Wording.enumeration(settled) + ".")
  }
}

extension Trace.Watch {
  /// What a set is made of, in words.
  fileprivate var membersPhrase: String {
    let members = (texts ?? []).enumerated().map { index, text in
      let words = (firstOf?[index] ?? []).map { "“\(TokenDisplay.label($0))”" }
      return "“\(TokenDisplay.label(text))”"
        + (words.isEmpty ? "" : ", the beginning of \(words.joined(separator: ", "))")
    }
    return "the best rank of \(members.joined(separator: firstOf == nil ? ", " : "; ")), their probabilities summed"
  }
}

extension Trace {
  /// The text up to the state a column reads, on one line: the prompt and what followed it.
  package func text(before column: Int) -> String {
    let position = columns[column].position
    if position < promptLength { return position == promptLength - 1 ? promptLine : line(tokens.prefix(position + 1)) }
    return promptLine + line(tokens[promptLength...min(position, tokens.count - 1)])
  }

  private func line(_ tokens: ArraySlice<Token>) -> String {
    tokens.map { token in token.text.map(marked) ?? TokenDisplay.label(.bytes(token.bytes ?? "")) }.joined()
  }

  private func marked(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : TokenDisplay.label(String($0)) }.joined(separator: " ")
  }
}
