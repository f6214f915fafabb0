import Engine
import Models
import Spec
import Traces
import Words

/// How far numbers that were made elsewhere answer what a spec asks.
///
/// A trace from a cluster was asked by somebody else. What it lacks or has otherwise than the spec asks is refused; words, attributions and
/// patched runs that it lacks cost only the figures that show them, as in a model whose vocabulary lacks a word. What it has beyond the
/// question is left out, so that it is the trace that the model would give here: `Trace.selected`.
struct GivenAnswer {
  /// What the numbers have otherwise, each as "columns: expected every position, found 1 of 6".
  private(set) var faults: [String] = []
  /// Watched words, attributions and patched runs that they lack, as the same.
  private(set) var lacking: [String] = []
  /// What they have otherwise than the defaults to which the spec leaves it: "3 generated tokens".
  private(set) var remarks: [String] = []
  /// Whether nothing says of which texts a summary is.
  private(set) var isUncompared = false
  /// Whether its other texts are known, and nothing says of which sources its patched runs are.
  private(set) var hasUnknownSources = false

  /// Compares a trace with what is asked of its model about its prompt.
  init(_ trace: Trace, to request: TraceRequest) {
    compareOpening(trace.model)
    compareLens(trace, request)
    compareColumns(trace, request)
    compareTop(trace, request)
    compareChat(trace, request)
    let missing = request.watch.filter { trace.entries(of: $0).isEmpty && !trace.found(by: $0) }
    if !missing.isEmpty {
      lacking.append("watch: expected \(Wording.enumeration(missing.map { "'\($0.name)'" })) as the spec has it")
    }
    compareCauses(trace, request)
  }

  /// A spec of numbers from elsewhere opens no model, so it can say nothing of how that was done.
  private mutating func compareOpening(_ model: Trace.Model) {
    switch model.bos {
    case .yes: remarks.append("texts that begin with BOS, as requested of their run (bos: yes)")
    case .no: remarks.append("texts that begin without BOS, as requested of their run (bos: no)")
    case .model, nil: break
    }
    if let accepted = model.acceptedSettings, !accepted.isEmpty {
      let names = VisibleText.excerpt(of: Wording.list(accepted.map(\.name), most: 5), count: 200)
      remarks.append("a model that was opened without following \(names) (accept_settings)")
    }
  }

  private mutating func compareLens(_ trace: Trace, _ request: TraceRequest) {
    if trace.lens.norm != request.norm {
      faults.append("norm: expected \(request.norm.rawValue), found \(trace.lens.norm.rawValue)")
    }
    if request.rows == .attention, !trace.rows.contains(where: \.point.isWithinBlock) {
      faults.append("rows: expected the states after attention, too, found those after blocks alone")
    } else if let missing = MissingRows(trace, within: request.rows == .attention) {
      let more = request.rows == .attention ? ", with the states after attention" : ""
      faults.append("rows: expected the embedding and every block\(more), found none of \(missing.words)")
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
    let expected = trace.positions(of: request.columns)
    let missing = expected.subtracting(trace.columns.map(\.position))
    guard !missing.isEmpty else { return }
    faults.append(
      "columns: expected \(Self.words(request.columns)), found \(expected.count - missing.count) of "
        + Wording.count(expected.count, "position"))
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
      let isBegun = chat.spans.last.map { $0.role == "assistant" && $0.template && $0.message == nil } ?? true
      if !asked.generationPrompt, isBegun, !chat.spans.isEmpty {
        faults.append("generation_prompt: expected none, found the beginning of the answer")
      } else if asked.generationPrompt, !isBegun {
        // Some templates add nothing before the answer, so that this is no fault.
        remarks.append("no tokens that begin the answer (generation_prompt: no, or a template without any)")
      }
    }
  }

  private mutating func compareVariables(_ chat: Conversation, _ asked: ChatPrompt) {
    let switches = ["enable_thinking", "thinking"]
    let found = chat.variables.filter { !switches.contains($0.key) || asked.variables[$0.key] != nil }
    let names = Set(found.keys).union(asked.variables.keys).filter { found[$0] != asked.variables[$0] }.sorted()
    for name in names {
      let (expected, value) = (asked.variables[name], found[name])
      func words(_ value: TemplateVariable?) -> String {
        value.flatMap { try? VisibleText.excerpt(of: $0.json(), count: 40) } ?? "none"
      }
      faults.append("variables: expected \(words(expected)) for '\(name)', found \(words(value))")
    }
    let thinks = switches.compactMap { chat.variables[$0] }.contains(.bool(true))
    if thinks != (asked.thinking ?? false), switches.allSatisfy({ asked.variables[$0] == nil }) {
      faults.append("thinking: expected \(thinks ? "off" : "on"), found \(thinks ? "on" : "off")")
    }
  }

