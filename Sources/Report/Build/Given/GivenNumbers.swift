import Engine
import Files
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// The numbers of a model that ran elsewhere: the traces and summaries in a folder and below it (`traces: DIR` of a model).
///
/// A trace belongs to a prompt whose text is the same; where several have the text, to the one whose id its file is named by.
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
      throw DiagnosticList([Diagnostic.unreadable(path, "no such folder", place: model.place)])
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
    entries = Dictionary(grouping: found.entries) { entry in
      switch entry.head.subject {
      case .prompt(let key): .prompt(of: key.text, decoder: key.decoder)
      case .dataset(let name): .dataset(name)
      }
    }
    (count, damaged, folder, self.spool) = (found.entries.count, found.damaged, path, spool)
    let described = first.head.model
    self.model = ResolvedModel(
      given: model.name, reference: model.reference.text, url: url, license: described.license,
      source: described.source, files: found.files)
  }

  /// The numbers of a subject under the name that the model has in the spec, whose model of that number it is.
  ///
  /// - Parameter shared: Texts that several prompts of the spec have.
  func numbers(
    of subject: Subject, askedOf number: Int, in spec: ReportSpec, shared: Set<String>
  ) -> Result<CellNumbers, Diagnostic> {
    let (id, name) = (spec.id(of: subject), model.name)
    var fitting: [NumbersFolder.Entry]
    let what: String
    switch subject {
    case .dataset:
      what = "a summary of the dataset '\(id)'"
      fitting = entries[.dataset(id)] ?? []
    case .prompt(let index):
      let request = spec.request(forPrompt: index, of: number)
      what = "a trace of the prompt '\(id)' with its exact text" + (request.changes == nil ? "" : " and changes")
      do {
        fitting = try (entries[.prompt(of: request.prompt, decoder: request.decoder)] ?? []).filter { entry in
          guard entry.head.isChanged || request.changes != nil else { return true }
          return try entry.numbers.read().trace.map(request.hasChanges) == true
        }
      } catch {
        return .failure(Diagnostic.one(from: error))
      }
      let same = fitting
      if spec.prompts[index].method != .generate(0) {
        fitting = same.filter { $0.head.prompt?.method == spec.prompts[index].method }
        if fitting.isEmpty, let other = same.first, let prompt = other.head.prompt {
          return .failure(
            Diagnostic(
              place: "\(name), \(id)",
              "expected a trace with \(Self.words(spec.prompts[index].method)), found \(Self.words(prompt.method)) in "
                + "\(folder)/\(other.path)",
              hints: ["make the trace as the spec asks, or ask for what the trace has"], category: .badInput))
        }
      }
      // Two prompts of the spec may have one text; then the names of files tell whose trace each is.
      let named = fitting.filter { $0.isNamed(by: id) }
      if !named.isEmpty, shared.contains(spec.prompts[index].text) { fitting = named }
    }
    guard let first = fitting.first else { return .failure(missing(id, what)) }
    guard fitting.count > 1 else { return .success(first.numbers.named(name)) }
    do {
      var found = try first.numbers.read()
      for other in fitting.dropFirst() {
        guard let united = found.united(with: try other.numbers.read()) else {
          throw Diagnostic(
            place: "\(name), \(id)",
            "two files have different numbers: \(folder)/\(first.path) and \(folder)/\(other.path)",
            hints: ["keep the right one; strata diff shows how they differ"], category: .badInput)
        }
        found = united
      }
      return .success(try CellNumbers(found, in: spool).named(name))
    } catch {
      return .failure(Diagnostic.one(from: error))
    }
  }

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
    case .sample(let count, _): "\(Wording.count(count, "sampled token"))"
    case .continuation(let text): "the continuation '\(VisibleText.excerpt(of: text, count: 40))'"
    }
  }
}

extension SettledCells {
  /// Adds the numbers of all models of a plan that ran elsewhere.
  ///
  /// - Throws: `DiagnosticList` of everything that is missing or wrong, unless `keepGoing`, which makes it empty cells.
  mutating func addGiven(
    _ plan: Plan, _ spec: ReportSpec, base: URL, cache: CacheFolder, keepGoing: Bool
  ) throws(DiagnosticList) {
    guard spec.models.contains(where: { if case .traces = $0.reference { true } else { false } }) else { return }
    var problems: [Diagnostic] = []
    let spool: ByteSpool
    do throws(Diagnostic) { spool = try ByteSpool(in: cache.root) } catch { throw DiagnosticList([error]) }
    let shared = Set(Dictionary(grouping: spec.prompts.map(\.text), by: \.self).filter { $1.count > 1 }.keys)
    for (index, model) in spec.models.enumerated() {
      guard case .traces(let path) = model.reference else { continue }
      let cells = plan.cells(ofModel: index)
      guard !cells.isEmpty else { continue }
      do throws(DiagnosticList) {
        let given = try GivenNumbers(path, of: model, base: base, spool: spool, keepGoing: keepGoing)
        self.given[index] = given.model
        for cell in cells {
          switch given.numbers(of: plan.cells[cell].subject, askedOf: index, in: spec, shared: shared) {
          case .success(let found): numbers[cell] = found
          case .failure(let problem):
            problems.append(problem)
            absent[cell] = problem
          }
        }
      } catch {
        problems += error.diagnostics
        for cell in cells { absent[cell] = error.diagnostics.first }
      }
    }
    guard problems.isEmpty || (keepGoing && !numbers.isEmpty) else { throw DiagnosticList(problems) }
  }
}
