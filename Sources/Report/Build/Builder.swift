import Engine
import Foundation
import Plot

/// Makes a gallery from a spec: resolves models, traces what is not cached, draws what has changed, writes the pages.
public struct Builder: Sendable {
  let store: ModelStore
  let traces: any TraceSource
  let figures: any FigureSource
  /// The time, nanoseconds.
  var clock: @Sendable () -> Int = { FileState.now }

  /// A builder over a store of models and sources of numbers and figures.
  public init(store: ModelStore, traces: any TraceSource, figures: any FigureSource) {
    self.store = store
    self.traces = traces
    self.figures = figures
  }

  /// How a build is done.
  public struct Options: Sendable {
    /// The folder that gets one folder per spec.
    public var out: URL
    /// Nothing is fetched.
    public var offline: Bool
    /// A pattern of figures to draw, nil for all.
    public var only: String?
    /// Whether to go on when a model cannot be opened.
    public var keepGoing: Bool
    /// How many figures are drawn at a time; the files do not depend on it.
    public var threads: Int
    /// Whether committed traces are made anew.
    public var refresh: Bool
    /// Whether it is told why something is made again.
    public var explain: Bool
    /// Whether everything is also put into one file, whatever the spec says.
    public var singleFile = false
    /// Whether only what the page shows is drawn, to be seen at once; a whole build follows.
    public var isDraft = false
    /// Whether traces beside the spec are written; a check only reads them.
    public var keepsTraces = true

    /// Memberwise.
    public init(
      out: URL, offline: Bool = false, only: String? = nil, keepGoing: Bool = false,
      threads: Int = ProcessInfo.processInfo.activeProcessorCount, refresh: Bool = false, explain: Bool = false
    ) {
      self.refresh = refresh
      self.explain = explain
      self.out = out
      self.offline = offline
      self.only = only
      self.keepGoing = keepGoing
      self.threads = threads
    }
  }

  /// What a build made.
  public struct Outcome: Sendable, Codable, Equatable {
    /// The gallery's folder as it was asked for.
    public var folder: String
    /// Figures in the gallery.
    public var figures: Int
    /// Figures drawn now, the others were as they should be.
    public var drawn: Int
    /// Cells that the models were run for.
    public var traced: Int
    /// Cells and figures that could not be made.
    public var failures: [GalleryManifest.Failure]
    /// Whether any page was written.
    public var pagesWritten: Bool
    /// Whether there is an `index.html`.
    public var hasPage: Bool
    /// Whether there is a `report.pdf`.
    public var hasReport: Bool
  }

  /// Builds one spec.
  ///
  /// - Parameter base: The folder that relative paths in the spec start from.
  /// - Throws: `Diagnostic` when there is nothing to show or nowhere to write; failed cells are in the outcome instead.
  public func build(
    _ spec: ReportSpec, base: URL, options: Options, progress: ProgressHandler? = nil
  ) throws -> Outcome {
    let plan = try Plan(spec, only: options.only)
    let folder = options.out.appending(path: spec.name, directoryHint: .isDirectory)
    // One build at a time in an output folder: the second waits.
    let lock = try FileLock(folder.appending(path: ".strata/lock")) {
      progress?(.note("another build writes to \(folder.relativePath); waiting for it"))
    }
    defer { withExtendedLifetime(lock) {} }
    let stamps = BuildStamps(store.cache)
    let stamp = options.only == nil && !options.refresh ? stamps.stamp(of: folder) : nil
    // What is wrong with a dataset is told before a model is fetched; with a stamp, nothing was.
    var jobs = stamp == nil ? try DatasetStage.jobs(spec, base: base) : []
    let committed = spec.commitsTraces ? try CommittedTraces(spec, base: base) : nil
    let frozen = options.refresh ? [:] : try self.frozen(committed, plan, spec)
    let (models, problems) = try resolve(
      spec, plan: plan, committed: committed, frozen: frozen, base: base, options: options, progress: progress)
    let inputs =
      options.only == nil && problems.isEmpty
      ? BuildInputs(spec, base: base, models: models, frozen: frozen, figures: figures)?.key : nil
    if let stamp {
      if stamp.key == inputs, let figures = standing(stamp, stamps, in: folder, threads: options.threads) {
        if options.explain {
          progress?(.reason(what: spec.name, why: "everything is as it was; nothing is made again"))
        }
        return unchanged(spec, plan: plan, figures: figures, in: folder, progress: progress)
      }
      jobs = try DatasetStage.jobs(spec, base: base)
    }
    let ran = Names()
    let results = TraceStage(
      plan: plan, spec: spec, source: traces, cache: TraceCache(store.cache), threads: options.threads,
      progress: { event in
        if case .traced(let model, let prompt, cached: false) = event { ran.add("\(model), \(prompt)") }
        progress?(event)
      }
    ).run(models: models, problems: problems, frozen: frozen)
    let stage = DatasetStage(
      plan: plan, spec: spec, jobs: jobs, runner: DatasetRunner(store: store, source: traces), progress: progress)
    let summed = stage.run(models: models, problems: problems)
    try report(results, summed.results, of: plan, spec: spec, progress: progress)
    if var committed, options.only == nil, options.keepsTraces {
      let traced = zip(plan.cells, results).compactMap { cell, result in (try? result.get()).map { (cell, $0) } }
      try committed.keep(traced, models: models, spec: spec)
    }
    // All is made in a copy that takes the folder's place when it is done: until then the folder is as it was.
    let work = try WorkFolder(of: folder)
    let made: Made
    do {
      made = try write(
        Job(spec: spec, plan: plan, models: models, base: base, options: options, ran: ran.all), results: results,
        summaries: summed.results, to: work.url, progress: progress)
      try work.takePlace()
    } catch {
      work.discard()
      throw error
    }
    if let inputs, made.drawn.failures.isEmpty {
      mark(made.record, others: made.others, inputs: inputs, in: folder, threads: options.threads)
    }
    return Outcome(
      folder: folder.relativePath, figures: made.drawn.figures.count, drawn: made.drawn.drawn,
      traced: ran.all.count + summed.ran, failures: made.drawn.failures, pagesWritten: made.pagesWritten,
      hasPage: spec.output.gallery, hasReport: spec.output.report)
  }

