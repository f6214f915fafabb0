import Engine
import Files
import Findings
import Foundation
import Gallery
import Models
import Plot
import Spec
import Traces
import Words

/// Makes a gallery from a spec: resolves models, traces what is not cached, draws what has changed, writes the pages.
public struct Builder: Sendable {
  let store: ModelStore
  let numbers: any NumbersSource
  let figures: any FigureSource
  /// The time, nanoseconds.
  var clock: @Sendable () -> Int = { FileState.now }

  /// A builder over a store of models and sources of numbers and figures.
  public init(store: ModelStore, numbers: any NumbersSource, figures: any FigureSource) {
    self.store = store
    self.numbers = numbers
    self.figures = figures
  }

  /// What a build is for.
  public enum Purpose: Sendable {
    /// A gallery to keep: traces beside the spec and the stamp of the folder are written.
    case gallery
    /// Only what the page shows, as early as possible; a whole build follows.
    case draft
    /// A folder to compare and then delete; the traces to commit are written beside it.
    case check
  }

  /// The options of a build.
  public struct Options: Sendable {
    /// The folder in which each spec gets a folder.
    public var out: URL
    /// Whether fetching is forbidden.
    public var offline: Bool
    /// A pattern of figures to draw, nil for all.
    public var only: String?
    /// Whether to go on when a model cannot be opened.
    public var keepGoing: Bool
    /// How many figures are drawn at a time; the files do not depend on it.
    public var threads: Int
    /// Whether to ignore committed traces and write them again, from the cache or from a run of the model.
    public var refresh: Bool
    /// Whether to report why each cell is run and each figure drawn.
    public var explain: Bool
    /// Whether to write everything into one file as well, whatever the spec says.
    public var singleFile = false
    /// What the build is for.
    public var purpose = Purpose.gallery
    /// A folder of shards from which all numbers come, so that no model runs; nil for none.
    public var shards: String?
    /// Whether committed traces that somebody edited are taken, because a check compares what they make.
    var comparesEdits = false

    /// Whether the user named `out`, which may then be a link to anywhere.
    public var isOutGiven = true

    /// A build into `out`, on all cores, that may fetch models unless `offline`.
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
  public struct Outcome: Sendable, Encodable {
    /// The gallery's folder as it was asked for.
    public var folder: String
    /// Figures in the gallery.
    public var figures: Int
    /// Figures that this build drew; the others were already correct.
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
    /// What the numbers show; nil when the build had nothing to do and read no numbers.
    public var findings: GalleryFindings?

    // Findings are a file of their own.
    enum CodingKeys: String, CodingKey {
      case folder, figures, drawn, traced, failures, pagesWritten, hasPage, hasReport
    }
  }

  /// The datasets of a spec, read.
  ///
  /// Its template and logo are checked as well.
  /// - Throws: `DiagnosticList` with the problems of all.
  private func lookedAt(_ spec: ReportSpec, base: URL) throws -> [DatasetJob] {
    let (jobs, problems) = inputs(of: spec, base: base)
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return jobs
  }

  /// The problems of the files that a spec names and its reader does not read: template, logo, datasets.
  func inputProblems(of spec: ReportSpec, base: URL) -> [Diagnostic] { inputs(of: spec, base: base).problems }

  private func inputs(of spec: ReportSpec, base: URL) -> (jobs: [DatasetJob], problems: [Diagnostic]) {
    var problems: [Diagnostic] = []
    do {
      if let template = spec.output.template, InputFolder(base).leadsOutside(template) {
        throw Diagnostic(
          place: spec.templatePlace ?? template,
          "the template '\(VisibleText.excerpt(of: template, count: 80))' is outside the spec's folder and the git repository around it",
          hints: [
            "copy it beside the spec; its files are copied into the gallery, so a spec takes them only from there"
          ],
          category: .badSpec)
      }
      if spec.output.hasPage { _ = try GalleryTemplate(explicit: spec.template(base: base)) }
    } catch { problems += Diagnostic.all(from: error).map { spec.withPlaceOfTemplate($0, base: base) } }
    do { _ = try spec.logo(base: base) } catch { problems += Diagnostic.all(from: error) }
    do {
      let jobs = try DatasetJob.all(spec, base: base)
      return (jobs, problems + DatasetFigureProblems(spec: spec, jobs: jobs).diagnostics)
    } catch {
      return ([], problems + Diagnostic.all(from: error))
    }
  }

