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
  private let numbers: [Entry]
  private let folder: String

  /// A trace or a summary, and where it was read from.
  private struct Entry {
    /// Relative to the folder; `traces.jsonl:3` for a line of a file.
    var path: String
    var numbers: Numbers

    /// Whether the file is named by an id: `heathrow.json`, `llama-heathrow.json`.
    func isNamed(by id: String) -> Bool {
      let name = path.split(separator: "/").last ?? Substring(path)
      let stem = name.prefix { $0 != "." }
      return stem == id || stem.hasSuffix("-\(id)")
    }
  }

  /// Reads everything in a folder.
  ///
  /// - Throws: `DiagnosticList` of all files that are neither a trace nor a summary, or whose numbers cannot be right.
  init(_ path: String, of model: ReportSpec.Model, base: URL) throws(DiagnosticList) {
    guard !InputFolder(base).leadsOutside(path) else {
      throw DiagnosticList([Diagnostic.outside(path, place: model.place)])
    }
    let url = URL(fileURLWithPath: path, relativeTo: base)
    folder = path
    let own = OwnFolder(url)
    let names: [String]
    do { names = try own.files().filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") } } catch {
      throw DiagnosticList([Diagnostic.unreadable(path, "no such folder", place: model.place)])
    }
    var problems: [Diagnostic] = []
    var found: [Entry] = []
    var files: [FileRecord] = []
    for name in names {
      guard case .bytes(let data) = own.read(name) else {
        problems.append(
          Diagnostic(
            place: "\(path)/\(name)", "expected a plain file with traces, found something else", category: .badInput))
        continue
      }
      do {
        found += try Self.entries(data, name, "\(path)/\(name)")
        files.append(FileRecord(path: name, bytes: data.count, sha256: SHA256.hex(of: data)))
      } catch {
        problems += error.diagnostics
      }
    }
    if found.isEmpty, problems.isEmpty {
      problems = [
        Diagnostic(
          place: model.place, "expected traces (*.json or *.jsonl) in '\(path)', found none",
          hints: ["strata trace -o FILE writes one; docs/trace-format.md describes them"], category: .badInput)
      ]
    }
    if problems.isEmpty, let first = found.first, let other = found.first(where: { !Self.isOneModel($0, first) }) {
      problems = [
        Diagnostic(
          place: model.place,
          "expected numbers of one model with one lens in '\(path)', found \(Self.described(first)) and \(Self.described(other))",
          hints: ["give every model and every lens a folder and an entry of its own"], category: .badInput)
      ]
    }
    guard problems.isEmpty, let first = found.first else { throw DiagnosticList(problems) }
    numbers = found
    let described = first.numbers.model
    self.model = ResolvedModel(
      given: model.name, reference: model.reference.text, url: url, license: described.license,
      source: described.source, files: files)
  }

  private static func entries(_ data: Data, _ name: String, _ place: String) throws(DiagnosticList) -> [Entry] {
    do {
      if let summary = try? DatasetSummary.read(data, path: place) {
        return [Entry(path: name, numbers: .summary(summary))]
      }
      let traces = try Trace.readAll(data, path: place)
      var problems: [Diagnostic] = []
      for (index, trace) in traces.enumerated() {
        let line = traces.count > 1 ? ":\(index + 1)" : ""
        let wrong = TraceCheck.problems(of: trace, most: 1)
        guard let first = wrong.list.first else { continue }
        problems.append(
          Diagnostic(
            place: place + line,
            "\(Wording.count(wrong.count, "value")) cannot be right, the first: \(first.key): \(first.message)",
            hints: ["strata trace --check \(place) lists them"], category: .badInput))
      }
      guard problems.isEmpty else { throw DiagnosticList(problems) }
      return traces.enumerated().map { index, trace in
        Entry(path: name + (traces.count > 1 ? ":\(index + 1)" : ""), numbers: .trace(trace))
      }
    } catch {
      throw DiagnosticList(Diagnostic.all(from: error))
    }
  }

  private static func isOneModel(_ one: Entry, _ other: Entry) -> Bool {
    one.numbers.model.sha256 == other.numbers.model.sha256 && one.numbers.lens == other.numbers.lens
      && one.numbers.model.adapter?.sha256 == other.numbers.model.adapter?.sha256
      && one.numbers.model.weights == other.numbers.model.weights
  }

  private static func described(_ entry: Entry) -> String {
    let model = entry.numbers.model
    return
      "\(model.name) (sha256 \(model.sha256.prefix(12))…, \(entry.numbers.lens.kind.rawValue) lens) in \(entry.path)"
  }

  /// The numbers of a subject under the name that the model has in the spec.
  func numbers(of subject: Subject, in spec: ReportSpec) -> Result<Numbers, Diagnostic> {
    let (id, name) = (spec.id(of: subject), model.name)
    var fitting: [Entry]
    let what: String
    switch subject {
    case .dataset:
      what = "a summary of the dataset '\(id)'"
      fitting = numbers.filter { $0.numbers.summary?.dataset.name == id }
    case .prompt(let index):
      what = "a trace of the prompt '\(id)' with its exact text"
      let text = spec.request(for: subject)?.prompt
      fitting = numbers.filter { $0.numbers.trace != nil && $0.numbers.trace?.prompt == text }
      let same = fitting
      if spec.prompts[index].method != .generate(0) {
        fitting = same.filter { $0.numbers.trace?.method == spec.prompts[index].method }
        if fitting.isEmpty, let other = same.first, let trace = other.numbers.trace {
          return .failure(
            Diagnostic(
              place: "\(name), \(id)",
              "expected a trace with \(Self.words(spec.prompts[index].method)), found \(Self.words(trace.method)) in "
                + "\(folder)/\(other.path)",
              hints: ["make the trace as the spec asks, or ask for what the trace has"], category: .badInput))
        }
      }
      let named = fitting.filter { $0.isNamed(by: id) }
      if !named.isEmpty { fitting = named }
    }
    guard let first = fitting.first else {
      return .failure(
        Diagnostic(
          place: "\(name), \(id)",
          "expected \(what) in '\(folder)', found none among \(Wording.count(numbers.count, "file"))",
          hints: ["leave the prompt out with --keep-going, or add its numbers"], category: .badInput))
    }
    if let other = fitting.first(where: { $0.numbers != first.numbers }) {
      return .failure(
        Diagnostic(
          place: "\(name), \(id)",
          "two files have different numbers: \(folder)/\(first.path) and \(folder)/\(other.path)",
          hints: ["keep the right one; strata diff shows how they differ"], category: .badInput))
    }
    var found = first.numbers
    found.model.name = name
    return .success(found)
  }

  private static func words(_ method: Trace.Method) -> String {
    switch method {
    case .generate(let count): "\(Wording.count(count, "generated token"))"
    case .sample(let count, _): "\(Wording.count(count, "sampled token"))"
    case .continuation(let text): "the continuation '\(VisibleText.excerpt(of: text, count: 40))'"
    }
  }
}

