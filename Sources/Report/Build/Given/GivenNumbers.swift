import Engine
import Figures
import Files
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// The numbers of a model that ran elsewhere: the traces and summaries in a folder and below it (`traces: DIR` of a model).
///
/// A trace belongs to a prompt whose text, or whose conversation, is the same; where several have the text, to the one whose id its file is
/// named by. It has to answer what the spec asks: `GivenAnswer`.
struct GivenNumbers {
  /// The model, as its numbers describe it; its digest is what they say, and its files are theirs.
  let model: ResolvedModel
  /// What they call the model.
  let stated: String
  /// What they state otherwise among themselves.
  let notes: [String]
  /// By what they are about: a look through all files for each prompt takes time that grows with the square of their number.
  private let entries: [Question: [NumbersFolder.Entry]]
  private let spool: ByteSpool
  /// What is said about numbers that are missing or otherwise.
  private let refusals: GivenRefusals

  /// What an entry answers, apart from how the text goes on.
  private enum Question: Hashable {
    case prompt(ExactText, decoder: ExactText?)
    /// Of a conversation, which a template made a text of.
    case conversation(NumbersFolder.Entry.Head.Messages)
    /// Of a dataset, by name.
    case dataset(String)

    static func prompt(of text: String, decoder: String?) -> Question {
      .prompt(ExactText(text), decoder: decoder.map(ExactText.init))
    }
  }

  /// Reads everything in a folder.
  ///
  /// - Parameter keepGoing: Whether files that are damaged are left out.
  /// - Throws: `DiagnosticList` of all files that are damaged or whose numbers cannot be right, or of two models.
  init(
    _ path: String, of model: ReportSpec.Model, base: URL, spool: ByteSpool, keepGoing: Bool
  ) throws(DiagnosticList) {
    guard !InputFolder(base).leadsOutside(path) else {
      throw DiagnosticList([Diagnostic.outside(path, place: model.place)])
    }
    let url = URL(fileURLWithPath: path, relativeTo: base)
    guard FileState(path: url.path)?.isFolder == true else {
      let reason = FileState(path: url.path) == nil ? "no such folder" : "it is a file, and a folder is expected"
      throw DiagnosticList([Diagnostic.unreadable(path, reason, place: model.place)])
    }
    let found = try NumbersFolder(path, at: url, spool: spool, keepGoing: keepGoing)
    guard let first = found.entries.first else {
      guard found.damaged.isEmpty else { throw DiagnosticList(found.damaged) }
      throw DiagnosticList([
        Diagnostic(
          place: model.place, "expected traces (*.json or *.jsonl) in '\(path)', found none",
          hints: [
            "strata trace --model MODEL --prompt TEXT -o \(ShellWord.path(GivenRefusals.place(path, base) + "/NAME.json")) writes one; "
              + "docs/trace-format.md describes them"
          ], category: .badInput)
      ])
    }
    if let other = found.entries.first(where: { $0.source != first.source }) {
      throw DiagnosticList([
        Diagnostic(
          place: model.place,
          "expected numbers of one model with one lens in '\(path)', found \(first.described) in \(first.path) and "
            + "\(other.described) in \(other.path); \(first.source.difference(from: other.source))",
          hints: [
            "give every model and every lens a folder and an entry of its own",
            "or see all of them without a spec: strata gather \(ShellWord.path(GivenRefusals.place(path, base)))",
          ], category: .badInput)
      ])
    }
    let contradictions = found.stated.contradictions(at: model.place)
    guard contradictions.isEmpty else { throw DiagnosticList(contradictions) }
    notes = found.stated.notes
    var entries: [Question: [NumbersFolder.Entry]] = [:]
    for entry in found.entries {
      switch entry.head.subject {
      case .prompt(let key):
        entries[.prompt(of: key.text, decoder: key.decoder), default: []].append(entry)
        if let messages = entry.head.messages { entries[.conversation(messages), default: []].append(entry) }
      case .dataset(let name): entries[.dataset(name), default: []].append(entry)
      }
    }
    self.entries = entries
    self.spool = spool
    refusals = GivenRefusals(model: model.name, folder: path, place: GivenRefusals.place(path, base), found: found)
    let described = first.head.model
    stated = described.name
    self.model = ResolvedModel(
      given: model.name, reference: model.reference.text, url: url, license: described.license,
      source: described.source, files: found.files, sha256: described.sha256)
  }

