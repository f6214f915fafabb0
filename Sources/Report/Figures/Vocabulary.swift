import Findings
import Plot
import Traces
import Words

/// Options of the kind `vocabulary`.
struct VocabularyOptions: OptionKeys {
  enum Counted: String, CaseIterable {
    case all, words
  }

  let between = OptionKey(
    "between", .word(of: VocabularySides.self),
    doc:
      "Compare two models that have one tokenizer, or two lenses of one model; not set, each model has a figure of its own."
  )
  let k = OptionKey(
    "k", .integer(1...100),
    doc: "Length of the lists in which tokens are counted; not set, what the trace keeps. More than that is an error.")
  let rows = OptionKey("rows", .integer(1...100), standard: 10, doc: "How many tokens are shown.")
  let tokens = OptionKey(
    "tokens", .word(of: Counted.self), standard: .all,
    doc: "The tokens that are counted: all, or those with letters, without punctuation marks, numbers and spaces.")
  let start = OptionKey("start", .integer(1...1_000_000), standard: 1, doc: "The first position counted.")
  let count = OptionKey(
    "count", .integer(1...1_000_000), doc: "How many positions are counted; all from the first one on by default.")
  let embedding = OptionKey.embedding
  let colors = OptionKey.colors(dark: "the largest count")
  let templateTokens = OptionKey.templateTokens
}

/// What two sets of words are compared between.
enum VocabularySides: String, CaseIterable {
  /// Two models with one tokenizer.
  case models
  /// Two lenses of one model.
  case lenses
}

extension FigureKind {
  /// The tokens that stand most often among the most probable ones, with a stripe over the layers for each.
  package static let vocabulary = FigureKind(
    name: "vocabulary",
    summary:
      "the tokens that stand most often among the most probable ones, each with its count and a stripe over the layers",
    options: VocabularyOptions(),
    takes: .oneOrMore, needs: .nothing,
    modelsByOptions: { $0.between == nil ? nil : 2 }
  ) { traces, options in
    let words = try VocabularyWords(traces, options)
    return try options.between == nil ? words.frequent(options) : words.compared(options)
  }

  /// What the words of one trace, or of two that are compared, show.
  func vocabularyFinding(_ numbers: [Numbers], _ options: FigureOptions) -> String? {
    let traces = numbers.compactMap(\.trace)
    return try? VocabularyWords(traces, RecipeOptions(VocabularyOptions(), options.values)).finding
  }

  /// What the words of one trace show; nil where two are compared, or nothing can be shown.
  package static func vocabularyFindings(_ trace: Trace, _ values: [String: OptionValue]) -> VocabularyFindings? {
    let options = RecipeOptions(VocabularyOptions(), values)
    return options.between == nil ? (try? VocabularyWords([trace], options))?.own : nil
  }
}

/// The counted words of one trace, or of two that are compared.
struct VocabularyWords {
  typealias Options = RecipeOptions<VocabularyOptions>

  private static let kind = "vocabulary"

  /// With the counted columns alone.
  private let traces: [Trace]
  private let roles: [ConversationColumns]
  private let counts: [TokenCounts]
  /// The rows of stripes, also those that are not counted.
  private let shown: [[Int]]
  private let isOfWords: Bool
  /// What one side is called in titles and in sentences.
  private let names: [String]
  private let isOfLenses: Bool