/// Cells whose numbers are there before any model runs, and cells that stay empty.
struct SettledCells {
  /// Committed traces and numbers of models that ran elsewhere, by the indices of cells.
  var numbers: [Int: Numbers] = [:]
  /// Why the numbers of a cell are missing.
  var absent: [Int: Diagnostic] = [:]
  /// Models that ran elsewhere, by their indices.
  var given: [Int: ResolvedModel] = [:]

  /// Whether a model must run for a cell.
  func needsRun(_ cell: Int) -> Bool { numbers[cell] == nil && absent[cell] == nil }

  /// Adds the numbers of all models of a plan that ran elsewhere.
  ///
  /// - Throws: `DiagnosticList` of everything that is missing or wrong, unless `keepGoing`, which makes it empty cells.
  mutating func addGiven(_ plan: Plan, _ spec: ReportSpec, base: URL, keepGoing: Bool) throws(DiagnosticList) {
    var problems: [Diagnostic] = []
    for (index, model) in spec.models.enumerated() {
      guard case .traces(let path) = model.reference else { continue }
      let cells = plan.cells.indices.filter { plan.cells[$0].model == index }
      guard !cells.isEmpty else { continue }
      do throws(DiagnosticList) {
        let given = try GivenNumbers(path, of: model, base: base)
        self.given[index] = given.model
        for cell in cells {
          switch given.numbers(of: plan.cells[cell].subject, in: spec) {
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
