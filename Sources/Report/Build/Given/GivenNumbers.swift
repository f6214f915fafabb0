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
  /// The model, as its numbers describe it; its files are theirs.
  let model: ResolvedModel
  /// By what they are about: a look through all files for each prompt takes time that grows with the square of their number.
  private let entries: [Question: [NumbersFolder.Entry]]
  /// How many numbers there are.
  private let count: Int
  /// What is wrong with files that are left out.
  private let damaged: [Diagnostic]
  private let folder: String
  private let spool: ByteSpool

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
          hints: ["strata trace -o FILE writes one; docs/trace-format.md describes them"], category: .badInput)
      ])
    }
    if let other = found.entries.first(where: { $0.source != first.source }) {
      throw DiagnosticList([
        Diagnostic(
          place: model.place,
          "expected numbers of one model with one lens in '\(path)', found \(first.described) in \(first.path) and "
            + "\(other.described) in \(other.path)",
          hints: ["give every model and every lens a folder and an entry of its own"], category: .badInput)
      ])
    }
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
    (count, damaged, folder, self.spool) = (found.entries.count, found.damaged, path, spool)
    let described = first.head.model
    self.model = ResolvedModel(
      given: model.name, reference: model.reference.text, url: url, license: described.license,
      source: described.source, files: found.files)
  }

  /// Numbers of a cell, and what they have otherwise than the spec.
  struct Answer {
    var numbers: CellNumbers
    /// Why figures of watched words, attributions and patched runs are left out.
    var unwatched: Diagnostic?
    /// What the spec leaves unsaid and the numbers have otherwise.
    var remarks: [String] = []
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
    case .dataset(let index):
      let id = spec.id(of: subject)
      var given: [Found] = []
      for entry in entries[.dataset(id)] ?? [] { given.append((entry, try entry.numbers.read())) }
      guard let (found, cell, place) = try united(given, of: id) else {
        throw missing(id, "a summary of the dataset '\(id)'")
      }
      var remarks: [String] = []
      if case .summary(let summary) = found {
        let compared = GivenAnswer(summary, to: spec.datasets[index], norm: spec.norm, job: jobs[index])
        if let fault = fault(compared.faults, of: id, in: place) { throw fault }
        remarks = compared.remarks
      }
      return Answer(numbers: cell, remarks: remarks)
    case .prompt(let index): return try answer(toPrompt: index, askedOf: number, in: spec, shared: shared)
    }
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
    if request.changes != nil { what += " and changes" }
    var fitting: [NumbersFolder.Entry] = []
    for entry in entries[question] ?? [] {
      guard entry.head.isChanged || request.changes != nil else {
        fitting.append(entry)
        continue
      }
      if let trace = try entry.numbers.read().trace, request.hasChanges(of: trace) { fitting.append(entry) }
    }
    let same = fitting
    fitting = same.filter { $0.head.prompt?.method == request.method }
    if fitting.isEmpty {
      // Where the spec asks for no tokens, it may have left them unsaid.
      fitting = request.method == .generate(0) ? same : []
      if fitting.isEmpty, let other = same.first, let prompt = other.head.prompt {
        throw Diagnostic(
          place: "\(name), \(id)",
          "expected a trace with \(Self.words(request.method)), found \(Self.words(prompt.method)) in "
            + "\(folder)/\(other.path)",
          hints: Self.advice, category: .badInput)
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
      let found = self.fault(GivenAnswer(trace, to: request).faults, of: id, in: "\(folder)/\(entry.path)")
      if found == nil { answering.append((entry, numbers)) } else { fault = fault ?? found }
    }
    if answering.isEmpty, let fault { throw fault }
    guard let (found, cell, place) = try united(answering, of: id), let trace = found.trace else {
      throw missing(id, what)
    }
    let compared = GivenAnswer(trace, to: request)
    let selected = trace.selected(for: request)
    return Answer(
      numbers: selected == trace ? cell : try CellNumbers(.trace(selected), in: spool).named(name),
      unwatched: self.fault(compared.lacking, of: id, in: place), remarks: compared.remarks)
  }

  /// An entry and its numbers, read once.
  private typealias Found = (entry: NumbersFolder.Entry, numbers: Numbers)

  /// What entries that answer one question say together, and where the first stands; nil without any.
  ///
  /// - Throws: `Diagnostic` where they contradict.
  private func united(
    _ entries: [Found], of id: String
  ) throws(Diagnostic) -> (numbers: Numbers, cell: CellNumbers, place: String)? {
    guard let first = entries.first else { return nil }
    var found = first.numbers
    for other in entries.dropFirst() {
      guard let united = found.united(with: other.numbers) else {
        throw Diagnostic(
          place: "\(model.name), \(id)",
          "two files have different numbers: \(folder)/\(first.entry.path) and \(folder)/\(other.entry.path)",
          hints: ["keep the right one; strata diff shows how they differ"], category: .badInput)
      }
      found = united
    }
    let cell = entries.count == 1 ? first.entry.numbers : try CellNumbers(found, in: spool)
    return (found, cell.named(model.name), "\(folder)/\(first.entry.path)")
  }

  /// Why numbers do not answer what the spec asks; nil where they do.
  private func fault(_ faults: [String], of id: String, in place: String) -> Diagnostic? {
    guard !faults.isEmpty else { return nil }
    return Diagnostic(
      place: "\(model.name), \(id)", "\(place) does not have what the spec asks for: \(faults.joined(separator: "; "))",
      hints: Self.advice, category: .badInput)
  }

  private static let advice = ["make the numbers as the spec asks, or ask for what they have"]

  /// Why a subject has no numbers: its file is damaged, or there is none.
  private func missing(_ id: String, _ what: String) -> Diagnostic {
    let own = damaged.first { problem in
      // "traces/llama-heathrow.json", or "traces/all.jsonl:3" of a line.
      problem.place?.split(separator: "/").last.map { NumbersFolder.Entry.isFile(String($0), namedBy: id) } == true
    }
    var problem = Diagnostic(
      place: "\(model.name), \(id)",
      "expected \(what) in '\(folder)', found none among \(Wording.count(count, "file"))",
      hints: ["leave the prompt out with --keep-going, or add its numbers"], category: .badInput)
    guard let first = own ?? damaged.first else { return problem }
    let more = own == nil && damaged.count > 1 ? " and \(Wording.count(damaged.count - 1, "more problem"))" : ""
    problem.message += "; left out: \(first.place.map { "\($0): " } ?? "")\(first.message)\(more)"
    problem.hints = first.hints
    return problem
  }

  private static func words(_ method: Trace.Method) -> String {
    switch method {
    case .generate(let count): "\(Wording.count(count, "generated token"))"
    case .sample(let count, let sampling):
      "\(Wording.count(count, "sampled token")) (\(Wording.sampling(sampling)))"
    case .continuation(let text): "the continuation '\(TokenDisplay.line(String(text.prefix(60))))'"
    }
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
      do throws(DiagnosticList) {
        let given = try GivenNumbers(path, of: model, base: base, spool: spool, keepGoing: keepGoing)
        self.given[index] = given.model
        for cell in cells {
          do throws(Diagnostic) {
            let answer = try given.answer(
              to: plan.cells[cell].subject, askedOf: index, in: spec, shared: shared, jobs: jobs)
            (numbers[cell], unwatched[cell]) = (answer.numbers, answer.unwatched)
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