  init(_ whole: [Trace], _ options: Options) throws {
    let compared = options.between == nil ? Array(whole.prefix(1)) : whole
    for trace in compared { try trace.checkShape() }
    if let between = options.between { try Self.check(compared, between) }
    isOfLenses = options.between == .lenses
    roles = try compared.map { trace in
      guard trace.columns.indices.contains(options.start - 1) else {
        throw FigureError.outOfRange(
          what: "position", found: options.start, count: trace.columns.count, kind: Self.kind)
      }
      return try ConversationColumns(
        trace, options.templateTokens, by: .next, from: options.start - 1, count: options.count, kind: Self.kind)
    }
    let traces = roles.map(\.trace)
    self.traces = traces
    let kept = traces.map(\.top.k).min() ?? 0
    guard kept > 0 else {
      throw FigureError.nothingToShow(
        kind: Self.kind, model: traces[0].model.name, needs: "most probable tokens", hint: "trace with top: 10")
    }
    if let k = options.k, k > kept {
      let trace = traces.first { $0.top.k < k } ?? traces[0]
      throw FigureError.listsTooShort(kind: Self.kind, model: trace.model.name, found: k, most: kept)
    }
    shown = try traces.map { try $0.shownRows(embedding: options.embedding) }
    var counted = zip(traces, shown).map { $0.read($1) }
    if traces.count == 2, traces[0].rows == traces[1].rows {
      // Lists that only one side has would count for it alone.
      let both = Set(counted[0]).intersection(counted[1])
      counted = counted.map { $0.filter(both.contains) }
    }
    isOfWords = options.tokens == .words
    let isOfWords = isOfWords
    counts = zip(traces, counted).map { trace, rows in
      TokenCounts(trace, rows: rows, k: options.k ?? kept) { id in
        guard isOfWords else { return true }
        return TokenClass(trace.text(of: id), after: nil).hasLetters
      }
    }
    guard counts.allSatisfy({ $0.lists > 0 }) else {
      throw FigureError.nothingToShow(
        kind: Self.kind, model: traces[0].model.name, needs: "layers that are read", hint: "show other layers")
    }
    names = Self.names(traces, isOfLenses: isOfLenses)
  }

  /// Throws unless two traces can be compared word by word.
  private static func check(_ traces: [Trace], _ between: VocabularySides) throws {
    guard traces.count == 2 else {
      throw FigureError.nothingToShow(
        kind: kind, model: traces[0].model.name,
        needs: between == .lenses ? "second lens beside it" : "second model beside it",
        hint: "between: models compares two models on one prompt, between: lenses two lenses of one model")
    }
    let (one, other) = (traces[0], traces[1])
    guard between == .models || traces.areOfLenses else {
      throw FigureError.badTrace(
        model: other.model.name,
        reason: "expected another lens of the model \(one.model.name), found "
          + (one.lens == other.lens ? "the same lens" : "another model"))
    }
    let ids = Set(one.texts.keys).intersection(other.texts.keys).sorted()
    if let id = ids.first(where: { one.texts[$0] != other.texts[$0] }) {
      throw FigureError.differentTokenizers(
        kind: kind, model: one.model.name, other: other.model.name, id: id,
        texts: [one.tokenLabel(id: id).text, other.tokenLabel(id: id).text])
    }
    guard one.columns.map(\.position) == other.columns.map(\.position), one.tokens == other.tokens else {
      throw FigureError.differentTokens(kind: kind, model: one.model.name, other: other.model.name)
    }
  }

  private static func names(_ traces: [Trace], isOfLenses: Bool) -> [String] {
    guard isOfLenses else { return Trace.modelNames(of: traces) }
    let nouns = traces.map { Wording.lensNoun($0.lens.kind) }
    guard Set(nouns).count < nouns.count else { return nouns }
    let phrases = traces.map { Wording.lensPhrase($0.lens) }
    // Two lenses of one kind whose files are not named.
    return Set(phrases).count == phrases.count ? phrases : phrases.enumerated().map { "\($1) \($0 + 1)" }
  }

  /// What the counts of one trace show.
  fileprivate var own: VocabularyFindings? { VocabularyFindings(counts[0], traces[0]) }

  /// What the counts show.
  var finding: String? {
    guard traces.count == 2 else { return own?.sentence }
    return VocabularyFindings.sentence(
      TokenRatios(counts[0], counts[1]), traces, names: names.map { isOfLenses ? "the \($0)" : $0 })
  }

  // MARK: - One trace

