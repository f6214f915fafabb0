import Engine
import Figures
import Files
import Findings
import Foundation
import Gallery
import Plot
import Spec
import Words

/// Builds specs into a temporary folder and reports how the results differ from their galleries.
public struct CheckJob: Sendable {
  let job: BuildJob

  /// A check that uses a job to build.
  public init(_ job: BuildJob) {
    self.job = job
  }

  /// What a check found.
  public struct Report: Sendable {
    /// A result for each spec.
    public var results: [Result]
    /// What became of each condition.
    public var requirements: [CheckRequirement]

    /// Whether everything is as it should be.
    public var isGood: Bool { results.allSatisfy(\.isGood) && requirements.allSatisfy(\.holds) }
  }

  /// The results of one spec.
  public struct Result: Sendable {
    /// The spec's path as the user wrote it.
    public var spec: String
    /// The gallery that was checked.
    public var gallery: String
    /// Whether the gallery was compared with what a build makes.
    public var isCompared: Bool
    /// A finding for each file.
    public var findings: [DiffFinding]
    /// Cells and figures that a build could not make.
    public var failures: [GalleryManifest.Failure]
    /// Why files differ, numbers first.
    public var causes: [CheckCause] = []
    /// Findings that are not what the gallery says.
    public var changedFindings: [FindingChange] = []
    /// Ids of figures with the names of their files.
    public var figureFiles: [String: [String]] = [:]
    /// The folder of the committed traces; nil when the spec keeps none.
    public var traces: String?
    /// Names of committed traces that somebody changed after the build that wrote them.
    public var edited: [String] = []
    /// What was saved to be committed; nil when nothing was.
    public var saved: CheckSave?

    /// The findings of files that differ.
    public var differing: [DiffFinding] { findings.filter { !$0.isEqual } }
    /// The findings of files that a tolerance does not apply to, although their bytes differ.
    public var unjudged: [DiffFinding] { findings.filter(\.isUnjudged) }
    /// Whether the gallery is what a build writes now.
    public var isGood: Bool { differing.isEmpty && failures.isEmpty }
    /// Whether what the check built may replace the gallery: all of it is there, from traces that nobody edited.
    var canBeCommitted: Bool { failures.isEmpty && edited.isEmpty }
  }

  /// Checks every spec, given as its path and its bytes.
  ///
  /// Without a tolerance the check compares all files by their bytes. With one it compares numbers and pixels within it and everything
  /// else that does not depend on versions of libraries; PDF files with other bytes are named, and nothing is said of them.
  /// - Parameters:
  ///   - options: As for a build; `out` is where the galleries are.
  ///   - conditions: What the findings of all specs together must fulfil.
  ///   - save: A folder for what to commit; it must be empty or absent. nil for none.
  ///   - compares: Whether to compare galleries; without, only conditions are tested and no gallery is needed.
  /// - Throws: `Diagnostic` as a build does, when there is no gallery to check, and when a condition names what no spec has.
  public func check(
    _ files: [(path: String, bytes: Data)], options: Builder.Options, tolerance: DiffTolerance,
    conditions: [FindingCondition] = [], save: URL? = nil, compares: Bool = true, progress: ProgressHandler?
  ) throws -> Report {
    let specs = try job.read(files, options: options)
    let sites = try zip(files, specs).map { file, entry in
      CheckRequirement.Site(path: file.path, plan: try Plan(entry.spec), spec: entry.spec)
    }
    try CheckRequirement.check(conditions, against: sites)
    if compares {
      for (file, entry) in zip(files, specs) {
        try requireGallery(entry.spec, options, file.path, hasConditions: !conditions.isEmpty)
      }
    }
    if let save { try CheckSave.requireEmpty(save) }
    let temporary = try TemporaryFiles.makeFolder(for: .check)
    defer { TemporaryFiles.discard(folder: temporary) }
    var fresh = options
    fresh.out = temporary
    fresh.purpose = .check
    // A comparison names what an edited trace changes; conditions alone would hold for numbers of nobody's model.
    fresh.comparesEdits = compares
    var results: [Result] = []
    var findings: [GalleryFindings] = []
    var failed: [Bool] = []
    for (file, entry) in zip(files, specs) {
      let gallery = Self.gallery(entry.spec, options)
      let outcome: Builder.Outcome
      do {
        outcome = try job.builder.build(entry.spec, base: entry.base, options: fresh, progress: progress)
      } catch {
        // Damaged files are what a check looks for, and the next spec may be whole.
        guard compares, let damaged = Self.damage(error, CommittedTraces.folder(of: entry.spec, base: entry.base))
        else {
          throw error
        }
        findings.append(GalleryFindings([]))
        failed.append(true)
        results.append(
          Result(
            spec: file.path, gallery: gallery.relativePath, isCompared: true, findings: damaged, failures: [],
            causes: damaged.map { finding in
              CheckCause(
                kind: .edited, headline: "a committed trace cannot be read: \(finding.name)", notes: finding.lines,
                files: [finding.name],
                place: entry.base.appending(path: finding.name).relativePath)
            }, traces: "\(entry.spec.name).traces",
            edited: damaged.map { URL(fileURLWithPath: $0.name).lastPathComponent }))
        continue
      }
      findings.append(outcome.findings ?? GalleryFindings([]))
      failed.append(!outcome.failures.isEmpty)
      var result = Result(
        spec: file.path, gallery: gallery.relativePath, isCompared: compares, findings: [], failures: outcome.failures)
      if compares {
        let paths = CheckPaths(
          spec: file.path, name: entry.spec.name, gallery: gallery, base: entry.base,
          made: temporary, commitsTraces: entry.spec.commitsTraces)
        try compare(entry.spec, paths, tolerance, into: &result)
        if let save, !result.isGood, result.canBeCommitted { result.saved = try CheckSave(paths, into: save) }
      }
      results.append(result)
    }
    return Report(
      results: results,
      requirements: try CheckRequirement.all(
        conditions, sites: sites, findings: findings, failed: failed))
  }