  /// Numbers of a cell, and what they have otherwise than the spec.
  struct Answer {
    var numbers: CellNumbers
    /// Why figures of watched words, attributions and patched runs are left out.
    var unwatched: Diagnostic?
    /// What the spec leaves unsaid and the numbers have otherwise.
    var remarks: [String] = []
    /// The file of a summary that does not say of which texts it is; nil for others.
    var uncompared: String?
    /// The file of numbers that do not say of which sources their patched runs are; nil for others.
    var unsourced: String?
  }

  /// The numbers of a subject under the name that the model has in the spec, whose model of that number it is.
  ///
  /// - Parameters:
  ///   - shared: Texts that several prompts of the spec have.
  ///   - jobs: The datasets of the spec, read.
  /// - Throws: `Diagnostic` of what is missing, is not what the spec asks for, or contradicts itself.
  func answer(
    to subject: Subject, askedOf number: Int, in spec: ReportSpec, shared: Set<String>, jobs: [DatasetJob]
  ) throws(Diagnostic) -> Answer {
    switch subject {
    case .dataset(let index): return try answer(toDataset: index, in: spec, job: jobs[index])
    case .prompt(let index): return try answer(toPrompt: index, askedOf: number, in: spec, shared: shared)
    }
  }

  private func answer(
    toDataset index: Int, in spec: ReportSpec, job: DatasetJob
  ) throws(Diagnostic) -> Answer {
    let id = spec.datasets[index].id
    func compared(_ summary: DatasetSummary, _ texts: String?) -> GivenAnswer {
      GivenAnswer(summary, to: spec.datasets[index], norm: spec.norm, job: job, texts: texts)
    }
    var fault: Diagnostic?
    var answering: [Found] = []
    for entry in entries[.dataset(id)] ?? [] {
      let numbers = try entry.numbers.read()
      guard let summary = numbers.summary else { continue }
      let found = refusals.fault(compared(summary, entry.texts).faults, of: id, in: entry, spec)
      if found == nil { answering.append((entry, numbers)) } else { fault = fault ?? found }
    }
    if answering.isEmpty, let fault { throw fault }
    guard let (found, cell, first) = try united(answering, of: id), let summary = found.summary else {
      throw refusals.missing(id, "a summary of the dataset '\(id)'", spec, summaries: summaries)
    }
    let answer = compared(summary, first.texts)
    return Answer(
      numbers: cell, remarks: answer.remarks,
      uncompared: answer.isUncompared ? "\(refusals.folder)/\(first.path)" : nil,
      unsourced: answer.hasUnknownSources ? "\(refusals.folder)/\(first.path)" : nil)
  }

  /// The names of the datasets that there are summaries of.
  private var summaries: [String] {
    entries.keys.compactMap { if case .dataset(let name) = $0 { name } else { nil } }.sorted()
  }

