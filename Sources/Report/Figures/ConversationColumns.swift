import Plot
import Traces
import Words

/// What a figure does with tokens that the chat template wrote, not a message.
enum TemplateTokens: String, CaseIterable {
  /// Labels like all others.
  case show
  /// Labels in grey.
  case dim
  /// Left out.
  case hide
}

extension OptionKey where Value == TemplateTokens {
  /// What to do with the template's own tokens.
  static var templateTokens: OptionKey {
    OptionKey(
      "template_tokens", .word(of: TemplateTokens.self), standard: .dim,
      doc: "The chat template's own tokens in a conversation: shown like all others, with grey labels, or left out.")
  }
}

/// The columns of a trace that a figure shows, by the roles of the conversation that its prompt is.
///
/// A prompt that is no conversation shows all its columns, and nothing is said about roles.
struct ConversationColumns {
  /// The token that says whose a column is.
  enum Subject {
    /// The one that comes next, which the column predicts.
    case next
    /// The one whose state is read.
    case read
  }

  /// The trace with the shown columns alone.
  let trace: Trace
  /// Indices of these columns in the trace that was given.
  let kept: [Int]
  /// How many columns are left out.
  let hidden: Int
  private let treatment: TemplateTokens
  private let subject: Subject

  /// The columns of a trace that holds together.
  ///
  /// - Parameter needsTarget: Whether a column that no token follows has nothing to show.
  /// - Throws: `FigureError.nothingToShow` when nothing but template tokens would be shown.
  init(
    _ trace: Trace, _ treatment: TemplateTokens, by subject: Subject, from start: Int = 0, count: Int? = nil,
    needsTarget: Bool = false, kind: String
  ) throws {
    (self.treatment, self.subject) = (treatment, subject)
    let asked = trace.columns.indices.dropFirst(start).filter { !needsTarget || trace.columns[$0].target != nil }
    let visible = asked.filter { column in
      guard treatment == .hide else { return true }
      let position = trace.columns[column].position
      switch subject {
      case .next: return !trace.isTemplate(at: position + 1)
      // The state at the end of the prompt predicts the answer's first token.
      case .read: return !trace.isTemplate(at: position) || position == trace.promptLength - 1
      }
    }
    kept = Array(visible.prefix(count ?? visible.count))
    guard let last = kept.last else {
      throw FigureError.nothingToShow(
        kind: kind, model: trace.model.name, needs: "columns of other tokens than the template's own",
        hint: "template_tokens: dim shows them, and columns: all or generate: 1 gives more columns")
    }
    let reached = kept.count == visible.count ? asked.count : asked.count { $0 <= last }
    hidden = reached - kept.count
    self.trace = kept.count == trace.columns.count ? trace : trace.showing(columns: kept)
  }

  /// The columns of another trace of the same tokens.
  func same(of other: Trace) -> Trace { kept.count == other.columns.count ? other : other.showing(columns: kept) }

  /// Where the cells of the shown columns come from.
  func origin(rows: [Int], number: Int = 0) -> CellOrigin {
    CellOrigin(rows: rows, columns: kept.map { CellOrigin.Column(trace: number, column: $0) })
  }

  /// The labels of the tokens whose states are read.
  var readLabels: [Label] { trace.columns.map { trace.tokenLabel(at: $0.position, treatment) } }

  /// The labels of the tokens that come next.
  var nextLabels: [Label] {
    trace.columns.map { column in
      let label = trace.tokenLabel(id: column.target)
      return treatment == .dim && trace.isTemplate(at: column.position + 1) ? label.muted : label
    }
  }

  /// Runs of columns by message; none where no column belongs to the prompt of a conversation.
  var spans: [NamedSpan] {
    // Columns after the prompt alone, and the one that predicts the first of them, need no names.
    guard trace.columns.indices.contains(where: { !trace.predictsOutput($0) }) else { return [] }
    guard trace.chat == nil else {
      return trace.spans(of: trace.columns.map { $0.position + (subject == .next ? 1 : 0) })
    }
    // Of a plain text, what the model read is told from what comes after it.
    guard subject == .next, namesParts else { return [] }
    let inside = trace.columns.indices.count { !trace.predictsOutput($0) }
    return [
      NamedSpan(range: 0..<inside, name: "prompt"), NamedSpan(range: inside..<trace.columns.count, name: "output"),
    ]
  }

