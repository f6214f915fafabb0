import Engine
import Figures
import Files
import Foundation
import Gallery
import Models
import Plot
import Spec
import Traces
import Words

/// A summary of a dataset and the files of the gallery that hold it.
struct WrittenSummary: Sendable {
  var summary: DatasetSummary
  var json: FileRecord
  var csv: FileRecord
}

/// Gets the summaries of every dataset of a plan on every model: from the cache, or by running the model.
struct DatasetStage {
  let plan: Plan
  let spec: ReportSpec
  let jobs: [DatasetJob]
  let runner: DatasetRunner
  let progress: ProgressHandler?

  /// Reads the files of a spec's datasets, relative to its folder.
  ///
  /// - Throws: `DiagnosticList` with everything that is wrong with them, before any model is opened.
  static func jobs(_ spec: ReportSpec, base: URL) throws -> [DatasetJob] {
    var problems: [Diagnostic] = []
    var jobs: [DatasetJob] = []
    for dataset in spec.datasets {
      do {
        let url = URL(fileURLWithPath: dataset.file, relativeTo: base)
        guard let data = FileManager.default.contents(atPath: url.path) else {
          throw Diagnostic(
            place: dataset.place, "the file '\(dataset.file)' cannot be read",
            hints: ["paths start from the spec's folder"], category: .badInput)
        }
        let items = try DatasetReader.items(data, name: dataset.file, columns: dataset.columns)
        jobs.append(
          DatasetJob(
            file: dataset.file,
            request: DatasetRequest(
              name: dataset.id, items: items, groupColumns: dataset.columns.groups, firstToken: dataset.firstToken,
              norm: spec.norm, bootstrap: dataset.bootstrap)))
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return jobs
  }

  /// Results in the order of the plan's dataset cells, and how many of them were run now.
  ///
  /// A model that could not be opened is nil in `models`, with its reason in `problems`.
  func run(
    models: [ResolvedModel?], problems: [Int: Diagnostic]
  ) -> (results: [Result<DatasetSummary, Diagnostic>], ran: Int) {
    var ran = 0
    let results = plan.datasetCells.map { cell -> Result<DatasetSummary, Diagnostic> in
      guard let model = models[cell.model] else {
        return .failure(
          problems[cell.model]
            ?? Diagnostic(place: spec.models[cell.model].name, "the model was not opened", category: .internalFault))
      }
      do {
        let (summary, cached) = try runner.summary(of: model, jobs[cell.dataset], progress: progress)
        ran += cached ? 0 : 1
        progress?(.traced(model: model.name, prompt: spec.datasets[cell.dataset].id, cached: cached))
        return .success(summary)
      } catch {
        return .failure(DatasetStage.one(Diagnostic.all(from: error)))
      }
    }
    return (results, ran)
  }

  /// The first of several problems, with its place and how many more there are in its words.
  private static func one(_ problems: [Diagnostic]) -> Diagnostic {
    guard var first = problems.first else { return Diagnostic("no summary came back", category: .internalFault) }
    if let place = first.place { first.message = "\(place): \(first.message)" }
    if problems.count > 1 { first.message += " (and \(problems.count - 1) more such lines)" }
    return first
  }
}

extension FigureStage {
  /// What a dataset's figure depends on.
  private struct DatasetKey: Encodable {
    var program = StrataVersion.program
    var fingerprint: String
    var by: DatasetProfile.By
    var style: FigureStyle
    var formats: [String]
    /// Digests of the summaries' files.
    var summaries: [String]
  }

  /// Draws the figures of datasets into the folder; `summaries` are in the order of the plan's dataset cells.
  func run(
    _ summaries: [Result<WrittenSummary, Diagnostic>], earlier: BuildRecord, into outcome: inout Outcome
  ) throws {
    for (cell, result) in zip(plan.datasetCells, summaries) {
      guard case .failure(let problem) = result else { continue }
      outcome.failures.append(failure(cell, group: nil, problem))
    }
    for figure in plan.datasetFigures {
      let cells = figure.cells.filter { (try? summaries[$0].get()) != nil }
      guard let first = cells.first else { continue }
      do {
        try draw(figure, try cells.map { try summaries[$0].get() }, cells, earlier: earlier, into: &outcome)
      } catch let problem where Diagnostic.one(from: problem).category != .cannotWrite {
        let problem = Diagnostic.one(from: problem)
        outcome.failures.append(failure(plan.datasetCells[first], group: figure.group, problem))
        progress?(.failed(what: figure.id, message: problem.explanation))
      }
    }
  }

  private func draw(
    _ figure: Plan.DatasetFigure, _ written: [WrittenSummary], _ cells: [Int], earlier: BuildRecord,
    into outcome: inout Outcome
  ) throws {
    let dataset = spec.datasets[figure.dataset]
    let drawn = try source.draw(written.map(\.summary), by: dataset.by, style: spec.style)
    let key = ContentKey.of(
      DatasetKey(
        fingerprint: source.fingerprint, by: dataset.by, style: spec.style, formats: spec.output.writtenFormats,
        summaries: written.map(\.json.sha256)))
    let rendered = try render(drawn, id: figure.id, key: key, earlier: earlier)
    progress?(.drawn(figure: figure.id, cached: !rendered.isNew))
    outcome.add(
      rendered,
      GalleryManifest.Figure(
        id: figure.id, group: figure.group, kind: DatasetProfile.name, prompt: dataset.id,
        model: Wording.enumeration(cells.map { spec.models[plan.datasetCells[$0].model].name }),
        models: cells.map { spec.models[plan.datasetCells[$0].model].name }, title: drawn.title,
        caption: drawn.caption, alt: drawn.alt, lens: written[0].summary.lens, compute: written[0].summary.compute,
        width: drawn.scene.size.width, height: drawn.scene.size.height, files: rendered.record.files,
        output: nil))
  }

  private func failure(_ cell: Plan.DatasetCell, group: String?, _ problem: Diagnostic) -> GalleryManifest.Failure {
    GalleryManifest.Failure(
      prompt: spec.datasets[cell.dataset].id, model: spec.models[cell.model].name, group: group,
      message: problem.message)
  }
}

extension GalleryManifest.Dataset {
  /// A dataset with the numbers of every model that could be asked.
  init(_ dataset: ReportSpec.Dataset, _ written: [(model: String, written: WrittenSummary)]) {
    self.init(
      id: dataset.id, file: URL(fileURLWithPath: dataset.file).lastPathComponent,
      items: written.first?.written.summary.dataset.items ?? 0,
      heads: written.first.map { DatasetTable($0.written.summary).heads } ?? [],
      rows: written.flatMap { model, written in
        let table = DatasetTable(written.summary)
        return written.summary.groups.map {
          Row(
            model: model, group: DatasetTable.name($0), items: $0.items,
            cells: table.cells($0, written.summary.rows.count - 1))
        }
      },
      results: written.map { Results(model: $0.model, json: $0.written.json, csv: $0.written.csv) })
  }
}