  /// Traces committed beside the spec, by the plan's cells.
  private func frozen(_ committed: CommittedTraces?, _ plan: Plan, _ spec: ReportSpec) throws -> [Int: Trace] {
    guard let committed else { return [:] }
    var frozen: [Int: Trace] = [:]
    for (index, cell) in plan.cells.enumerated() { frozen[index] = try committed.trace(of: cell, in: spec) }
    return frozen
  }

  /// What is built, and how.
  private struct Job {
    var spec: ReportSpec
    var plan: Plan
    var models: [ResolvedModel?]
    var base: URL
    var options: Options
    /// "model, prompt" of the cells that were run now.
    var ran: Set<String>
  }

  /// What a build has made.
  private struct Made {
    var drawn: FigureStage.Outcome
    var record: BuildRecord
    /// Files that are not figures or pages.
    var others: [GalleryManifest.File]
    var pagesWritten: Bool
  }

  /// Every model of the spec that a cell needs, and why those that are nil could not be had.
  private func resolve(
    _ spec: ReportSpec, plan: Plan, committed: CommittedTraces?, frozen: [Int: Trace], base: URL, options: Options,
    progress: ProgressHandler?
  ) throws -> ([ResolvedModel?], [Int: Diagnostic]) {
    var problems: [Int: Diagnostic] = [:]
    let shown = Set(plan.cells.map(\.model) + plan.datasetCells.map(\.model))
    let needed = Set(
      plan.cells.indices.filter { frozen[$0] == nil }.map { plan.cells[$0].model } + plan.datasetCells.map(\.model))
    let models = spec.models.enumerated().map { index, model -> ResolvedModel? in
      guard needed.contains(index) else { return shown.contains(index) ? committed?.model(model) : nil }
      do {
        return try store.resolve(
          model.reference, name: model.name, tunedLens: model.tunedLens, base: base, offline: options.offline,
          progress: progress)
      } catch {
        problems[index] = Diagnostic.one(from: error)
        return nil
      }
    }
    if !problems.isEmpty, !options.keepGoing || problems.count == needed.count {
      throw DiagnosticList(problems.keys.sorted().compactMap { problems[$0] })
    }
    for index in problems.keys.sorted() {
      progress?(.failed(what: spec.models[index].name, message: problems[index]?.explanation ?? ""))
    }
    return (models, problems)
  }