  /// Builds one spec.
  ///
  /// - Parameter base: The folder that relative paths in the spec start from.
  /// - Throws: `Diagnostic` when there is nothing to show or nowhere to write; failed cells are in the outcome instead.
  public func build(
    _ spec: ReportSpec, base: URL, options: Options, progress: ProgressHandler? = nil
  ) throws -> Outcome {
    try build(spec, base: base, options: options, gathered: nil, progress: progress)
  }

  /// The same, with numbers that were gathered elsewhere for the spec.
  func build(
    _ spec: ReportSpec, base: URL, options: Options, gathered: GatheredNumbers?, progress: ProgressHandler? = nil
  ) throws -> Outcome {
    let plan = try Plan(spec, only: options.only)
    let folder = options.out.appending(path: spec.name, directoryHint: .isDirectory)
    // Only one build works in an output folder at a time; a second one waits.
    let (isNew, isOutNew) = (FileState(path: folder.path) == nil, FileState(path: options.out.path) == nil)
    let place = try ownFolder(folder, of: spec, options).place(".strata/lock")
    let lock = try FileLock(place) {
      progress?(.note("another build is writing to \(folder.relativePath); waiting for it to finish"))
    }
    // A build that fails at once leaves no folder that looks like a gallery.
    defer {
      withExtendedLifetime(lock) { if isNew { lock.discard(place) } }
      if isOutNew { FileCalls.removeFolder(options.out.path) }
    }
    let stamps = BuildStamps(store.cache)
    let stamp = options.only == nil && !options.refresh ? stamps.stamp(of: folder) : nil
    if !isNew, stamp == nil {
      try checkAuthorsFilesStay(spec.output.rootFiles, of: spec, in: folder, known: stamps.record(of: folder))
    }
    // Problems of datasets and templates are reported before a model is fetched. A folder with a stamp had none.
    let asksAboutDatasets = spec.commitsTraces && !spec.datasets.isEmpty
    var jobs =
      try gathered?.jobs(spec)
      ?? (stamp == nil || options.shards != nil || asksAboutDatasets ? lookedAt(spec, base: base) : [])
    let committed =
      spec.commitsTraces ? try CommittedTraces(spec, base: base, jobs: jobs, ignoresDamage: options.refresh) : nil
    let frozen =
      options.refresh || options.shards != nil
      ? [:] : try committed?.numbers(of: plan, in: spec, acceptEdits: options.comparesEdits) ?? [:]
    var settled = SettledCells(numbers: frozen.mapValues { .here($0) })
    if let gathered {
      settled = gathered.settled(plan, spec)
    } else {
      try settled.addGiven(
        plan, spec, jobs, base: base, cache: store.cache, keepGoing: options.keepGoing, progress: progress)
      if let shards = options.shards {
        try ShardNumbers(
          shards, threads: options.threads, spool: try ByteSpool(in: store.cache.root), keepGoing: options.keepGoing
        ).settle(&settled, plan, spec, jobs, keepGoing: options.keepGoing)
        noteOtherFiles(settled, of: spec, base: base, progress: progress)
      }
    }
    let (models, problems) = try resolve(
      spec, plan: plan, committed: committed, settled: settled, base: base, options: options, progress: progress)
    try committed?.check(frozen, are: models, of: plan, spec)
    if let committed {
      try lookForChangedFiles(committed, frozen, plan, spec, base: base, purpose: options.purpose, progress: progress)
    }
    let inputs =
      options.only == nil && problems.isEmpty
      ? BuildInputs(spec, base: base, models: models, numbers: settled.numbers, figures: figures)?.key : nil
    if let stamp {
      // Committed traces that are gone are written again.
      let isComplete = models.allSatisfy { $0?.isGiven == true } || committed?.lacksFiles(plan, in: spec) != true
      if stamp.key == inputs, isComplete, let figures = standing(stamp, stamps, in: folder, threads: options.threads) {
        if options.explain {
          progress?(.reason(what: spec.name, why: "nothing has changed since the last build"))
        }
        return unchanged(spec, plan: plan, figures: figures, in: folder, progress: progress)
      }
      jobs = try gathered?.jobs(spec) ?? lookedAt(spec, base: base)
    }
    let figureProblems = FigureProblems(plan: plan, spec: spec)
    if !options.keepGoing {
      let found = figureProblems.ofLayers {
        layers(of: $0, models, plan: plan, spec: spec, jobs: jobs, settled: settled)
      }
      guard found.isEmpty else { throw DiagnosticList(found) }
    }
    let chats = Chats(store, numbers)
    let run = ModelRun(
      source: numbers, cache: NumbersCache(store.cache), chats: chats, threads: options.threads, progress: progress,
      leavesOutWatched: true)
    let answers = NumbersStage(plan: plan, spec: spec, jobs: jobs, run: run).run(
      .init(models: models, problems: problems, settled: settled))
    for (index, model) in models.enumerated() {
      let asked = plan.cells(ofModel: index).filter(settled.needsRun)
      if let model, !spec.models[index].takesPlainText {
        chats.tellPlain(
          asked.map { spec.question(about: plan.cells[$0].subject, of: index, jobs) }, of: model, progress: progress)
      }
    }
    var remarks = remarks(
      of: models, in: spec, committed: committed, settled: settled, problems: problems, plan: plan, progress: progress)
    if !options.keepGoing {
      // What a prompt of the spec asks for and no model can give is a mistake of the spec, like a layer that no model has.
      let asked = answers.compactMap { answer -> Diagnostic? in
        if case .failure(let problem) = answer, problem.category == .badSpec, problem.place != nil {
          problem
        } else {
          nil
        }
      }
      guard asked.isEmpty else { throw DiagnosticList(asked) }
    }
    for (index, warning) in lensWarnings(
      models, plan: plan, spec: spec, jobs: jobs, answers, settled: settled, run: run)
    {
      progress?(.note("warning: \(spec.models[index].name): \(warning)"))
      remarks[index, default: []].append(warning)
    }
    try report(answers, of: plan, spec: spec, progress: progress)
    if !options.keepGoing {
      let tokens = TokenWords(store.cache, numbers)
      let found =
        figureProblems.ofNumbers(answers, figures, threads: options.threads)
        + figureProblems.ofMarks(answers) { word, index in
          settled.recorded[index].map { $0.words[word] } ?? tokens.answer(word, of: models[index])
        }
      guard found.isEmpty else { throw DiagnosticList(found) }
    }
    if var committed, options.only == nil, options.purpose != .draft {
      // A check keeps them beside its gallery, to compare them with those beside the spec.
      if options.purpose == .check { committed.folder = options.out.appending(path: "\(spec.name).traces") }
      // A trace without the words that the spec watches does not answer what the spec asks.
      let traced = try zip(plan.cells, answers).compactMap { cell, answer -> (Plan.Cell, Numbers)? in
        // Numbers that came from elsewhere stand beside the spec already.
        guard models[cell.model]?.isGiven != true, let answer = try? answer.get(), answer.unwatched == nil else {
          return nil
        }
        return (cell, try answer.numbers.read())
      }
      try committed.keep(traced, of: plan, models: models, remarks: remarks, spec: spec)
    }
    // The build works in a copy, which replaces the folder at the end. Until then the folder does not change.
    let work = try WorkFolder(of: folder)
    let made: Made
    do {
      made = try write(
        Job(
          spec: spec, plan: plan, models: models, base: base, options: options, jobs: jobs,
          remarks: remarks.joinedByModel(spec), words: settled.recorded.mapValues(\.words),
          knownRecord: stamps.record(of: folder)),
        answers: answers, to: work.url, progress: progress)
      try checkAuthorsFilesStay(made.record.files, of: spec, in: folder, known: stamps.record(of: folder))
      if work.isInside {
        // A build that is killed while it moves its files leaves a record of all of them, so that the next one knows them.
        let known = BuildRecord.read(in: folder, known: stamps.record(of: folder))
        let digest = try BuildRecord(files: known.files.union(made.record.files)).write(in: folder, durable: .now)
        if options.purpose != .check { stamps.keep(record: digest, of: folder) }
      }
      try work.takePlace()
      if options.purpose != .check { stamps.keep(record: made.recordDigest, of: folder) }
    } catch {
      work.discard()
      throw error
    }
    if let inputs, options.purpose == .gallery, made.drawn.failures.isEmpty {
      mark(made.record, others: made.others, inputs: inputs, in: folder, threads: options.threads)
    }
    return Outcome(
      folder: folder.relativePath, figures: made.drawn.figures.count, drawn: made.drawn.drawn,
      traced: answers.count { (try? $0.get())?.isNew == true }, failures: made.drawn.failures,
      pagesWritten: made.pagesWritten,
      hasPage: spec.output.gallery, hasReport: spec.output.report, findings: made.findings)
  }