  /// The committed traces that a build cannot read, as differences; nil when an error says something else as well.
  private static func damage(_ error: any Error, _ folder: URL) -> [DiffFinding]? {
    let problems = Diagnostic.all(from: error)
    let findings = problems.compactMap { problem -> DiffFinding? in
      let file = URL(fileURLWithPath: problem.place ?? "")
      guard problem.category == .badInput,
        file.deletingLastPathComponent().standardizedFileURL.path == folder.standardizedFileURL.path
      else { return nil }
      return DiffFinding(
        name: "\(folder.lastPathComponent)/\(file.lastPathComponent)", isEqual: false, lines: [problem.message])
    }
    return problems.isEmpty || findings.count < problems.count ? nil : findings
  }

  private static func gallery(_ spec: ReportSpec, _ options: Builder.Options) -> URL {
    options.out.appending(path: spec.name, directoryHint: .isDirectory)
  }

  private func requireGallery(
    _ spec: ReportSpec, _ options: Builder.Options, _ path: String, hasConditions: Bool
  ) throws {
    let gallery = Self.gallery(spec, options)
    // A link that a build refuses leads a check elsewhere as well.
    _ = try job.builder.ownFolder(gallery, of: spec, options)
    guard FileState(path: gallery.path)?.isFolder != true else { return }
    throw Diagnostic(
      place: gallery.relativePath, "there is no gallery to check",
      hints: [
        "run strata build \(ShellWord.path(path)) --out \(ShellWord.path(options.out.relativePath)) and commit the result"
      ]
        + (hasConditions ? ["--no-compare tests the conditions without a gallery"] : []),
      category: .badInput)
  }

  /// Compares a gallery with what a build made, and says why they differ.
  private func compare(
    _ spec: ReportSpec, _ paths: CheckPaths, _ tolerance: DiffTolerance, into result: inout Result
  ) throws {
    var found = try FileDiff.compare(
      paths.gallery.relativePath, paths.made.path, tolerance: tolerance,
      lone: (inFirst: "a build does not write this file", inSecond: "missing from the gallery"),
      extent: tolerance == DiffTolerance() ? .bytes : .content)
    let plan = try Plan(spec)
    if spec.commitsTraces {
      result.traces = paths.traces
      let traces = try CommittedTraces(spec, base: paths.base, jobs: DatasetJob.all(spec, base: paths.base))
      let altered = traces.altered(plan, in: spec)
      result.edited = altered.edited
      found += try committed(spec, paths, altered, known: traces.known, isWhole: result.failures.isEmpty)
    }
    result.findings = found
    guard !result.differing.isEmpty else { return }
    var causes = try CheckCauses(
      spec: spec, plan: plan, specPath: paths.spec, folders: (paths.gallery, paths.made),
      tracesPath: paths.traces, editedTraces: Set(result.edited), findings: found)
    result.causes = causes.all()
    result.figureFiles = causes.figureFiles
    if let old = FindingsFile(in: paths.gallery), let new = FindingsFile(in: paths.made) {
      result.changedFindings = old.changes(to: new, tolerance: tolerance.number)
    }
  }

  /// Findings about committed traces: those that somebody has changed, added or removed, and those that a build would write otherwise.
  ///
  /// - Parameters:
  ///   - known: What the index names; of these a build removes what it does not need.
  ///   - isWhole: Whether the new build has everything to compare with.
  private func committed(
    _ spec: ReportSpec, _ paths: CheckPaths, _ altered: (edited: [String], missing: [String]), known: Set<String>,
    isWhole: Bool
  ) throws -> [DiffFinding] {
    func finding(_ name: String, _ presence: DiffFinding.Presence, _ line: String) -> DiffFinding {
      DiffFinding(name: "\(spec.name).traces/\(name)", presence: presence, isEqual: false, lines: [line])
    }
    let extra = try paths.extraTraces(known: known).map { finding($0, .first, "a build does not write this file") }
    guard isWhole, altered.edited.isEmpty else {
      return altered.edited.map {
        finding($0, .both, "changed after the build that wrote it: its digest differs from the one in index.json")
      } + altered.missing.map { finding($0, .second, "missing, although index.json names it") } + extra
    }
    return try paths.changedTraces.map { name, isThere in
      isThere ? finding(name, .both, "not what a build writes") : finding(name, .second, "missing beside the spec")
    } + extra
  }
}