  /// Whether some columns are about tokens of the prompt and others about tokens after it.
  private var namesParts: Bool {
    let places = trace.columns.indices.map(trace.predictsOutput)
    return places.contains(true) && places.contains(false)
  }

  /// What a column is about: an output token, or a token of the text wherever it stands.
  var noun: String {
    guard trace.columns.indices.contains(where: { !trace.predictsOutput($0) }) else { return "output token" }
    return namesParts ? "token of prompt and output" : "token of the prompt"
  }

  /// "12 output tokens", "12 tokens of prompt and output".
  func counted(_ count: Int) -> String {
    let rest = noun.hasPrefix("token ") ? noun.dropFirst("token".count) : ""
    return Wording.count(count, rest.isEmpty ? noun : "token") + rest
  }

  /// What the columns of several figures are about, for one and for several of them.
  static func nouns(_ all: [ConversationColumns]) -> (one: String, plural: String) {
    let noun = all.map(\.noun).max { $0.count < $1.count } ?? "output token"
    return (noun, noun.hasPrefix("token ") ? "tokens" + noun.dropFirst("token".count) : noun + "s")
  }

  /// The title of the axis of these tokens.
  var axisTitle: String { noun == "output token" ? "Output token" : "Next token" }

  /// A caption with what is said of roles and template tokens; `hasInputs` where the tokens that are read have labels,
  /// `hasNext` where those that come next have.
  func caption(_ caption: Caption, hasInputs: Bool, hasNext: Bool = true) -> Caption {
    Self.caption(caption, [self], hasInputs: hasInputs, hasNext: hasNext)
  }

  /// A caption of a figure of several traces, each read in the same way.
  static func caption(
    _ caption: Caption, _ all: [ConversationColumns], hasInputs: Bool, hasNext: Bool = true
  ) -> Caption {
    var caption = caption
    guard let first = all.first, all.contains(where: { $0.trace.chat != nil }) else {
      guard hasNext, all.contains(where: { !$0.spans.isEmpty }) else { return caption }
      return caption.about(
        .spanNames, drawn: "A band tells tokens of the prompt from the output.",
        leftOut: "A band tells tokens of the prompt from the output, with a name where it has room.")
    }
    if all.contains(where: { !$0.spans.isEmpty }) {
      let whose =
        "A band names whose each column’s \(first.subject == .next ? first.axisTitle.lowercased() : "input token") is"
      let isKnown = all.allSatisfy { $0.spans.allSatisfy { $0.name != nil } }
      caption = caption.about(
        .spanNames, drawn: "\(whose)\(isKnown ? "" : ", where this is known").",
        leftOut: "\(whose), where \(isKnown ? "" : "this is known and ")the name has room.")
    }
    let labels = all.flatMap { (hasInputs ? $0.readLabels : []) + (hasNext ? $0.nextLabels : []) }
    return caption.and(labels.contains(where: \.isMuted) ? "Labels of the chat template’s own tokens are grey." : "")
      .and(hidden(all, "column", "columns", of: "of the chat template’s own tokens"))
  }

  /// Said where template tokens should be left out and are not known.
  static let notKnown = "It is not known which tokens are the chat template’s own, so none of these is left out."

  /// "3 columns of the chat template’s own tokens are left out."; empty where nothing is left out.
  static func leftOut(_ hidden: Int, _ one: String, _ several: String, of what: String) -> String {
    guard hidden > 0 else { return "" }
    return "\(CountFormat.full(hidden)) \(hidden == 1 ? one : several) \(what) \(hidden == 1 ? "is" : "are") left out."
  }