  private func answer(
    toPrompt index: Int, askedOf number: Int, in spec: ReportSpec, shared: Set<String>
  ) throws(Diagnostic) -> Answer {
    let (id, name) = (spec.prompts[index].id, model.name)
    let request = spec.request(forPrompt: index, of: number)
    var what = "a trace of the prompt '\(id)' with its exact text"
    let question: Question
    if case .asked(let chat) = request.chat {
      what = "a trace of the prompt '\(id)' with its exact messages"
      question = .conversation(.init(messages: chat.messages, hasReply: chat.hasReply))
    } else {
      question = .prompt(of: request.prompt, decoder: request.decoder)
    }
    let known = entries[question] ?? []
    var fitting: [NumbersFolder.Entry] = []
    for entry in known {
      guard entry.head.isChanged || request.changes != nil else {
        fitting.append(entry)
        continue
      }
      if let trace = try entry.numbers.read().trace, request.hasChanges(of: trace) { fitting.append(entry) }
    }
    if fitting.isEmpty, let other = known.first, let trace = try other.numbers.read().trace {
      throw refusals.otherwiseChanged(trace, in: other, of: known.count, what, request, id, spec)
    }
    let same = fitting
    fitting = same.filter { $0.head.prompt?.method == request.method }
    if fitting.isEmpty {
      // Where the spec asks for no tokens, it may have left them unsaid.
      fitting = request.method == .generate(0) ? same : []
      if fitting.isEmpty, let other = same.first, let prompt = other.head.prompt {
        throw Diagnostic(
          place: "\(name), \(id)",
          "expected a trace with \(GivenRefusals.words(request.method)), found \(GivenRefusals.words(prompt.method)) in "
            + "\(refusals.folder)/\(other.path)",
          hints: [refusals.advice(spec)], category: .badInput)
      }
    }
    // Two prompts of the spec may have one text; then the names of files tell whose trace each is.
    let named = fitting.filter { $0.isNamed(by: id) }
    if !named.isEmpty, shared.contains(spec.prompts[index].text) { fitting = named }
    var fault: Diagnostic?
    var answering: [Found] = []
    for entry in fitting {
      let numbers = try entry.numbers.read()
      guard let trace = numbers.trace else { continue }
      let found = refusals.fault(GivenAnswer(trace, to: request).faults, of: id, in: entry, spec)
      if found == nil { answering.append((entry, numbers)) } else { fault = fault ?? found }
    }
    if answering.isEmpty, let fault { throw fault }
    if answering.count > 1 {
      // What the spec does not ask for may not contradict either, but is left out before they are joined.
      _ = try joined(answering, of: id)
      answering = answering.map { found in
        guard let trace = found.numbers.trace else { return found }
        return (entry: found.entry, numbers: Numbers.trace(trace.selected(for: request)))
      }
    }
    guard let (found, cell, first) = try united(answering, of: id), let trace = found.trace else {
      if request.changes != nil { what += " and changes" }
      throw refusals.missing(id, what, spec)
    }
    let compared = GivenAnswer(trace, to: request)
    let selected = trace.selected(for: request)
    return Answer(
      numbers: selected == trace ? cell : try CellNumbers(.trace(selected), in: spool).named(name),
      unwatched: refusals.fault(compared.lacking, of: id, in: first, spec), remarks: compared.remarks)
  }

  /// An entry and its numbers, read once.
  private typealias Found = (entry: NumbersFolder.Entry, numbers: Numbers)

  /// What entries that answer one question say together, and the first of them; nil without any.
  ///
  /// - Throws: `Diagnostic` where they contradict.
  private func united(
    _ entries: [Found], of id: String
  ) throws(Diagnostic) -> (numbers: Numbers, cell: CellNumbers, first: NumbersFolder.Entry)? {
    guard let first = entries.first, let found = try joined(entries, of: id) else { return nil }
    let cell = entries.count == 1 ? first.entry.numbers : try CellNumbers(found, in: spool)
    return (found, cell.named(model.name), first.entry)
  }

  /// The same, not laid aside.
  private func joined(_ entries: [Found], of id: String) throws(Diagnostic) -> Numbers? {
    guard let first = entries.first else { return nil }
    var found = first.numbers
    for other in entries.dropFirst() {
      guard let united = found.united(with: other.numbers) else {
        throw refusals.contradiction(
          first.entry, other.entry, of: id, difference: found.difference(from: other.numbers))
      }
      found = united
    }
    return found
  }
}

