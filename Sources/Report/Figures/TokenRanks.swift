import Findings
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
  let orientation = OptionKey.orientation
  let together = OptionKey.together
}

extension FigureKind {
  /// Watched tokens at one position: the rank every layer gives to each.
  package static let tokenRanks = FigureKind(
    name: "token-ranks",
    summary: "the ranks of watched tokens at one position after every layer, of one model or of several",
    options: TokenRanksOptions(),
    takes: .oneOrMore, needs: .watchedTokens
  ) { traces, options in
    let panels = try traces.map {
      try WatchedRanks(
        $0, position: options.position, embedding: options.embedding, look: options.look, kind: "token-ranks")
    }
    let colors = try RankColors(
      options.colors, maxRank: options.maxRank, ranks: panels.flatMap(\.ranks),
      ecco: options.look == .article ? .watch : nil)
    return WatchedRanks.describe(
      panels, colors: colors, direction: options.orientation.direction(options.look), look: options.look)
  }
}

/// The ranks of the watched tokens of one trace at one position.
struct WatchedRanks {
  let trace: Trace
  let column: Int
  /// Rows of the trace.
  let shown: [Int]
  /// [row][watched token].
  let ranks: [[Int?]]
  /// Which of the tokens is ahead, and from which layer on.
  private let order: WatchedOrder?

  init(
    _ trace: Trace, position: WordOrNumber<PositionWord>, embedding: Bool, look: FigureLook, kind: String
  ) throws {
    try trace.checkShape()
    guard !trace.watch.isEmpty else {
      throw FigureError.nothingToShow(
        kind: kind, model: trace.model.name, needs: "watched tokens",
        hint: "name words to watch, such as watch: [\" is\", \" are\"]")
    }
    self.trace = trace
    column = try trace.column(position, kind: kind)
    let column = column
    shown = try trace.shownRows(embedding: embedding, look: look)
    ranks = shown.map { row in trace.watch.map { $0.rank[row][column] } }
    order = TraceFindings(trace, column: column)?.watched
  }

  private var labels: [Label] { trace.watch.map { $0.isSet ? Label($0.label) : Label.token($0.label) } }
  var names: [String] { labels.map { "“\($0.text)”" } }

  /// The shown row from which one token is ahead of the others; nil where none is, or where it is from the first on.
  private var crossing: Int? {
    guard let ahead = order?.ahead, let index = shown.firstIndex(where: { trace.rows[$0] == ahead }),
      shown[index] != trace.read(shown).first
    else { return nil }
    return index
  }

  /// The token that is ahead at the end, in quotation marks.
  private var leader: String? { order?.leader.map { "“\(trace.watch[$0].label)”" } }

  /// "“␣are” ahead for good from layer 26 of 29".
  private var crossingPhrase: String? {
    guard let order, let leader, let ahead = order.ahead, let last = trace.rows.last else { return nil }
    return crossing == nil
      ? "\(leader) ahead in every layer" : "\(leader) ahead for good from \(ahead.phrase(of: last))"
  }

  private func marks(_ colors: RankColors) -> CellMarks {
    var marks = CellMarks(
      columns: ColumnAxis(count: labels.count, below: ColumnAxis.Side(labels: labels, title: "Watched token")),
      counts: ranks, scale: colors.scale, marked: colors.marked)
    marks.rules = [crossing].compactMap(\.self)
    return marks
  }

  /// What identifies a panel among several, and what it shows.
  private func title(_ name: String) -> Label { Label(name + (crossingPhrase.map { ": \($0)" } ?? "")) }

  private var sets: [String] { trace.watch.filter(\.isSet).map { "“\($0.label)” is \($0.membersPhrase)." } }

  /// A figure of one panel, or of several on one scale.
  static func describe(
    _ panels: [WatchedRanks], colors: RankColors, direction: RowDirection, look: FigureLook,
    hasEqualRows: Bool = false
  ) -> FigureDescription {
    let first = panels[0]
    let traces = panels.map(\.trace)
    let names = Wording.enumeration(panels.flatMap(\.names).uniqued)
    let models = Wording.enumeration(traces.map(\.modelPhrase).uniqued)
    let prompts = Wording.enumeration(panels.map(\.trace.promptWithBlank).uniqued)
    let leaders = panels.filter { $0.crossing != nil }.compactMap(\.leader).uniqued
    let isOnePrompt = traces.allSatisfy { $0.prompt == first.trace.prompt }
    var caption = Caption(
      "Ranks of \(names) after every layer of \(models) as the \(Wording.predicted(traces)) of \(prompts)"
        + "\(panels.count == 1 ? first.trace.columnPhrase(first.column) : "").")
    caption = caption.aboutRanks(colors)
    if !leaders.isEmpty {
      caption = caption.and(
        "The dashed line stands before the layer from which \(Wording.enumeration(leaders)) has the "
          + "higher probability for good.")
    }
    caption = caption.and(panels.flatMap(\.sets).uniqued.joined(separator: " "))
    return FigureDescription(
      title: "Ranks of \(names) after every layer", caption: caption,
      alt: panels.map(\.alt).joined(separator: " "),
      origins: panels.enumerated().map { number, panel in
        CellOrigin(
          rows: panel.shown,
          columns: panel.trace.watch.indices.map { .init(trace: number, column: panel.column, watched: $0) })
      }
    ) { title, alt in
      let heading = isOnePrompt ? Label(first.trace.text(before: first.column) + first.trace.blank) : nil
      let names = Trace.names(of: traces)
      return Figure(
        title: "\(title): \(Wording.enumeration(traces.map(\.model.name).uniqued))", description: alt, heading: heading,
        panel: panels.count == 1
          ? Panel(
            rows: first.trace.rowAxis(first.shown, look: look), marks: .cells(first.marks(colors)), direction: direction
          )
          : Panel(
            rows: RowAxis(labels: [Label("")]),
            marks: .multiples(
              MultipleMarks(
                panels: zip(panels, names).map { panel, name in
                  MultipleMarks.Part(
                    title: panel.title(name), rows: panel.trace.rowAxis(panel.shown, look: look),
                    marks: panel.marks(colors))
                }, hasEqualRows: hasEqualRows)), direction: direction),
        colorBar: colors.bar)
    }
  }

  private var alt: String {
    let last = shown.last ?? 0
    let read = trace.read(shown)
    let ends = zip(names, trace.watch).map { name, watched in
      "\(name) has " + (watched.rank[last][column].map { "rank \(CountFormat.full($0))" } ?? "no rank")
        + (watched.logprob[last][column].map { " (\(Percent.text(logprob: $0)))" } ?? "")
    }
    let settled = zip(names, trace.watch).compactMap { name, watched in
      Trace.settles(read.map { watched.rank[$0][column] }).map {
        "\(name) has rank 1 for good from \(trace.rowPhrase(read[$0]))"
      }
    }
    return
      "Ranks of \(Wording.enumeration(names)) in every layer of \(trace.model.name). After the last layer \(Wording.enumeration(ends)). "
      + (settled.isEmpty ? "None of them has rank 1 at the end." : Wording.enumeration(settled) + ".")
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
    if position == promptLength - 1 || masks != nil { return promptLine }
    // A decoder's start token is no text.
    guard position >= promptLength else {
      return encoder == nil
        ? line(tokens.prefix(position + 1))
        : "\(promptBeforeDecoder) → \(line(tokens.prefix(position + 1).dropFirst()))"
    }
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
