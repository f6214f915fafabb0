import Engine
import Figures
import Files
import Foundation
import Models
import Spec
import Threads
import Traces
import Words

/// Runs one model of a spec on a part of what the spec asks, and writes the answers into one file.
public struct ShardJob: Sendable {
  let job: BuildJob

  /// A job with the store and the source of numbers of another one.
  public init(_ job: BuildJob) { self.job = job }

  /// What to run, and where to write.
  public struct Request: Sendable {
    /// The spec's path.
    public var path: String
    /// The spec's bytes.
    public var bytes: Data
    /// The model's name in the spec, or its slug.
    public var model: String
    /// Which part.
    public var shard: Shard
    /// A file, or a folder in which the shard gets a name of its own.
    public var output: URL
    /// Whether mistakes of the spec that concern single cells are kept as their answers.
    public var keepGoing: Bool
    /// Whether fetching is forbidden.
    public var offline: Bool
    /// How many threads write and read; the engine has its own.
    public var threads: Int

    /// From its parts.
    public init(
      path: String, bytes: Data, model: String, shard: Shard, output: URL, keepGoing: Bool, offline: Bool, threads: Int
    ) {
      (self.path, self.bytes, self.model, self.shard, self.output) = (path, bytes, model, shard, output)
      (self.keepGoing, self.offline, self.threads) = (keepGoing, offline, threads)
    }
  }

  /// What was made.
  public struct Outcome: Sendable {
    /// The file.
    public var file: String
    /// Cells in it.
    public var cells: Int
    /// Those that this run made; the others were there.
    public var traced: Int
    /// Cells whose answer is a problem.
    public var failures: Int

    /// One line for people.
    public var summary: String {
      let parts = ["\(Wording.count(cells, "cell")), \(Wording.grouped(traced)) traced"]
      return "\(file): "
        + (failures > 0 ? parts + ["\(Wording.grouped(failures)) failed"] : parts).joined(separator: ", ")
    }
  }

  /// How long a run of some cells should take before they are kept, nanoseconds.
  private static let pace = 10_000_000_000
  /// How many cells run together at first, and at most.
  private static let together = 16...1024

  /// Runs the part, or what earlier runs of it have left.
  ///
  /// - Throws: Problems of the spec and the model, before anything runs; problems of cells after the others are kept.
  public func run(_ request: Request, progress: ProgressHandler? = nil) throws -> Outcome {
    let options = Builder.Options(out: request.output)
    guard let (spec, base) = try job.read([(request.path, request.bytes)], options: options).first else {
      throw Diagnostic(place: request.path, "expected a spec", category: .badSpec)
    }
    let plan = try Plan(spec)
    let index = try spec.index(ofModel: request.model)
    let model = spec.models[index]
    if case .traces(let path) = model.reference {
      throw Diagnostic(
        place: model.place, "the numbers of '\(model.name)' lie in '\(path)': there is nothing to run",
        hints: ["strata build takes them from there"], category: .usage)
    }
    let jobs = try DatasetJob.all(spec, base: base)
    let mistakes = DatasetFigureProblems(spec: spec, jobs: jobs).diagnostics
    guard mistakes.isEmpty else { throw DiagnosticList(mistakes) }
    let all = ShardUnits(plan, spec, jobs, model: index)
    let units = Array(all.units[request.shard.range(of: all.units.count)])
    let resolved: ResolvedModel
    do {
      resolved = try job.store.resolve(
        model.reference, name: model.name, lens: model.lens, options: model.options, adapter: model.adapter, base: base,
        offline: request.offline, progress: progress)
    } catch let problem as Diagnostic {
      throw problem.named(by: model, base: base)
    }
    let keys = Parallel.map(units.count, threads: request.threads) { all.key(of: units[$0], resolved) }
    let url = Self.place(request.output, request.shard.file(Slug.unique(spec.models.map(\.name))[index]))
    try Self.requirePlace(url, for: spec.name, request.shard.text, model.name)
    let chats = Chats(job.store, job.builder.numbers)
    let words = TokenWords(job.store.cache, job.builder.numbers)
    let header = ShardHeader(
      spec: spec.name, shard: request.shard.text, name: model.name,
      model: RecordedModel(
        model, resolved,
        remarks: ModelRemarks(job.store.cache).tell(
          resolved, job.builder.numbers, step: model.step, progress: progress)),
      lens: resolved.lens?.url.lastPathComponent, chat: resolved.chatFiles.isEmpty ? nil : resolved.chatFiles,
      words: Self.marked(plan, spec, index) { words.answer($0, of: resolved) },
      datasets: Self.datasets(units, all))
    let journal = try ShardJournal(url, header)
    var seen: Set<String> = []
    let missing = units.indices.filter { !journal.has(keys[$0]) && seen.insert(keys[$0]).inserted }
    if !model.takesPlainText {
      chats.tellPlain(missing.map { all.question(of: units[$0]) }, of: resolved, progress: progress)
    }
    let datasets = Set(missing.compactMap { if case .item(let dataset, _) = units[$0] { dataset } else { nil } })
    for dataset in datasets.sorted() {
      guard let note = SpacelessAnswers.note(all.jobs[dataset], of: resolved, job.builder.numbers) else { continue }
      progress?(.note("note: \(note)"))
    }
    let run = ShardRun(
      units: all, model: resolved,
      run: ModelRun(
        source: job.builder.numbers, cache: .none, chats: chats, threads: request.threads, progress: progress,
        leavesOutWatched: true), words: words)
    var failed: [String: ShardCell] = [:]
    var left = missing[...]
    var count = Self.together.lowerBound
    while !left.isEmpty {
      let next = left.prefix(count)
      left = left.dropFirst(count)
      let start = FileState.now
      let cells = try run.cells(next.map { (units[$0], keys[$0]) })
      try journal.append(cells)
      for cell in cells where cell.problems != nil { failed[cell.key] = cell }
      let took = FileState.now - start
      if took < Self.pace { count = min(Self.together.upperBound, count * 2) }
      if took > Self.pace * 4 { count = max(1, count / 2) }
    }
    try tell(failed, units, keys, all, request, progress: progress)
    try journal.finish(zip(units, keys).map { all.cell(of: $0, key: $1) }, failed: failed)
    return Outcome(
      file: url.relativePath, cells: units.count, traced: missing.count - failed.count,
      failures: keys.count { failed[$0] != nil })
  }