  /// The number of layers of a model that is about to run; nil for others, whose numbers tell it.
  private func layers(
    of model: Int, _ models: [ResolvedModel?], plan: Plan, spec: ReportSpec, jobs: [DatasetJob], settled: SettledCells
  ) -> Int? {
    guard let resolved = models[model] else { return nil }
    let cache = NumbersCache(store.cache)
    let runs = plan.cells(ofModel: model).contains { index in
      guard settled.needsRun(index) else { return false }
      let question = spec.question(about: plan.cells[index].subject, of: model, jobs)
      return !cache.holds(NumbersCache.key(resolved, question), question)
    }
    // The run reports a model that cannot be opened.
    return runs ? (try? numbers.layers(of: resolved)) ?? nil : nil
  }

  /// What to build, and how.
  struct Job {
    var spec: ReportSpec
    var plan: Plan
    var models: [ResolvedModel?]
    var base: URL
    var options: Options
    /// The datasets of the spec, read.
    var jobs: [DatasetJob]
    /// What readers should know about how the models were opened.
    var remarks: [String]
    /// Whether words are single tokens of models that are not here, by their indices.
    var words: [Int: [String: Bool]]
    /// Digest of the record that the last build of this user left in the folder.
    var knownRecord: String?
  }

  /// What a build has made.
  struct Made {
    var drawn: FigureStage.Outcome
    var findings: GalleryFindings
    var record: BuildRecord
    var recordDigest: String
    /// Files that are not figures or pages.
    var others: [FileRecord]
    var pagesWritten: Bool
  }