extension SettledCells {
  /// Adds the numbers of all models of a plan that ran elsewhere.
  ///
  /// - Parameter jobs: The datasets of the spec, read; none if nobody has read them.
  /// - Throws: `DiagnosticList` of everything that is missing or wrong, unless `keepGoing`, which makes it empty cells.
  mutating func addGiven(
    _ plan: Plan, _ spec: ReportSpec, _ jobs: [DatasetJob], base: URL, cache: CacheFolder, keepGoing: Bool,
    progress: ProgressHandler?
  ) throws(DiagnosticList) {
    guard spec.models.contains(where: { if case .traces = $0.reference { true } else { false } }) else { return }
    var problems: [Diagnostic] = []
    let spool: ByteSpool
    do throws(Diagnostic) { spool = try ByteSpool(in: cache.root) } catch { throw DiagnosticList([error]) }
    var jobs = jobs
    if jobs.count != spec.datasets.count {
      do { jobs = try DatasetJob.all(spec, base: base) } catch { throw DiagnosticList(Diagnostic.all(from: error)) }
    }
    let shared = Set(Dictionary(grouping: spec.prompts.map(\.text), by: \.self).filter { $1.count > 1 }.keys)
    for (index, model) in spec.models.enumerated() {
      guard case .traces(let path) = model.reference else { continue }
      let cells = plan.cells(ofModel: index)
      guard !cells.isEmpty else { continue }
      var remarks: [(words: String, cells: Int)] = []
      var (uncompared, unsourced): ([String], [String]) = ([], [])
      do throws(DiagnosticList) {
        let given = try GivenNumbers(path, of: model, base: base, spool: spool, keepGoing: keepGoing)
        self.given[index] = given.model
        let exchanged = ExchangedModels(spec: spec).note(ofGiven: index, stated: given.stated)
        let notes = [exchanged].compactMap(\.self) + given.notes
        givenNotes[index] = notes
        for words in notes { progress?(.note("note: \(model.name): \(words)")) }
        for cell in cells {
          do throws(Diagnostic) {
            let answer = try given.answer(
              to: plan.cells[cell].subject, askedOf: index, in: spec, shared: shared, jobs: jobs)
            (numbers[cell], unwatched[cell]) = (answer.numbers, answer.unwatched)
            if let file = answer.uncompared { uncompared.append(file) }
            if let file = answer.unsourced { unsourced.append(file) }
            for words in answer.remarks {
              let place = remarks.firstIndex { $0.words == words } ?? remarks.count
              if place == remarks.count { remarks.append((words, 0)) }
              remarks[place].cells += 1
            }
          } catch {
            problems.append(error)
            absent[cell] = error
          }
        }
      } catch {
        problems += error.diagnostics
        for cell in cells { absent[cell] = error.diagnostics.first }
      }
      if !uncompared.isEmpty {
        progress?(
          .note(
            "note: \(model.name): texts, targets and foils could not be compared with those of the dataset, because the summary "
              + "does not say of which it is (items_sha256): \(Wording.list(uncompared, most: 5)); one that this version makes does"
          ))
      }
      if !unsourced.isEmpty {
        progress?(
          .note(
            "note: \(model.name): sources could not be compared with those of the dataset, because the numbers do not say of which "
              + "their patched runs are (items_sha256, or source of an item): \(Wording.list(unsourced, most: 5)); those that this "
              + "version makes do"))
      }
      guard !remarks.isEmpty else { continue }
      let listed = remarks.prefix(10).map { "\($0.words) (\($0.cells) of \(cells.count))" }
      progress?(
        .note(
          "note: \(model.name): its traces have otherwise what the spec leaves to its defaults, and figures show what they have: "
            + (listed + (remarks.count > 10 ? ["\(remarks.count - 10) more"] : [])).joined(separator: "; ")))
    }
    guard problems.isEmpty || (keepGoing && !numbers.isEmpty) else { throw DiagnosticList(problems) }
  }
}
