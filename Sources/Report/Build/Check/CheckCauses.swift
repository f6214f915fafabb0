import Engine
import Figures
import Files
import Foundation
import Gallery
import Spec
import Traces
import Words

/// Groups the files of a gallery that differ from a new build by what has changed.
///
/// Numbers come first, then the figures made from them, then pages. A file is of one cause, except that pages, which show
/// everything, follow from every change of numbers or figures.
struct CheckCauses {
  let spec: ReportSpec
  let plan: Plan
  /// Path of the spec.
  let specPath: String
  /// The gallery and the new build.
  let folders: (gallery: URL, made: URL)
  /// Path of the folder of committed traces.
  let tracesPath: String
  /// Committed traces that somebody changed after the build that wrote them, by name.
  let editedTraces: Set<String>
  /// The gallery's manifest; nil when it is missing or damaged.
  let old: GalleryManifest?
  let new: GalleryManifest
  /// Files that differ, by name.
  let differing: [String: DiffFinding]
  /// Their names in order.
  private let names: [String]
  /// Those that have a cause.
  private var taken: Set<String> = []
  /// The digests that the gallery's manifest gives its files.
  private let recorded: [String: FileRecord]
  var causes: [CheckCause] = []
  /// What has changed because the spec has.
  var ofSpec = SpecChange()

  struct SpecChange {
    var asked: [String] = []
    var notes: [String] = []
    var added: [String] = []
    var removed: [String] = []
    var figures: [String] = []
    var files: [String] = []
  }

  /// - Parameter findings: One for each file of either folder, and for committed traces.
  init(
    spec: ReportSpec, plan: Plan, specPath: String, folders: (gallery: URL, made: URL), tracesPath: String,
    editedTraces: Set<String>, findings: [DiffFinding]
  ) throws {
    (self.spec, self.plan, self.specPath) = (spec, plan, specPath)
    (self.folders, self.tracesPath, self.editedTraces) = (folders, tracesPath, editedTraces)
    let decoder = JSONDecoder()
    old = OwnFolder(folders.gallery).bytes("manifest.json")
      .flatMap { try? decoder.decode(GalleryManifest.self, from: $0) }
    new = try decoder.decode(
      GalleryManifest.self, from: try Data(contentsOf: folders.made.appending(path: "manifest.json")))
    names = findings.filter { !$0.isEqual }.map(\.name)
    recorded = Dictionary((old?.records ?? []).map { ($0.path, $0) }) { first, _ in first }
    differing = Dictionary(findings.filter { !$0.isEqual }.map { ($0.name, $0) }) { first, _ in first }
  }

  var specChanged: Bool { old.map { $0.specSHA256 != new.specSHA256 } ?? false }

  /// All causes, numbers first.
  mutating func all() -> [CheckCause] {
    findNumbers()
    findFigures()
    findTraces()
    findLone()
    if specChanged { addSpec() }
    addPages()
    let order = CheckCause.Kind.allCases
    return causes.enumerated().sorted {
      (order.firstIndex(of: $0.element.kind) ?? 0, $0.offset) < (order.firstIndex(of: $1.element.kind) ?? 0, $1.offset)
    }.map(\.element)
  }

  /// The files of every figure of either gallery, by its id.
  var figureFiles: [String: [String]] {
    Dictionary(((old?.figures ?? []) + new.figures).map { ($0.id, files($0)) }) { $1 }
  }

  mutating func take(_ names: [String]) -> [String] {
    taken.formUnion(names)
    return names
  }

  /// Names in order that have no cause yet.
  var rest: [String] { names.filter { !taken.contains($0) } }

  // MARK: Numbers

  private mutating func findNumbers() {
    for cell in plan.cells {
      let stem = cell.file.dropLast(".json".count)
      let csv = cell.subject.isDataset ? ["\(stem).csv", "\(stem)-words.csv"] : []
      let names = ([cell.file] + csv).filter { differing[$0]?.presence == .both }
      guard let finding = names.compactMap({ differing[$0] }).max(by: { $0.changeCount < $1.changeCount }) else {
        continue
      }
      let (subject, model) = (spec.id(of: cell.subject), spec.models[cell.model].name)
      let whose = "\(model), \(subject)"
      let figures = new.figures.filter { $0.prompt == subject && $0.models.contains(model) && differs($0) }
      let files = take(names + committed(cell) + figures.flatMap(differingFiles))
      if specChanged, asksSomethingElse(cell.file) {
        ofSpec.asked.append(whose)
        ofSpec.notes.append("\(whose): \(finding.lines.joined(separator: "; "))")
        ofSpec.figures += figures.map(\.id)
        ofSpec.files += files
        continue
      }
      var cause = CheckCause(
        kind: .numbers, headline: headline(finding, whose), changes: finding.changes,
        changeCount: finding.changeCount, whose: whose, figures: figures.map(\.id), files: files,
        place: "\(folders.gallery.relativePath)/\(cell.file)")
      cause.affects = figures.isEmpty ? "" : words(figures)
      if finding.lines.contains(TraceDiff.otherWeights) {
        cause.notes.append("the model's files are others than before")
      }
      let name = name(cell)
      if isEdited(cell.file) {
        cause.notes.append("\(cause.place) was changed after the build that wrote it")
      } else if spec.commitsTraces {
        cause.place = "\(tracesPath)/\(name)"
        if editedTraces.contains(name) {
          cause.notes.append("\(cause.place) was changed after the build that wrote it, as index.json shows")
        }
      }
      causes.append(cause)
    }
  }