  /// Every model of the spec that a cell needs, and why those that are nil are not available.
  private func resolve(
    _ spec: ReportSpec, plan: Plan, committed: CommittedTraces?, settled: SettledCells, base: URL, options: Options,
    progress: ProgressHandler?
  ) throws -> ([ResolvedModel?], [Int: Diagnostic]) {
    var problems: [Int: Diagnostic] = [:]
    let shown = Set(plan.cells.map(\.model))
    let needed = Set(plan.cells.indices.filter(settled.needsRun).map { plan.cells[$0].model })
    let models = spec.models.enumerated().map { index, model -> ResolvedModel? in
      if case .traces = model.reference { return settled.given[index] }
      if let known = settled.recorded[index] { return known.model }
      guard needed.contains(index) else { return shown.contains(index) ? committed?.model(model) : nil }
      do {
        return try store.resolve(
          model.reference, name: model.name, lens: model.lens, options: model.options,
          adapter: model.adapter, base: base, offline: options.offline, progress: progress)
      } catch {
        var problem = Diagnostic.one(from: error).named(by: model, base: base)
        if let lost = committed?.lost(of: index, plan, in: spec), !lost.isEmpty {
          problem.message +=
            "; it is needed because \(Wording.enumeration(lost)) \(lost.count == 1 ? "is" : "are") missing"
          problem.hints.insert("restore \(lost.count == 1 ? "it" : "them") from version control", at: 0)
        }
        problems[index] = problem
        // Its committed traces are shown nonetheless.
        let isShown = plan.cells(ofModel: index).contains { settled.numbers[$0] != nil }
        return isShown ? committed?.model(model) : nil
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
}