  func frequent(_ options: Options) throws -> FigureDescription {
    let (trace, counts) = (traces[0], counts[0])
    let tokens = Array(counts.tokens.prefix(options.rows))
    let bar = colorBar(
      options.colors, tokens.flatMap(\.byRow), title: "Positions with the token in the top \(counts.k)")
    let rows = shown[0]
    guard !tokens.isEmpty else { throw noWords }
    return FigureDescription(
      title: "Words of the layers",
      caption: caption(
        "\(noun) that stand most often among the \(Wording.count(counts.k, "most probable \(trace.predicted)")) after every "
          + "layer of \(trace.modelPhrase), at \(trace.placesPhrase(Array(trace.columns.indices))); \(lists(0)). "
          + "The colour of a cell is the number of positions after that layer, and grey cells have none."),
      alt:
        "Stripes over the layers of \(trace.model.name) for its \(Wording.count(tokens.count, "most frequent token")). "
        + tokens.prefix(5).map { "“\(trace.tokenLabel(id: $0.id).text)” in \(Wording.count($0.count, "list"))" }
        .joined(separator: ", ") + (tokens.count > 5 ? " and so on." : ".")
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: tokens.map { trace.tokenLabel(id: $0.id) }, title: nil),
          marks: .stripes(
            StripeMarks(
              places: .rows(trace.rowAxis(rows)),
              series: [
                StripeMarks.Series(name: Wording.lensNoun(trace.lens.kind), bar: bar, places: rows.map(trace.rowName))
              ],
              values: tokens.map { [stripe($0, 0)] }, heads: ["Count", "Share"],
              numbers: tokens.map { [[CountFormat.full($0.count), share($0.count, of: counts.lists)]] }))))
    }
  }

  // MARK: - Two traces

  func compared(_ options: Options) throws -> FigureDescription {
    let ratios = TokenRatios(counts[0], counts[1])
    let ends = Self.ends(ratios, rows: options.rows)
    guard !ends.entries.isEmpty else {
      throw FigureError.nothingToShow(
        kind: Self.kind, model: traces[0].model.name,
        needs: "token that \(names[0]) and \(names[1]) count differently",
        hint: "count longer lists (k, top) or more positions")
    }
    let all = ends.entries.flatMap { $0.one.byRow + $0.other.byRow }
    let second = options.colors == .gnbu ? ColorMap.rdpu : .gnbu
    let bars = [
      colorBar(options.colors, all, title: "Upper: \(names[0])"),
      colorBar(second, all, title: "Lower: \(names[1])"),
    ]
    let isOneDepth = traces[0].rows == traces[1].rows
    let (one, other) = (traces[0], traces[1])
    func label(_ entry: TokenRatios.Entry) -> Label {
      one.texts[entry.id] == nil ? other.tokenLabel(id: entry.id) : one.tokenLabel(id: entry.id)
    }
    return FigureDescription(
      title: "Words of the layers: \(names[0]) against \(names[1])",
      caption: caption(
        "\(noun) that stand more often among the \(Wording.count(counts[0].k, "most probable \(one.predicted)")) "
          + (isOfLenses
            ? "under the \(names[0]) (above the dashed line) or under the \(names[1]) (below it), after every layer of "
              + "\(one.modelPhrase) and of \(other.modelPhrase)"
            : "of \(one.modelPhrase) (above the dashed line) or of \(other.modelPhrase) (below it), after every layer")
          + ", at \(one.placesPhrase(Array(one.columns.indices))), by the smoothed ratio of their \(formula); "
          + (counts[0].lists == counts[1].lists
            ? "\(lists(0)) on each side. " : "\(lists(0)) of \(names[0]), \(lists(1)) of \(names[1]). ")
          + "The upper stripe of a token belongs to \(isOfLenses ? "the " : "")\(names[0]), the lower one to "
          + "\(isOfLenses ? "the " : "")\(names[1]). The colour of a cell is the number of positions after that layer, "
          + "and grey cells have none."
          + (isOneDepth ? "" : " Stripes have the same length, so equal lengths are equal shares of the layers.")
      )
      .and(isOneDepth ? Self.onlyBoth(traces, counts) : ""),
      alt:
        "Stripes over the layers for \(Wording.count(ends.entries.count, "token")), ordered by the ratio of counts of "
        + "\(names[0]) and \(names[1]). "
        + ends.entries.prefix(ends.first).prefix(3).map { "“\(label($0).text)” \($0.one.count) to \($0.other.count)" }
        .joined(separator: ", ")
        + (ends.first > 0 && ends.first < ends.entries.count ? "; at the other end " : "")
        + ends.entries.dropFirst(ends.first).suffix(3).reversed().map {
          "“\(label($0).text)” \($0.one.count) to \($0.other.count)"
        }.joined(separator: ", ") + "."
    ) { title, alt in
      Figure(
        title: "\(title)\(isOfLenses ? ": \(one.model.name)" : "")", description: alt,
        panel: Panel(
          rows: RowAxis(labels: ends.entries.map(label)),
          marks: .stripes(
            StripeMarks(
              places: isOneDepth ? .rows(one.rowAxis(shown[0])) : .shares("Share of layers passed"),
              series: traces.indices.map { index in
                StripeMarks.Series(
                  name: names[index], bar: bars[index], places: shown[index].map(traces[index].rowName))
              },
              values: ends.entries.map { [stripe($0.one, 0), stripe($0.other, 1)] }, heads: ["Count"],
              numbers: ends.entries.map { [[CountFormat.full($0.one.count)], [CountFormat.full($0.other.count)]] },
              summary: StripeMarks.Summary(
                head: "Ratio", texts: ends.entries.map { TokenRatios.text($0.ratio) },
                values: ends.entries.map(\.ratio)),
              halves: StripeMarks.Halves(
                count: ends.first, above: "More often: \(names[0])", below: "More often: \(names[1])")))))
    }
  }

  /// As many words of each end as there are places, and more of one where the other has fewer; from the largest ratio to the smallest.
  private static func ends(_ ratios: TokenRatios, rows: Int) -> (entries: [TokenRatios.Entry], first: Int) {
    let below = min(ratios.below.count, max(rows / 2, rows - ratios.above.count))
    let above = min(ratios.above.count, rows - below)
    return (Array(ratios.above.prefix(above)) + ratios.below.prefix(below).reversed(), above)
  }

  /// Which layers are left out because one lens does not read them; empty where none is.
  private static func onlyBoth(_ traces: [Trace], _ counts: [TokenCounts]) -> String {
    let blank = traces.map(\.blankRows)
    guard blank[0] != blank[1], !blank[0].union(blank[1]).isEmpty else { return "" }
    return "Layers that one lens does not read are not counted for the other."
  }

  private var formula: String {
    counts[0].lists == counts[1].lists
      ? "counts, (a + 1)/(b + 1)" : "shares, ((a + 1)/A)/((b + 1)/B) for counts a and b in A and B lists"
  }

  // MARK: - Words and numbers of both

  /// The counts of a token in all rows that are shown; nil where nothing is counted.
  private func stripe(_ token: TokenCounts.Token, _ side: Int) -> [Int?] {
    let places = Dictionary(uniqueKeysWithValues: counts[side].rows.enumerated().map { ($1, $0) })
    return shown[side].map { row in places[row].map { token.byRow[$0] } }
  }

  private var noun: String { isOfWords ? "Tokens with letters" : "Tokens" }

  private var noWords: FigureError {
    .nothingToShow(
      kind: Self.kind, model: traces[0].model.name, needs: "tokens with letters among the most probable ones",
      hint: "count all tokens: tokens: all")
  }

  private func caption(_ text: String) -> Caption { Caption(text).and(ConversationColumns.hiddenPositions(roles)) }

  /// "279 lists (31 rows at 9 positions)".
  private func lists(_ side: Int) -> String {
    let counts = counts[side]
    return "counted in \(Wording.count(counts.lists, "list")) (\(Wording.count(counts.rows.count, "row")) at "
      + "\(Wording.count(counts.columns, "position")))"
  }

  private func colorBar(_ map: ColorMap, _ values: [Int], title: String) -> ColorBar {
    ColorBar(
      title: title,
      scale: ColorScale(
        map: map, scale: .counts(upTo: values.max() ?? 1), direction: .darkHigh, range: 0.12...0.94),
      numbers: .fullCounts, exceeds: false)
  }

  /// "43 %", "0.4 %".
  private func share(_ count: Int, of all: Int) -> String {
    let percent = Double(count) / Double(max(1, all)) * 100
    return Decimals.fixed(percent, percent < 9.95 ? 1 : 0) + " %"
  }
}