  /// Tells which cells failed.
  ///
  /// - Throws: `DiagnosticList` when all did: a gallery of nothing must not replace a good one.
  private func report(
    _ results: [Result<Trace, Diagnostic>], _ summaries: [Result<DatasetSummary, Diagnostic>], of plan: Plan,
    spec: ReportSpec, progress: ProgressHandler?
  ) throws {
    var failures: [(what: String, problem: Diagnostic)] = []
    for (cell, result) in zip(plan.cells, results) {
      guard case .failure(let problem) = result else { continue }
      failures.append(("\(spec.models[cell.model].name), \(spec.prompts[cell.prompt].id)", problem))
    }
    for (cell, result) in zip(plan.datasetCells, summaries) {
      guard case .failure(let problem) = result else { continue }
      failures.append(("\(spec.models[cell.model].name), \(spec.datasets[cell.dataset].id)", problem))
    }
    guard failures.count < results.count + summaries.count else {
      throw DiagnosticList(
        failures.map { what, problem in
          var problem = problem
          problem.place = what
          return problem
        })
    }
    for (what, problem) in failures { progress?(.failed(what: what, message: problem.explanation)) }
  }

  private func write(
    _ job: Job, results: [Result<Trace, Diagnostic>], summaries: [Result<DatasetSummary, Diagnostic>], to folder: URL,
    progress: ProgressHandler?
  ) throws -> Made {
    let (spec, plan, threads) = (job.spec, job.plan, job.options.threads)
    let earlier = BuildRecord.read(in: folder)
    let files = try Parallel.tryMap(plan.cells.count, threads: threads) {
      index throws -> Result<WrittenTrace, Diagnostic> in
      switch results[index] {
      case .failure(let problem): .failure(problem)
      case .success(let trace): .success(try write(trace, to: plan.cells[index].file, in: folder))
      }
    }
    let written = try zip(plan.datasetCells, summaries).map {
      cell, result throws -> Result<WrittenSummary, Diagnostic> in
      switch result {
      case .failure(let problem): .failure(problem)
      case .success(let summary): .success(try write(summary, to: cell.file, in: folder))
      }
    }
    let stage = FigureStage(
      plan: plan, spec: spec, source: figures, folder: folder, threads: threads, progress: progress)
    var drawn = try stage.run(files, earlier: earlier)
    try stage.run(written, earlier: earlier, into: &drawn)
    let manifest = self.manifest(
      spec, plan: plan, models: job.models, results: results, summaries: written, drawn: drawn)

    var record = BuildRecord()
    record.figures = drawn.record
    record.traces = traceReasons(job)
    record.files = Set(plan.cells.indices.filter { (try? files[$0].get()) != nil }.map { plan.cells[$0].file })
    record.files.formUnion(written.compactMap { try? $0.get() }.flatMap { [$0.json.path, $0.csv.path] })
    record.files.formUnion(drawn.record.values.flatMap { $0.files.values.map(\.path) })
    if job.options.explain { explain(job, record, earlier: earlier, drawn: drawn, progress: progress) }
    let pages = PageStage(spec: spec, folder: folder, base: job.base)
    let pagesWritten = try pages.write(manifest, drawn, earlier: earlier, into: &record)
    if job.options.only == nil {
      removeStale(earlier.files.subtracting(record.files), in: folder)
    } else {
      record.files.formUnion(earlier.files)
      record.figures.merge(earlier.figures) { now, _ in now }
      record.traces?.merge(earlier.traces ?? [:]) { now, _ in now }
    }
    try record.write(in: folder)
    let others =
      files.compactMap { try? $0.get().file } + written.compactMap { try? $0.get() }.flatMap { [$0.json, $0.csv] }
    return Made(drawn: drawn, record: record, others: others, pagesWritten: pagesWritten)
  }

  /// What every trace depends on.
  private func traceReasons(_ job: Job) -> [String: BuildReasons] {
    var reasons: [String: BuildReasons] = [:]
    for cell in job.plan.cells {
      let model = job.models[cell.model]
      reasons[cell.file] = BuildReasons([
        "the program": StrataVersion.program, "the model's files": model?.sha256 ?? "",
        "the tuned lens": model?.tunedLens?.sha256 ?? "", "what is asked": ContentKey.of(cell.request),
      ])
    }
    return reasons
  }

