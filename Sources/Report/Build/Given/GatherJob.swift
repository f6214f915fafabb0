import Engine
import Figures
import Files
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// A gallery of whatever traces and summaries lie in some folders, without a spec: a row of figures for each prompt, a column for each model.
public struct GatherJob: Sendable {
  let job: BuildJob

  /// A job that draws with the builder of another one.
  public init(_ job: BuildJob) { self.job = job }

  /// The most prompts whose figures are gathered into a report; beyond, nobody reads it, and its drawings take all memory.
  static let mostInReport = 300

  /// What to gather, and how the gallery is called.
  public struct Request: Sendable {
    /// Folders, as the user named them.
    public var folders: [String]
    /// The name of the gallery's folder.
    public var name: String
    /// The title of the gallery.
    public var title: String
    /// Kinds of figures; nil for a heatmap of ranks, the top tokens, watched words and the curves of datasets.
    public var kinds: [String]?

    /// Formats of the figures; nil for the usual ones.
    public var formats: [String]?

    /// From its parts.
    public init(folders: [String], name: String, title: String, kinds: [String]? = nil, formats: [String]? = nil) {
      (self.folders, self.name, self.title, self.kinds, self.formats) = (folders, name, title, kinds, formats)
    }
  }

  /// What was gathered.
  public struct Outcome: Sendable {
    /// What the build made.
    public var gallery: Builder.Outcome
    /// "3 models, 12 prompts, 1 dataset, 36 files; 2 JSON files of another kind left out".
    public var summary: String
  }

  /// Gathers, and builds the gallery; numbers that an earlier run has gathered there stay in it.
  ///
  /// - Throws: `DiagnosticList` of damaged files and of cells with two different numbers, before anything is drawn.
  public func gather(
    _ request: Request, options: Builder.Options, progress: ProgressHandler? = nil
  ) throws -> Outcome {
    let gallery = options.out.appending(path: request.name, directoryHint: .isDirectory)
    let own = OwnFolder(gallery)
    var folders = request.folders.map { (path: $0, url: URL(fileURLWithPath: $0, isDirectory: true)) }
    // What the gallery has already is gathered, too.
    for name in ["traces", "datasets"] {
      let url = gallery.appending(path: name, directoryHint: .isDirectory)
      // What a link in its place leads to is no part of the gallery.
      _ = try own.place("\(name)/-")
      if FileState(path: url.path)?.isFolder == true { folders.insert(("\(gallery.relativePath)/\(name)", url), at: 0) }
    }
    // An empty name would be the folder in which the command runs.
    var problems = request.folders.compactMap {
      $0.isEmpty
        ? Diagnostic("expected the name of a folder, found ''", hints: [". is this folder"], category: .usage)
        : OwnFolder.problem($0, at: URL(fileURLWithPath: $0, isDirectory: true))
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    var entries: [NumbersFolder.Entry] = []
    let spool = try ByteSpool(in: job.store.cache.root)
    var stated = StatedModels()
    var (files, others) = (0, 0)
    for folder in folders {
      do throws(DiagnosticList) {
        let found = try NumbersFolder(folder.path, at: folder.url, spool: spool)
        entries += found.entries
        files += found.files.count
        others += found.others
        stated.add(found.stated)
      } catch {
        problems += error.diagnostics
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    guard !entries.isEmpty else {
      throw Diagnostic(
        place: request.folders.joined(separator: ", "),
        "expected traces or summaries of datasets (*.json, *.jsonl), found none",
        hints: [
          "strata trace --model MODEL --prompt TEXT -o "
            + "\(ShellWord.path((request.folders.first ?? ".") + "/NAME.json")) writes one; docs/trace-format.md describes them"
        ], category: .badInput)
    }
    problems = stated.contradictions()
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    for words in stated.notes { progress?(.note("note: \(words)")) }
    let incomplete = entries.filter { $0.head.missingRows != nil }
    if !incomplete.isEmpty {
      let named = incomplete.prefix(5).map { "\($0.place) (\($0.head.missingRows ?? ""))" }
      let more = incomplete.count > 5 ? " and \(Wording.grouped(incomplete.count - 5)) more" : ""
      progress?(
        .note(
          "note: \(Wording.count(incomplete.count, "trace")) without all rows: \(named.joined(separator: ", "))\(more)")
      )
    }
    // Without a spec, nothing says which changes belong side by side.
    let changed = entries.filter(\.head.isChanged)
    if let first = changed.first, changed.count < entries.count {
      entries.removeAll(where: \.head.isChanged)
      progress?(
        .note(
          "note: \(Wording.count(changed.count, "trace")) of changed runs left out, the first \(first.place); a spec with these changes "
            + "takes them by traces: DIR of a model"))
    }
    let gathered = try GatheredNumbers(entries, spool)
    entries = []
    let spec: ReportSpec
    do {
      let written = try gathered.spec(request)
      let reading = SpecReader.look(
        at: written.data, name: "\(request.name).yaml", vocabulary: .current(catalog: job.store.catalog), files: .none,
        leavesOutImpossible: true)
      guard let read = reading.spec else { throw DiagnosticList(reading.problems) }
      spec = read
      for words in written.notes + reading.leftOut.map({ "left out: \($0.message)" }) {
        progress?(.note("note: \(words)"))
      }
    } catch {
      // The user wrote no spec: what is wrong is in the traces, or among the options of the command.
      throw DiagnosticList(
        Diagnostic.all(from: error).map { problem in
          var problem = problem
          problem.message = "a gallery cannot have what these traces or options ask for: \(problem.message)"
          (problem.place, problem.category) = (request.folders.joined(separator: ", "), .badInput)
          return problem
        })
    }
    // Folders hold what somebody traced: a model without a prompt leaves a gap, and nothing failed.
    let told: ProgressHandler = { event in
      if case .failed(_, let message) = event, GatheredNumbers.gapMessages.contains(message) { return }
      progress?(event)
    }
    var built = try job.builder.build(
      spec, base: URL(fileURLWithPath: ".", isDirectory: true), options: options, gathered: gathered, progress: told)
    built.failures.removeAll { $0.isAbsent == true }
    let gaps = gathered.gaps
    let counts = [
      Wording.count(gathered.models.count, "model"), Wording.count(gathered.prompts.count, "prompt"),
      Wording.count(gathered.datasets.count, "dataset"), Wording.count(files, "file"),
    ]
    return Outcome(
      gallery: built,
      summary: counts.joined(separator: ", ")
        + (gaps > 0 ? "; gaps for \(Wording.count(gaps, "cell")) that nothing was gathered for" : "")
        + (others > 0 ? "; \(Wording.count(others, "JSON file")) of another kind left out" : "")
        + (gathered.hasReport ? "" : "; no report.pdf, which is for at most \(Self.mostInReport) prompts"))
  }
}