  /// Reports cells without answers.
  ///
  /// - Throws: Those that are mistakes of the spec, as a build does.
  private func tell(
    _ failed: [String: ShardCell], _ units: [ShardUnits.Unit], _ keys: [String], _ all: ShardUnits, _ request: Request,
    progress: ProgressHandler?
  ) throws {
    var mistakes: [Diagnostic] = []
    var others: [(what: String, problem: Diagnostic)] = []
    // What the items of a dataset share is told once.
    var told: Set<String> = []
    for (unit, key) in zip(units, keys) {
      guard let problems = failed[key]?.problems?.map(\.diagnostic), let first = problems.first else { continue }
      var problem = first
      // A mistake of a prompt has the place of the prompt.
      if case .prompt = unit { problem = all.problem(DiagnosticList(problems), of: unit) }
      if problem.category == .badSpec, problem.place != nil, !request.keepGoing {
        mistakes.append(problem)
      } else if case .item(let dataset, _) = unit, problem.category != .badSpec {
        let what = "\(request.model), \(all.spec.datasets[dataset].id)"
        guard told.insert("\(what): \(problem.message)").inserted else { continue }
        others.append((what, all.problem(DiagnosticList(problems), of: unit)))
      } else {
        others.append(("\(request.model), \(all.name(of: unit))", problem))
      }
    }
    guard mistakes.isEmpty else { throw DiagnosticList(mistakes) }
    for (what, problem) in others { progress?(.failed(what: what, message: problem.explanation)) }
  }

  /// The file of a shard: the one that is named, or one in the folder that is named.
  private static func place(_ output: URL, _ name: String) -> URL {
    let isFolder = output.hasDirectoryPath || FileState(path: output.path)?.isFolder == true
    return isFolder ? output.appending(path: name) : output
  }

  /// Refuses to write over what is no shard, such as the spec, its data or the model, and over another shard.
  private static func requirePlace(
    _ url: URL, for spec: String, _ shard: String, _ model: String
  ) throws(Diagnostic) {
    guard let state = FileState(path: url.path) else { return }
    var status = stat()
    let isPlain = stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let head = isPlain ? (try? FileHandle(forReadingFrom: url).read(upToCount: 16 << 20)) ?? Data() : Data()
    guard isPlain, state.bytes == 0 || ShardFile.isShard(head) else {
      throw Diagnostic(
        place: url.relativePath, "expected no file or a shard, which is made anew, found something else",
        hints: ["name another file with -o"], category: .cannotWrite)
    }
    guard let found = ShardFile.header(of: head), (found.spec, found.shard, found.name) != (spec, shard, model) else {
      return
    }
    func words(_ spec: String, _ shard: String, _ model: String) -> String {
      "shard \(VisibleText.inline(shard)) of '\(VisibleText.inline(model))' in '\(VisibleText.inline(spec))'"
    }
    throw Diagnostic(
      place: url.relativePath,
      "expected no file, or \(words(spec, shard, model)), found \(words(found.spec, found.shard, found.name)), which would be lost",
      hints: ["name a folder for all shards, with a slash at its end: -o \(ShellWord.path(url.relativePath + "/"))"],
      category: .cannotWrite)
  }

  /// Whether the words that figures of the model mark are single tokens; nil without any.
  private static func marked(
    _ plan: Plan, _ spec: ReportSpec, _ model: Int, _ isToken: (String) -> Bool?
  ) -> [String: Bool]? {
    var words: [String: Bool] = [:]
    for figure in plan.figures where figure.cells.contains(where: { plan.cells[$0].model == model }) {
      guard case .sets(let sets)? = spec.figures[figure.figure].options[MarkedSet.option] else { continue }
      for word in sets.flatMap(\.words) where words[word] == nil { words[word] = isToken(word) }
    }
    return words.isEmpty ? nil : words
  }

  /// The datasets of which a shard has items; nil without any.
  private static func datasets(_ units: [ShardUnits.Unit], _ all: ShardUnits) -> [ShardHeader.Dataset]? {
    let indices = Set(units.compactMap { if case .item(let dataset, _) = $0 { dataset } else { nil } }).sorted()
    return indices.isEmpty ? nil : indices.map { ShardHeader.Dataset(all.jobs[$0].request) }
  }
}

extension ReportSpec {
  /// The index of a model by its name or its slug.
  ///
  /// - Throws: `Diagnostic` of the category `usage`.
  func index(ofModel name: String) throws(Diagnostic) -> Int {
    let slugs = Slug.unique(models.map(\.name))
    if let index = models.firstIndex(where: { $0.name == name }) ?? slugs.firstIndex(of: name) { return index }
    throw Diagnostic(
      "the spec has no model '\(name)'",
      hints: [Suggestion.hint(for: name, among: models.map(\.name), called: "models")], category: .usage)
  }
}