  /// Tells why each cell was run and each figure drawn.
  private func explain(
    _ job: Job, _ record: BuildRecord, earlier: BuildRecord, drawn: FigureStage.Outcome, progress: ProgressHandler?
  ) {
    for cell in job.plan.cells {
      let name = "\(job.spec.models[cell.model].name), \(job.spec.prompts[cell.prompt].id)"
      guard job.ran.contains(name) else { continue }
      let why = record.traces?[cell.file]?.sinceThen(
        earlier.traces?[cell.file], otherwise: "its trace is no longer in the cache")
      progress?(.reason(what: name, why: why ?? "new"))
    }
    for figure in drawn.figures where drawn.isNew.contains(figure.id) {
      let why = record.figures[figure.id]?.reasons?.sinceThen(
        earlier.figures[figure.id]?.reasons, otherwise: "one of its files is missing or was altered")
      progress?(.reason(what: figure.id, why: why ?? "new"))
    }
  }

  private func write(_ trace: Trace, to path: String, in folder: URL) throws -> WrittenTrace {
    WrittenTrace(trace: trace, file: try write(try trace.jsonData(), to: path, in: folder))
  }

  private func write(_ summary: DatasetSummary, to path: String, in folder: URL) throws -> WrittenSummary {
    WrittenSummary(
      summary: summary, json: try write(try summary.jsonData(), to: path + ".json", in: folder),
      csv: try write(Data(summary.csv().utf8), to: path + ".csv", in: folder))
  }

  /// Writes a file unless it is there with these bytes.
  private func write(_ data: Data, to path: String, in folder: URL) throws -> GalleryManifest.File {
    let url = folder.appending(path: path)
    if (try? Data(contentsOf: url)) != data { try AtomicFile.write(data, to: url) }
    return GalleryManifest.File(path: path, bytes: data.count, sha256: SHA256.hex(of: data))
  }

  private func manifest(
    _ spec: ReportSpec, plan: Plan, models: [ResolvedModel?], results: [Result<Trace, Diagnostic>],
    summaries: [Result<WrittenSummary, Diagnostic>], drawn: FigureStage.Outcome
  ) -> GalleryManifest {
    let described = models.enumerated().compactMap { index, model -> GalleryManifest.Model? in
      let traces = plan.cells.indices.filter { plan.cells[$0].model == index }.compactMap { try? results[$0].get() }
      let summed = zip(plan.datasetCells, summaries).first { $0.0.model == index && (try? $0.1.get()) != nil }
      guard let model, let trace = traces.first?.model ?? (try? summed?.1.get())?.summary.model else { return nil }
      return GalleryManifest.Model(
        name: model.name, reference: model.reference, architecture: trace.architecture, layers: trace.layers,
        width: trace.width, vocabulary: trace.vocabulary, weights: trace.weights, license: model.license,
        source: model.source, sha256: model.sha256, files: model.files + (model.tunedLens?.files ?? []))
    }
    let shown = Set(plan.cells.map(\.prompt))
    return GalleryManifest(
      schema: GalleryManifest.schemaName, title: spec.title, tool: StrataVersion.tool, specSHA256: spec.sha256,
      models: described,
      prompts: spec.prompts.indices.filter(shown.contains).map { index in
        let prompt = spec.prompts[index]
        let readings = plan.cells.indices.filter { plan.cells[$0].prompt == index }.compactMap { cell in
          (try? results[cell].get()).map { $0.reading(by: spec.models[plan.cells[cell].model].name) }
        }
        return GalleryManifest.Prompt(
          id: prompt.id, text: prompt.text, method: prompt.method, watch: prompt.watch, tags: prompt.tags,
          readings: readings)
      },
      datasets: spec.datasets.enumerated().compactMap { index, dataset in
        guard plan.datasetCells.contains(where: { $0.dataset == index }) else { return nil }
        let own = zip(plan.datasetCells, summaries).filter { $0.0.dataset == index }.compactMap { cell, result in
          (try? result.get()).map { (model: spec.models[cell.model].name, written: $0) }
        }
        return GalleryManifest.Dataset(dataset, own)
      },
      figures: drawn.figures, failures: drawn.failures, warnings: [])
  }

  /// Removes files that an earlier build wrote and this one does not need, and folders that this leaves empty.
  private func removeStale(_ paths: Set<String>, in folder: URL) {
    for path in paths.sorted() where !path.split(separator: "/").contains("..") && !path.hasPrefix("/") {
      unlink(folder.appending(path: path).path)
    }
    for name in ["figures", "traces", "datasets", "assets", "prompts"] { rmdir(folder.appending(path: name).path) }
  }
}

/// Names that several threads gather.
private final class Names: @unchecked Sendable {
  private let lock = NSLock()
  private var names: Set<String> = []
  func add(_ name: String) { lock.withLock { _ = names.insert(name) } }
  var all: Set<String> { lock.withLock { names } }
}