  private func headline(_ finding: DiffFinding, _ whose: String) -> String {
    guard let first = finding.changes.first else {
      return "the file of the numbers of \(whose) changed: \(finding.lines.joined(separator: "; "))"
    }
    let sentence = first.sentence(of: whose)
    return finding.changeCount == 1
      ? "1 number changed: \(sentence)"
      : "\(Wording.grouped(finding.changeCount)) numbers changed, the first: \(sentence)"
  }

  private func name(_ cell: Plan.Cell) -> String { CommittedTraces.name(cell) }

  /// The committed trace of a cell, where it differs.
  private func committed(_ cell: Plan.Cell) -> [String] {
    ["\(spec.name).traces/\(name(cell))"].filter { differing[$0] != nil }
  }

  /// Whether the spec asks the model something else than when the gallery was built.
  private func asksSomethingElse(_ path: String) -> Bool {
    let traces = [folders.gallery, folders.made].compactMap { folder in
      OwnFolder(folder).bytes(path).flatMap { try? Trace.read($0, path: path) }
    }
    guard traces.count == 2 else { return true }
    let (a, b) = (traces[0], traces[1])
    return a.prompt != b.prompt || a.method != b.method || a.watch.map(\.text) != b.watch.map(\.text)
      || a.columns.map(\.position) != b.columns.map(\.position) || a.rows != b.rows || a.lens != b.lens
      || a.top.k != b.top.k || a.model.sha256 != b.model.sha256
  }

  // MARK: Figures

  private func files(_ figure: GalleryManifest.Figure) -> [String] {
    figure.files.filter { $0.key != "trace" }.map(\.value.path).sorted()
  }

  private func differs(_ figure: GalleryManifest.Figure) -> Bool { !differingFiles(figure).isEmpty }

  /// The files of a figure that both folders have and that differ.
  private func differingFiles(_ figure: GalleryManifest.Figure) -> [String] {
    files(figure).filter { differing[$0]?.presence == .both }
  }

  /// "2 figures in 5 formats"; small pictures of pages do not count.
  func words(_ figures: [GalleryManifest.Figure]) -> String {
    let formats = Set(
      figures.flatMap { figure in
        figure.files.filter { $0.key != "trace" && differing[$0.value.path]?.presence == .both }.map(\.key)
      }
    ).subtracting([FigureFormat.thumbnail.name])
    return Wording.count(figures.count, "figure")
      + (formats.isEmpty ? "" : " in \(Wording.count(formats.count, "format"))")
  }

  /// Whether the gallery's file is not the one that its own manifest names, and a new build writes that one.
  func isEdited(_ path: String) -> Bool {
    guard let record = recorded[path] else { return false }
    return record.isIntact(in: folders.made) && !record.isIntact(in: folders.gallery)
  }

  private mutating func findFigures() {
    let known = Set(old?.figures.map(\.id) ?? new.figures.map(\.id))
    var drawn: [GalleryManifest.Figure] = []
    for figure in new.figures {
      if specChanged, !known.contains(figure.id) {
        ofSpec.added.append(figure.id)
        ofSpec.files += take(files(figure).filter { differing[$0] != nil })
        continue
      }
      let left = differingFiles(figure).filter { !taken.contains($0) }
      if specChanged {
        // Files in formats that the gallery was not asked for.
        let had = Set(old?.figures.first { $0.id == figure.id }?.files.values.map(\.path) ?? [])
        let unasked = files(figure).filter { differing[$0]?.presence == .second && !had.contains($0) }
        if !unasked.isEmpty { ofSpec.figures.append(figure.id) }
        ofSpec.files += take(unasked)
      }
      guard !left.isEmpty else { continue }
      let edited = left.filter(isEdited)
      if !edited.isEmpty {
        causes.append(
          CheckCause(
            kind: .edited,
            headline: "\(Wording.count(edited.count, "file")) changed after the build that wrote "
              + "\(edited.count == 1 ? "it" : "them"): \(CheckCause.list(edited))",
            notes: edited.prefix(5).map { name in
              (edited.count > 1 ? "\(name): " : "") + (differing[name]?.lines.joined(separator: "; ") ?? "")
            },
            figures: [figure.id], files: take(edited), place: "\(folders.gallery.relativePath)/\(edited[0])"))
      }
      guard edited.count < left.count else { continue }
      if specChanged {
        ofSpec.figures.append(figure.id)
        ofSpec.files += take(left)
      } else {
        drawn.append(figure)
      }
    }
    if specChanged {
      let now = Set(new.figures.map(\.id))
      for figure in old?.figures ?? [] where !now.contains(figure.id) {
        ofSpec.removed.append(figure.id)
        ofSpec.files += take(files(figure).filter { differing[$0]?.presence == .first })
      }
    }
    guard let first = drawn.first.flatMap({ differingFiles($0).first { !taken.contains($0) } }) else { return }
    let noun = Wording.count(drawn.count, "figure")
    var cause = CheckCause(
      kind: .drawn,
      headline: "\(noun) drawn differently from the same numbers (fonts, libraries, program or style): "
        + CheckCause.list(drawn.map(\.id)),
      figures: drawn.map(\.id), files: take(drawn.flatMap(differingFiles).filter { !taken.contains($0) }),
      place: "\(folders.gallery.relativePath)/\(first)")
    cause.affects = words(drawn)
    cause.notes = programNote
    causes.append(cause)
  }

  var programNote: [String] {
    guard let old, old.tool != new.tool else { return [] }
    return ["the gallery was made by \(old.tool), this is \(new.tool)"]
  }
}

extension GalleryManifest {
  /// Files with the digests that a build gave them.
  fileprivate var records: [FileRecord] {
    figures.flatMap(\.files.values)
      + datasets.flatMap { $0.results.flatMap { [$0.json, $0.csv] + [$0.words].compactMap(\.self) } }
  }
}
