import Engine
import Models
import Spec
import Traces
import Words

/// How far numbers that were made elsewhere answer what a spec asks.
///
/// A trace from a cluster was asked by somebody else. What it has otherwise than the spec asks is refused; words, attributions and patched
/// runs that it lacks cost only the figures that show them, as in a model whose vocabulary lacks a word; and what the spec leaves unsaid is
/// told, because figures show it.
struct GivenAnswer {
  /// What the numbers have otherwise, each as "columns: expected every position, found 1 of 6".
  private(set) var faults: [String] = []
  /// Watched words, attributions and patched runs that they lack, as the same.
  private(set) var lacking: [String] = []
  /// Settings that the spec leaves to its defaults and the numbers have otherwise: "3 generated tokens".
  private(set) var remarks: [String] = []

  /// Compares a trace with what is asked of its model about its prompt.
  init(_ trace: Trace, to request: TraceRequest) {
    compareLens(trace, request)
    compareColumns(trace, request)
    compareTop(trace, request)
    compareChat(trace, request)
    compareWatch(trace, request)
    compareCauses(trace, request)
  }

  private mutating func compareLens(_ trace: Trace, _ request: TraceRequest) {
    if trace.lens.norm != request.norm {
      faults.append("norm: expected \(request.norm.rawValue), found \(trace.lens.norm.rawValue)")
    }
    let within = trace.rows.contains(where: \.point.isWithinBlock)
    switch request.rows {
    case .attention where !within:
      faults.append("rows: expected the states after attention, too, found those after blocks alone")
    case .blocks where within: remarks.append("the states after attention")
    default: break
    }
  }

  private mutating func compareColumns(_ trace: Trace, _ request: TraceRequest) {
    if trace.method != request.method {
      switch trace.method {
      case .generate(let count), .sample(let count, _):
        remarks.append(Wording.count(count, "generated token"))
      case .continuation: remarks.append("a continuation")
      }
    }
    let found = Set(trace.columns.map(\.position))
    let expected = trace.positions(of: request.columns)
    let missing = expected.subtracting(found)
    if !missing.isEmpty {
      faults.append(
        "columns: expected \(Self.words(request.columns)), found \(expected.count - missing.count) of "
          + Wording.count(expected.count, "position"))
    }
    // The end of a generated text may be there or not: nothing comes after it.
    let more = found.subtracting(expected).subtracting([trace.tokens.count - 1])
    if !more.isEmpty { remarks.append("further positions") }
  }

  private mutating func compareTop(_ trace: Trace, _ request: TraceRequest) {
    let most = trace.model.vocabulary - (trace.model.padding ?? 0)
    guard trace.top.k < min(request.topK, most) else { return }
    if request.topK == TraceRequest.usualTop {
      remarks.append("\(trace.top.k) most probable tokens instead of \(request.topK)")
    } else {
      faults.append("top: expected \(request.topK), found \(trace.top.k)")
    }
  }

  private mutating func compareChat(_ trace: Trace, _ request: TraceRequest) {
    switch request.chat {
    case nil:
      if trace.chat != nil { faults.append("text: expected a plain text, found \(Self.words(trace.chat))") }
    case .rendered:
      guard let chat = trace.chat, chat.template == nil else {
        faults.append("rendered: expected a text that was given as rendered, found \(Self.words(trace.chat))")
        return
      }
    case .asked(let asked):
      // Numbers of other messages do not come here.
      guard let chat = trace.chat else { return }
      if let name = asked.template, name != chat.template?.name {
        faults.append("template: expected '\(name)', found '\(chat.template?.name ?? "none")'")
      } else if let name = chat.template?.name, asked.template == nil, name != "default" {
        remarks.append("the chat template '\(name)'")
      }
      compareVariables(chat, asked)
      if let date = chat.date, date != asked.date?.description ?? ChatPrompt.standardDate {
        if let wanted = asked.date {
          faults.append("date: expected \(wanted), found \(date)")
        } else {
          remarks.append("the date \(date)")
        }
      }
      // A template may add nothing before the answer, so that a missing beginning says nothing.
      if !asked.generationPrompt, let last = chat.spans.last, last.role == "assistant", last.template,
        last.message == nil
      {
        faults.append("generation_prompt: expected none, found the beginning of the answer")
      }
    }
  }

  private mutating func compareVariables(_ chat: Conversation, _ asked: ChatPrompt) {
    let switches = ["enable_thinking", "thinking"]
    let found = chat.variables.filter { !switches.contains($0.key) || asked.variables[$0.key] != nil }
    let names = Set(found.keys).union(asked.variables.keys).filter { found[$0] != asked.variables[$0] }.sorted()
    if !names.isEmpty {
      faults.append("variables: expected others for \(Wording.enumeration(names.map { "'\($0)'" }))")
    }
    let thinks = switches.compactMap { chat.variables[$0] }.contains(.bool(true))
    if thinks != (asked.thinking ?? false), switches.allSatisfy({ asked.variables[$0] == nil }) {
      faults.append("thinking: expected \(thinks ? "off" : "on"), found \(thinks ? "on" : "off")")
    }
  }

  private mutating func compareWatch(_ trace: Trace, _ request: TraceRequest) {
    let missing = request.watch.filter { !trace.follows($0) }
    if !missing.isEmpty {
      lacking.append("watch: expected \(Wording.enumeration(missing.map { "'\($0.name)'" }))")
    }
    let names = Set(request.watch.map(\.name))
    let more = trace.namedWatch.filter { !names.contains($0.text) }
    if !more.isEmpty { remarks.append("further watched words") }
    if trace.automatic != nil, request.watch.allSatisfy({ $0.automatic == nil }) {
      remarks.append("automatically watched words")
    }
  }