  /// What is said of a figure that counts positions: how many are left out.
  static func hiddenPositions(_ all: [ConversationColumns]) -> String {
    hidden(all, "position", "positions", of: "that the chat template’s own tokens follow")
  }

  /// How many are left out of all traces together, and whether it is not known of some.
  private static func hidden(_ all: [ConversationColumns], _ one: String, _ several: String, of what: String) -> String
  {
    let counted = leftOut(all.reduce(0) { $0 + $1.hidden }, one, several, of: what)
    return [counted, all.contains(where: \.isUnknown) ? notKnown : ""].filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// Whether template tokens should be left out and are not known.
  var isUnknown: Bool { treatment == .hide && trace.chat?.spans.isEmpty ?? false }

  /// An alternative text with the roles of the columns.
  func alt(_ alt: String) -> String { alt + Trace.rolesPhrase(spans, "column") }
}

extension Trace {
  /// Whether the chat template wrote the token at a position.
  func isTemplate(at position: Int) -> Bool { chat?.span(at: position)?.template ?? false }

  /// The token at a position, made visible, in grey where it is the template's own and those are dimmed.
  func tokenLabel(at position: Int, _ treatment: TemplateTokens) -> Label {
    let label = tokenLabel(at: position)
    return treatment == .dim && isTemplate(at: position) ? label.muted : label
  }

  /// Runs of tokens at rising positions by message and role; none where roles are not known.
  func spans(of positions: [Int]) -> [NamedSpan] {
    guard let chat, !chat.spans.isEmpty else { return [] }
    var runs: [(range: Range<Int>, speaker: Speaker)] = []
    for (index, position) in positions.enumerated() {
      let speaker = Speaker(at: position, in: chat, promptLength: promptLength)
      if let last = runs.last, last.speaker == speaker {
        runs[runs.count - 1].range = last.range.lowerBound..<(index + 1)
      } else {
        runs.append((index..<(index + 1), speaker))
      }
    }
    guard runs.contains(where: { $0.speaker.role != nil }) else { return [] }
    return runs.map { NamedSpan(range: $0.range, name: $0.speaker.role.map(TokenDisplay.label)) }
  }

  /// " Columns 1-12: user; column 13: assistant."; empty where nothing has a name.
  static func rolesPhrase(_ spans: [NamedSpan], _ noun: String) -> String {
    let parts = spans.compactMap { span -> String? in
      guard let name = span.name else { return nil }
      return span.range.count == 1
        ? "\(noun) \(span.range.upperBound): \(name)"
        : "\(noun)s \(span.range.lowerBound + 1)-\(span.range.upperBound): \(name)"
    }
    let text = parts.joined(separator: "; ")
    return text.isEmpty ? "" : " \(text.prefix(1).uppercased())\(text.dropFirst())."
  }

  /// The trace with some of its columns.
  fileprivate func showing(columns kept: [Int]) -> Trace {
    func chosen<Value>(_ matrix: [[Value]]) -> [[Value]] { matrix.map { row in kept.map { row[$0] } } }
    var view = self
    view.columns = kept.map { columns[$0] }
    view.rank = chosen(rank)
    view.logprob = chosen(logprob)
    view.entropy = chosen(entropy)
    view.kl = chosen(kl)
    view.top.ids = chosen(top.ids)
    view.top.logprobs = chosen(top.logprobs)
    for index in watch.indices {
      view.watch[index].rank = chosen(watch[index].rank)
      view.watch[index].logprob = chosen(watch[index].logprob)
    }
    return view
  }
}

/// Who says a token, and in which message.
private struct Speaker: Equatable {
  var role: String?
  var message: Int?

  /// The answer goes on with the message that the prompt opened last.
  init(at position: Int, in chat: Conversation, promptLength: Int) {
    let span = position < promptLength ? chat.span(at: position) : chat.spans.last
    guard position < promptLength || span?.role == "assistant" else { return }
    (role, message) = (span?.role, span?.message)
  }
}

extension Label {
  /// The same in the ink of what matters less.
  fileprivate var muted: Label {
    var label = self
    label.isMuted = true
    return label
  }
}