  private mutating func compareCauses(_ trace: Trace, _ request: TraceRequest) {
    func pair(
      _ key: String, _ chosen: [Trace.Attribution.Choice], _ parts: [(Trace.Attribution.Choice, String?, Int)]
    ) {
      for (part, asked, id) in parts {
        let found = TokenDisplay.label(trace.text(of: id))
        if let asked {
          guard let text = trace.text(of: id), text != .text(asked) else { continue }
          lacking.append("\(key): expected the \(part.rawValue) '\(asked)', found '\(found)'")
        } else if !chosen.contains(part) {
          lacking.append(
            "\(key): expected the \(part.rawValue) that the model chooses, found '\(found)', which was named")
        }
      }
    }
    if let asked = request.attribute {
      if let found = trace.attribution {
        pair("attribute", found.chosen, [(.target, asked.target, found.target), (.foil, asked.foil, found.foil)])
        let position = asked.position ?? trace.promptLength
        if found.position + 1 != position {
          lacking.append("attribute: expected position \(position), found \(found.position + 1)")
        }
      } else {
        lacking.append("attribute: expected the shares of the model's parts, found none")
      }
    }
    guard let asked = request.patch else { return }
    guard let found = trace.patching else {
      lacking.append("patch: expected patched runs, found none")
      return
    }
    if found.source != asked.source {
      let words = [asked.source, found.source].map { "'\(VisibleText.excerpt(of: $0, count: 40))'" }
      lacking.append("patch: expected the source \(words[0]), found \(words[1])")
    }
    let places = asked.of.filter { place in !found.differences.contains { $0.place == place } }
    if !places.isEmpty {
      lacking.append("patch: expected the states of \(Wording.enumeration(places.map(\.rawValue)))")
    }
    pair("patch", found.chosen, [(.target, asked.target, found.target), (.foil, asked.foil, found.foil)])
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
  /// - Parameters:
  ///   - job: The dataset, read.
  ///   - texts: Digest of the texts of the items that were summarised, if it is known from elsewhere than the summary.
  init(
    _ summary: DatasetSummary, to dataset: ReportSpec.Dataset, norm: Trace.Lens.Norm, job: DatasetJob,
    texts: String? = nil
  ) {
    func compare<Value: Equatable>(_ key: String, _ expected: Value, _ found: Value, _ word: (Value) -> String) {
      if expected != found { faults.append("\(key): expected \(word(expected)), found \(word(found))") }
    }
    compareOpening(summary.model)
    let source = summary.dataset
    compare("norm", norm, summary.lens.norm, \.rawValue)
    compare("items", job.request.items.count, source.items) { Wording.count($0, "item") }
    compare("form", dataset.form, source.form) { $0?.rawValue ?? "prompts" }
    compare("score", dataset.score, source.score) { $0?.rawValue ?? "targets of one token" }
    compare("first_token", dataset.firstToken, source.firstToken) { $0 ? "yes" : "no" }
    compare("bootstrap", dataset.bootstrap, summary.bootstrap) {
      "\($0.resamples) resamples, seed \($0.seed), level \(PlainNumber.text($0.level))"
    }
    let items = GivenItems(summary: summary, request: job.request, file: dataset.file)
    // Of another number of items it says nothing more.
    if job.request.items.count == source.items {
      var digestFault = items.digestFault
      if let found = texts ?? summary.items?.sha256, found != DatasetSummary.Items.digest(of: job.request.items) {
        digestFault = "items: expected those of '\(dataset.file)', found others, whose texts, targets or foils differ"
      }
      let groupFault = items.groupFault
      // Other numbers of items in the groups are told with their numbers.
      if groupFault != nil, digestFault?.hasPrefix("groups: ") == true { digestFault = nil }
      faults += [digestFault, groupFault, items.wordFault].compactMap(\.self)
    }
    isUncompared = texts == nil && summary.items == nil && !items.isComparable
    hasUnknownSources = dataset.patch != nil && items.hasSources && !items.isComparable && !isUncompared
    let hasFoils = summary.groups.contains { $0.difference != nil }
    if dataset.form == nil, dataset.columns.foil == nil, hasFoils {
      faults.append("foil: expected none, found numbers of foils")
    }
    let places = Set(summary.groups.compactMap(\.patching).flatMap(\.means).map(\.place))
    let unpatched = (dataset.patch ?? []).filter { !places.contains($0) }
    if !places.isEmpty, !unpatched.isEmpty {
      faults.append("of: expected the states of \(Wording.enumeration(unpatched.map(\.rawValue))), found none of them")
    }
    let more: [(Bool, String)] = [
      (!dataset.attribute && summary.groups.contains { $0.attribution != nil }, "shares of the model's parts"),
      (places.contains { dataset.patch?.contains($0) != true }, "further patched runs"),
      (!dataset.words && summary.words != nil, "the surprisal of words"),
      (!dataset.keepsItems && summary.items != nil, "the numbers of single items"),
      (summary.groups.contains { $0.column.map { !dataset.columns.groups.contains($0) } ?? false }, "further groups"),
    ]
    remarks += more.filter(\.0).map(\.1)
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
