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
  private let entries: [NumbersFolder.Entry]
  private let folder: String
  private let spool: ByteSpool

  /// Reads everything in a folder.
  ///
  /// - Throws: `DiagnosticList` of all files that are damaged or whose numbers cannot be right, or of two models.
  init(_ path: String, of model: ReportSpec.Model, base: URL, spool: ByteSpool) throws(DiagnosticList) {
    guard !InputFolder(base).leadsOutside(path) else {
      throw DiagnosticList([Diagnostic.outside(path, place: model.place)])
    }
    let url = URL(fileURLWithPath: path, relativeTo: base)
    guard FileState(path: url.path)?.isFolder == true else {
      throw DiagnosticList([Diagnostic.unreadable(path, "no such folder", place: model.place)])
    }
    let found = try NumbersFolder(path, at: url, spool: spool)
    guard let first = found.entries.first else {
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
    (entries, folder, self.spool) = (found.entries, path, spool)
    let described = first.head.model
    self.model = ResolvedModel(
      given: model.name, reference: model.reference.text, url: url, license: described.license,
      source: described.source, files: found.files)
  }

  /// The numbers of a subject under the name that the model has in the spec, whose model of that number it is.
  func numbers(of subject: Subject, askedOf number: Int, in spec: ReportSpec) -> Result<CellNumbers, Diagnostic> {
    let (id, name) = (spec.id(of: subject), model.name)
    var fitting: [NumbersFolder.Entry]
    let what: String
    switch subject {
    case .dataset:
      what = "a summary of the dataset '\(id)'"
      fitting = entries.filter { $0.head.subject == .dataset(id) }
    case .prompt(let index):
      let request = spec.request(forPrompt: index, of: number)
      what = "a trace of the prompt '\(id)' with its exact text" + (request.changes == nil ? "" : " and changes")
      do {
        fitting = try entries.filter { entry in
          guard let prompt = entry.head.prompt,
            prompt == .init(text: request.prompt, method: prompt.method, decoder: request.decoder)
          else { return false }
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
      if !named.isEmpty, spec.prompts.count(where: { $0.text == spec.prompts[index].text }) > 1 { fitting = named }
    }
    guard let first = fitting.first else {
      return .failure(
        Diagnostic(
          place: "\(name), \(id)",
          "expected \(what) in '\(folder)', found none among \(Wording.count(entries.count, "file"))",
          hints: ["leave the prompt out with --keep-going, or add its numbers"], category: .badInput))
    }
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
    for (index, model) in spec.models.enumerated() {
      guard case .traces(let path) = model.reference else { continue }
      let cells = plan.cells(ofModel: index)
      guard !cells.isEmpty else { continue }
      do throws(DiagnosticList) {
        let given = try GivenNumbers(path, of: model, base: base, spool: spool)
        self.given[index] = given.model
        for cell in cells {
          switch given.numbers(of: plan.cells[cell].subject, askedOf: index, in: spec) {
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