  private mutating func compareCauses(_ trace: Trace, _ request: TraceRequest) {
    func pair(_ key: String, target: (String?, Int?), foil: (String?, Int?)) {
      for (part, (asked, found)) in [("target", target), ("foil", foil)] {
        guard let asked, let found, let text = trace.text(of: found), text != .text(asked) else { continue }
        lacking.append("\(key): expected the \(part) '\(asked)', found '\(TokenDisplay.label(text))'")
      }
    }
    if let asked = request.attribute {
      let found = trace.attribution
      if found == nil { lacking.append("attribute: expected the shares of the model's parts, found none") }
      pair("attribute", target: (asked.target, found?.target), foil: (asked.foil, found?.foil))
      let position = asked.position ?? trace.promptLength
      if let found, found.position + 1 != position {
        lacking.append("attribute: expected position \(position), found \(found.position + 1)")
      }
    } else if trace.attribution != nil {
      remarks.append("attributions")
    }
    if let asked = request.patch {
      let found = trace.patching
      if found == nil { lacking.append("patch: expected patched runs, found none") }
      if let found, found.source != asked.source {
        lacking.append(
          "patch: expected the source '\(VisibleText.excerpt(of: asked.source, count: 40))', found another")
      }
      let places = asked.of.filter { place in found?.differences.contains { $0.place == place } == false }
      if !places.isEmpty {
        lacking.append("patch: expected the states of \(Wording.enumeration(places.map(\.rawValue)))")
      }
      pair("patch", target: (asked.target, found?.target), foil: (asked.foil, found?.foil))
    } else if trace.patching != nil {
      remarks.append("patched runs")
    }
  }

  private static func words(_ columns: TraceRequest.Columns) -> String {
    switch columns {
    case .all: "every position"
    case .last: "the end of the prompt"
    case .generated: "the positions that predict the tokens after the prompt"
    }
  }

  private static func words(_ chat: Conversation?) -> String {
    switch chat {
    case nil: "a plain text"
    case let chat? where chat.template == nil: "a text that was given as rendered (rendered: in a spec)"
    case _?: "a conversation that a template rendered (chat: in a spec)"
    }
  }
}

extension GivenAnswer {
  /// Compares the summary of a dataset with what is asked about it.
  ///
  /// - Parameter job: The dataset, read.
  init(_ summary: DatasetSummary, to dataset: ReportSpec.Dataset, norm: Trace.Lens.Norm, job: DatasetJob) {
    func compare<Value: Equatable>(_ key: String, _ expected: Value, _ found: Value, _ word: (Value) -> String) {
      if expected != found { faults.append("\(key): expected \(word(expected)), found \(word(found))") }
    }
    let source = summary.dataset
    compare("norm", norm, summary.lens.norm, \.rawValue)
    compare("items", job.request.items.count, source.items) { Wording.count($0, "item") }
    compare("form", dataset.form, source.form) { $0?.rawValue ?? "prompts" }
    compare("score", dataset.score, source.score) { $0?.rawValue ?? "targets of one token" }
    compare("first_token", dataset.firstToken, source.firstToken) { $0 ? "yes" : "no" }
    compare("bootstrap", dataset.bootstrap, summary.bootstrap) {
      "\($0.resamples) resamples, seed \($0.seed), level \(PlainNumber.text($0.level))"
    }
    if let items = summary.items, items.sha256 != DatasetSummary.Items.digest(of: job.request.items) {
      faults.append("items: expected those of '\(dataset.file)', found others")
    }
    let lacks: [(String, Bool, String)] = [
      (
        "columns",
        dataset.columns.foil != nil && dataset.form == nil && summary.groups.allSatisfy { $0.difference == nil },
        "foils"
      ),
      (
        "attribute", dataset.attribute && summary.groups.allSatisfy { $0.attribution == nil },
        "shares of the model's parts"
      ),
      ("patch", dataset.patch != nil && summary.groups.allSatisfy { $0.patching == nil }, "patched runs"),
      ("words", dataset.words && summary.words == nil, "the surprisal of words"),
      ("items", dataset.keepsItems && summary.items == nil, "the numbers of single items"),
    ]
    faults += lacks.filter(\.1).map { "\($0.0): expected \($0.2), found none" }
    let columns = Set(summary.groups.compactMap(\.column))
    let missing = dataset.columns.groups.filter { !columns.contains($0) }
    if !missing.isEmpty {
      faults.append("groups: expected those of \(Wording.enumeration(missing.map { "'\($0)'" })), found none")
    }
  }
}

extension Trace {
  /// The positions that a request for columns captures in a text of these tokens; of every position, the end may be left out.
  fileprivate func positions(of columns: TraceRequest.Columns) -> Set<Int> {
    if let masks { return Set(columns == .last ? Array(masks.suffix(1)) : masks) }
    switch columns {
    case .last: return [promptLength - 1]
    case .all: return Set(0..<max(tokens.count - 1, promptLength))
    case .generated: return Set(promptLength - 1..<max(tokens.count - 1, promptLength))
    }
  }

  /// Whether a word or set is among those that the trace follows.
  fileprivate func follows(_ asked: Watched) -> Bool {
    switch asked {
    case .automatic(let asked): automatic?.asked == asked.written
    case .token(let text): watch.contains { $0.ids == nil && $0.text == text }
    case .set(let set):
      watch.contains { entry in
        guard let ids = entry.ids, entry.text == set.name else { return false }
        return switch set.members {
        case .ids(let wanted): Set(ids) == Set(wanted)
        case .tokens(let texts):
          Set(texts) == Set((entry.texts ?? []).map { if case .text(let text) = $0 { text } else { "" } })
        case .firstTokens(let words): Set((entry.firstOf ?? []).joined()) == Set(words)
        }
      }
    }
  }
}
