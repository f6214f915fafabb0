import Engine
import Files
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// Traces and summaries of datasets kept beside a spec and committed with it.
///
/// A machine without the models makes the same gallery from them.
///
/// `words.traces/` for `words.yaml` has a trace for each prompt, `datasets/` in it a summary for each dataset, and `index.json` names what
/// each of them answers.
package struct CommittedTraces {
  static let schemaName = "strata.traces/1"
  /// Where traces are written; those of the spec are read from here.
  var folder: URL
  private var index: Index
  /// The datasets of the spec, read.
  private let jobs: [DatasetJob]

  /// The contents of `index.json`.
  private struct Index: Codable, Equatable {
    var schema = CommittedTraces.schemaName
    /// By name of the file, summaries as well.
    var traces: [String: Entry] = [:]
    /// By name in the spec.
    var models: [String: RecordedModel] = [:]
  }

  /// A trace or a summary.
  private struct Entry: Codable, Equatable {
    /// Name of the model in the spec.
    var model: String
    /// Digest of the question.
    var request: String
    /// Of the file.
    var sha256: String
  }

  /// The traces of a spec; none when the folder is not there.
  ///
  /// - Parameters:
  ///   - jobs: The datasets of the spec, read.
  ///   - ignoresDamage: Whether a damaged index counts as none, because every trace is written again.
  /// - Throws: `Diagnostic` when the index is damaged.
  package init(_ spec: ReportSpec, base: URL, jobs: [DatasetJob], ignoresDamage: Bool = false) throws {
    self.jobs = jobs
    folder = Self.folder(of: spec, base: base)
    let file = try OwnFolder(folder.deletingLastPathComponent()).place("\(folder.lastPathComponent)/index.json")
    index = Index()
    guard FileState(path: file.path) != nil else { return }
    do {
      index = try Self.read(file)
    } catch  where ignoresDamage {
      // A damaged index still tells whose it was, and one without a word is nobody's work.
      if let found = OwnFolder(folder).bytes("index.json"),
        found.contains(where: { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }),
        !Self.holds(found, "strata.traces/", "\"sha256\"")
      {
        throw Self.foreign(file, "the index that a build wrote")
      }
    }
  }

  private static func read(_ file: URL) throws -> Index {
    let index: Index
    let data: Data
    switch OwnFolder(file.deletingLastPathComponent()).read(file.lastPathComponent) {
    case .bytes(let bytes): data = bytes
    case .other(let what):
      throw Diagnostic(
        place: Self.place(file), "expected a plain file, found \(what)", hints: [restore], category: .badInput)
    }
    do {
      index = try JSONDecoder().decode(Index.self, from: data)
    } catch {
      throw Diagnostic(
        place: Self.place(file), "expected an index of committed traces (\(schemaName)), found something else",
        hints: [restore], category: .badInput)
    }
    guard index.schema == schemaName else {
      throw Diagnostic(
        place: Self.place(file), "expected schema '\(schemaName)', found '\(index.schema)'", hints: [restore],
        category: .badInput)
    }
    return index
  }

  /// Beside a spec that was named without a folder, without "./".
  private static func place(_ file: URL) -> String {
    let path = file.relativePath
    return path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  }

  private static let restore = "restore it from version control, or write all traces anew with strata build --refresh"

  /// `words.traces` beside `words.yaml`.
  static func folder(of spec: ReportSpec, base: URL) -> URL {
    base.appending(path: "\(spec.name).traces", directoryHint: .isDirectory)
  }

  /// "tiny-heathrow.json", "datasets/tiny-pairs.json".
  static func name(_ cell: Plan.Cell) -> String {
    cell.subject.isDataset ? cell.file : String(cell.file.dropFirst("traces/".count))
  }

  /// Whether a name is one that a build can give.
  private static func isOwn(_ name: String) -> Bool {
    let stem = name.dropFirst(name.hasPrefix("datasets/") ? "datasets/".count : 0).dropLast(".json".count)
    return name.hasSuffix(".json") && Slug.isSlug(String(stem))
  }

  /// Digest of what the spec asks about a cell; nil while its dataset has not been read.
  private func request(_ cell: Plan.Cell, in spec: ReportSpec) -> String? {
    if case .dataset(let number) = cell.subject, !jobs.indices.contains(number) { return nil }
    return spec.question(about: cell.subject, of: cell.model, jobs).digest
  }

  /// What the index says of the numbers of a cell; nil when it has none, or when the spec has changed its question since.
  private func entry(of cell: Plan.Cell, in spec: ReportSpec) -> Entry? {
    let model = spec.models[cell.model]
    guard let entry = index.traces[Self.name(cell)], entry.model == model.name,
      entry.request == request(cell, in: spec), let known = index.models[model.name], known.isOf(model)
    else { return nil }
    return entry
  }

  /// The numbers of a cell; nil when there are none, or when the spec has changed its question since.
  ///
  /// - Parameter acceptsEdits: Whether a file that is not the one on record is read as well, to compare it.
  /// - Throws: `Diagnostic` when it cannot be read, or is not the file that a build wrote.
  package func numbers(of cell: Plan.Cell, in spec: ReportSpec, acceptsEdits: Bool = false) throws -> Numbers? {
    guard let entry = entry(of: cell, in: spec) else { return nil }
    let file = folder.appending(path: Self.name(cell))
    guard FileState(path: file.path) != nil else { return nil }
    let data: Data
    switch OwnFolder(folder).read(Self.name(cell)) {
    case .bytes(let bytes): data = bytes
    case .other(let what):
      throw Diagnostic(
        place: Self.place(file), "expected a plain file, found \(what)", hints: [Self.restore], category: .badInput)
    }
    let found = SHA256.hex(of: data)
    guard acceptsEdits || found == entry.sha256 else {
      // Its numbers would pass for the model's, and the next index would vouch for them.
      throw Diagnostic(
        place: Self.place(file),
        "expected sha256 \(entry.sha256), as index.json records, found \(found): "
          + "somebody changed the file, or index.json, after the build that wrote both",
        hints: [Self.restore], category: .badInput)
    }
    do {
      guard let request = spec.request(for: cell.subject, of: cell.model) else {
        return .summary(try summary(of: cell, data, in: spec, isRecorded: found == entry.sha256))
      }
      return .trace(
        try trace(of: cell, data, answering: request, in: spec, isRecorded: found == entry.sha256))
    } catch {
      var problem = Diagnostic.one(from: error)
      problem.place = Self.place(file)
      problem.hints = [Self.restore]
      throw problem
    }
  }

  /// The trace in the bytes of a file: one of another run would not be this one.
  ///
  /// - Parameter isRecorded: Whether the index vouches for it; what an edit has changed is compared, whatever it is.
  private func trace(
    of cell: Plan.Cell, _ data: Data, answering request: TraceRequest, in spec: ReportSpec, isRecorded: Bool
  ) throws -> Trace {
    let trace = try Trace.read(data, path: Self.name(cell))
    try trace.checkShape()
    let wanted = "expected a trace of prompt '\(spec.id(of: cell.subject))'"
    guard ExactText(trace.prompt) == ExactText(request.prompt),
      trace.encoder?.decoder.map(ExactText.init) == request.decoder.map(ExactText.init)
    else { throw Diagnostic("\(wanted), found one of another text", category: .badInput) }
    guard request.hasChanges(of: trace) else {
      throw Diagnostic("\(wanted), found one of a run with other changes", category: .badInput)
    }
    guard isRecorded else { return trace }
    if let fault = GivenAnswer(trace, to: request).faults.first {
      throw Diagnostic("\(wanted) with what the spec asks for: \(fault)", category: .badInput)
    }
    if let wrong = TraceCheck.diagnostic(of: trace, at: Self.name(cell), hints: []) { throw wrong }
    return trace
  }

  /// The summary in the bytes of a file.
  ///
  /// - Parameter isRecorded: As for a trace.
  private func summary(
    of cell: Plan.Cell, _ data: Data, in spec: ReportSpec, isRecorded: Bool
  ) throws -> DatasetSummary {
    let summary = try DatasetSummary.read(data, path: Self.name(cell))
    guard summary.dataset.name == spec.id(of: cell.subject) else {
      throw Diagnostic(
        "expected a summary of the dataset '\(spec.id(of: cell.subject))', found one of another", category: .badInput)
    }
    if isRecorded, case .dataset(let number) = cell.subject, jobs.indices.contains(number),
      let fault = GivenItems(summary: summary, request: jobs[number].request, file: jobs[number].file).digestFault
    {
      throw Diagnostic(
        "expected a summary of the dataset '\(spec.id(of: cell.subject))': \(fault)", category: .badInput)
    }
    return summary
  }

  /// The numbers of a plan, by its cells, without those that have to be made.
  ///
  /// - Throws: `DiagnosticList` of all files that cannot be read or are not those that a build wrote.
  func numbers(of plan: Plan, in spec: ReportSpec, acceptEdits: Bool) throws -> [Int: Numbers] {
    var numbers: [Int: Numbers] = [:]
    var problems: [Diagnostic] = []
    for (index, cell) in plan.cells.enumerated() {
      do {
        numbers[index] = try self.numbers(of: cell, in: spec, acceptsEdits: acceptEdits)
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return numbers
  }

  /// Refuses numbers that are not of the models which a gallery of them would name.
  ///
  /// A model may be another file by now than when its numbers were made; those that it makes do not belong beside theirs.
  /// - Throws: `DiagnosticList`, one for each model.
  func check(_ numbers: [Int: Numbers], are models: [ResolvedModel?], of plan: Plan, _ spec: ReportSpec) throws {
    var problems: [Int: Diagnostic] = [:]
    for (number, trace) in numbers.sorted(by: { $0.key < $1.key }) {
      let cell = plan.cells[number]
      guard let model = models[cell.model], problems[cell.model] == nil else { continue }
      let parts = [
        ("the files of the model", trace.model.sha256, model.sha256),
        (model.lens?.noun ?? "the tuned lens", trace.lens.sha256 ?? "none", model.lens?.sha256 ?? "none"),
        ("the adapter", trace.model.adapter?.sha256 ?? "none", model.adapter?.sha256 ?? "none"),
      ]
      guard let (what, expected, found) = parts.first(where: { $0.1 != $0.2 }) else { continue }
      // What an absent model is comes from the index alone.
      if model.isRecorded(in: folder) {
        problems[cell.model] = Diagnostic(
          place: Self.place(folder.appending(path: "index.json")),
          "\(what) of '\(spec.models[cell.model].name)': \(Self.name(cell)) is of sha256 \(expected), and the index records "
            + "\(found): somebody changed one of them after the build that wrote both",
          hints: [Self.restore], category: .badInput)
        continue
      }
      problems[cell.model] = Diagnostic(
        place: spec.models[cell.model].name,
        "\(what): expected sha256 \(expected), of which \(Self.place(folder))/\(Self.name(cell)) is, found \(found)",
        hints: ["use the files of before, or write all traces anew with strata build --refresh"], category: .badInput)
    }
    guard problems.isEmpty else { throw DiagnosticList(problems.keys.sorted().compactMap { problems[$0] }) }
  }

  /// A model as it was when its traces were made, even if it is absent now; nil when there are no traces.
  func model(_ model: ReportSpec.Model) -> ResolvedModel? {
    index.models[model.name]?.resolved(as: model, in: folder)
  }

  /// A file of a model on this machine that is another one than when its traces were made; nil where none is, or where there is no model.
  ///
  /// Only models that a spec names by path are looked at: a name on a hub stands for what is there. What git keeps in place of a large file
  /// is no file of a model.
  ///
  /// - Throws: `Diagnostic` for one that cannot be read.
  func changedFile(of model: ReportSpec.Model, base: URL, _ digests: FileDigests) throws(Diagnostic) -> String? {
    guard case .path(let path) = model.reference, let recorded = index.models[model.name], recorded.isOf(model) else {
      return nil
    }
    let url = URL(fileURLWithPath: path, relativeTo: base)
    guard let state = FileState(path: url.path) else { return nil }
    for file in recorded.files {
      // A file may be one of several parts.
      let place = (state.isFolder ? url : url.deletingLastPathComponent()).appending(path: file.path)
      guard let found = FileState(path: place.path), !found.isFolder, !Self.isPointer(place, found) else { continue }
      let sha256 = found.bytes == file.bytes ? try digests.digest(of: place).sha256 : ""
      if sha256 != file.sha256 { return state.isFolder ? "\(path)/\(file.path)" : path }
    }
    return nil
  }

  /// Whether a file stands for one that git keeps elsewhere (Git LFS).
  private static func isPointer(_ place: URL, _ state: FileState) -> Bool {
    state.bytes < 1024 && PlainFile.bytes(place)?.starts(with: "version https://git-lfs".utf8) == true
  }

  /// The files of a model that the index names for what the spec asks and that are not there.
  func lost(of model: Int, _ plan: Plan, in spec: ReportSpec) -> [String] {
    plan.cells(ofModel: model).map { plan.cells[$0] }.filter { entry(of: $0, in: spec) != nil }
      .map { folder.appending(path: Self.name($0)) }.filter { FileState(path: $0.path) == nil }.map(Self.place)
  }

  /// The notes from when a model's traces were made.
  func remarks(of model: ReportSpec.Model) -> [String] { index.models[model.name]?.remarks ?? [] }

  /// Every file that a build wrote into the folder, by name.
  var known: Set<String> { Set(index.traces.keys).union(["index.json"]) }

  /// Files of a plan that are not the files that a build wrote: edited ones, and missing ones.
  func altered(_ plan: Plan, in spec: ReportSpec) -> (edited: [String], missing: [String]) {
    var altered: (edited: [String], missing: [String]) = ([], [])
    for cell in plan.cells {
      guard let entry = entry(of: cell, in: spec) else { continue }
      let name = Self.name(cell)
      if FileState(path: folder.appending(path: name).path) == nil {
        altered.missing.append(name)
      } else if OwnFolder(folder).bytes(name).map({ SHA256.hex(of: $0) }) != entry.sha256 {
        altered.edited.append(name)
      }
    }
    return (altered.edited.sorted(), altered.missing.sorted())
  }

  /// Writes the numbers of a build, and removes those of earlier builds that no cell needs.
  ///
  /// A cell that failed keeps the trace that it has, as long as it is of the same model.
  /// - Throws: `Diagnostic`.
  mutating func keep(
    _ traces: [(cell: Plan.Cell, numbers: Numbers)], of plan: Plan, models: [ResolvedModel?], remarks: [Int: [String]],
    spec: ReportSpec
  ) throws {
    for (cell, _) in traces {
      let name = Self.name(cell)
      guard index.traces[name] == nil, let found = OwnFolder(folder).bytes(name), !found.isEmpty,
        !Self.holds(found, "\"strata.trace/", "\"strata.dataset/")
      else { continue }
      throw Self.foreign(folder.appending(path: name), "numbers that a build wrote")
    }
    var next = Index()
    var isWithdrawn = false
    for (cell, numbers) in traces {
      guard let request = request(cell, in: spec) else { continue }
      let name = Self.name(cell)
      let data = try numbers.jsonData()
      let file = try OwnFolder(folder).place(name)
      if OwnFolder(folder).bytes(name) != data {
        // A build that ends here would leave traces that are not the ones on record, and the next one would call them edited.
        if index.traces[name] != nil, !isWithdrawn {
          isWithdrawn = true
          try withdraw(traces.map { Self.name($0.cell) })
        }
        try AtomicFile.replace(file, with: data)
      }
      next.traces[name] = Entry(
        model: spec.models[cell.model].name, request: request, sha256: SHA256.hex(of: data))
    }
    for cell in plan.cells where next.traces[Self.name(cell)] == nil {
      let name = spec.models[cell.model].name
      let known = index.models[name].map { SHA256.combined($0.files.map { (name: $0.path, digest: $0.sha256) }) }
      guard let entry = entry(of: cell, in: spec), models[cell.model].map({ $0.sha256 == known }) ?? true else {
        continue
      }
      next.traces[Self.name(cell)] = entry
      if models[cell.model] == nil { next.models[name] = index.models[name] }
    }
    for (number, (model, resolved)) in zip(spec.models, models).enumerated() {
      guard let resolved else { continue }
      next.models[model.name] = RecordedModel(model, resolved, remarks: remarks[number] ?? [])
    }
    guard isWithdrawn || next != index else { return }
    // The index comes last: until then it names what is to be removed, so that the next build removes what this one could not.
    for (name, entry) in index.traces where next.traces[name] == nil && Self.isOwn(name) {
      // An index may be somebody else's, who names a file of the user in it.
      guard OwnFolder(folder).bytes(name).map({ SHA256.hex(of: $0) }) == entry.sha256 else { continue }
      let file = try OwnFolder(folder).place(name)
      guard FileCalls.unlink(file.path) == 0 || errno == ENOENT else { throw AtomicFile.cannotWrite(file, errno) }
    }
    try write(next)
    index = next
  }

  private static func holds(_ data: Data, _ texts: String...) -> Bool {
    texts.contains { data.firstRange(of: Data($0.utf8)) != nil }
  }

  /// The refusal of a file of the author in the place of one of a build.
  private static func foreign(_ file: URL, _ what: String) -> Diagnostic {
    Diagnostic(
      place: place(file),
      "expected nothing here, or \(what); found a file of another origin, which this build would write over",
      hints: ["move it"], category: .cannotWrite)
  }

  /// Whether a file that the folder should have is gone.
  func lacksFiles(_ plan: Plan, in spec: ReportSpec) -> Bool {
    index.traces.isEmpty
      || plan.cells.contains { cell in
        entry(of: cell, in: spec) != nil && FileState(path: folder.appending(path: Self.name(cell)).path) == nil
      }
  }

  /// Takes traces off the record, so that the next build makes them.
  private func withdraw(_ names: [String]) throws {
    var rest = index
    for name in names { rest.traces[name] = nil }
    try write(rest)
  }

  private func write(_ index: Index) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.replace(
      folder.appending(path: "index.json"), with: try encoder.encode(index) + Data("\n".utf8))
  }
}

extension ResolvedModel {
  /// Whether its files are known from the index of committed traces alone.
  fileprivate func isRecorded(in folder: URL) -> Bool { url == folder }
}
