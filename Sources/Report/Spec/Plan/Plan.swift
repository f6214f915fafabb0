import Engine
import Figures
import Foundation
import Words

/// What a build makes: cells to trace and figures to draw, by name.
///
/// Touches no model.
public struct Plan: Equatable, Sendable {
  /// A model and a prompt whose numbers are needed.
  public struct Cell: Equatable, Sendable {
    /// Index in the spec's models.
    public var model: Int
    /// Index in the spec's prompts.
    public var prompt: Int
    /// What is asked of the model.
    public var request: TraceRequest
    /// Path of the trace in the output folder: `traces/smollm2-135m-heathrow.json`.
    public var file: String
  }

  /// A figure of one cell, or of all models of a prompt.
  public struct Figure: Equatable, Sendable {
    /// A slug, unique in the gallery; names the files.
    public var id: String
    /// A slug shared by the figures of one prompt that differ only in the model.
    public var group: String
    /// Index in the spec's figures.
    public var figure: Int
    /// Indices in `cells`, all of one prompt.
    public var cells: [Int]

    /// From its parts.
    package init(
      id: String, group: String, figure: Int, cells: [Int]
    ) {
      self.id = id
      self.group = group
      self.figure = figure
      self.cells = cells
    }
  }

  /// A model and a dataset.
  public struct DatasetCell: Equatable, Sendable {
    /// Index in the spec's models.
    public var model: Int
    /// Index in the spec's datasets.
    public var dataset: Int
    /// Path in the output folder without its ending: `datasets/smollm2-135m-agreement`.
    public var file: String
  }

  /// The figure of a dataset.
  public struct DatasetFigure: Equatable, Sendable {
    /// A slug, unique in the gallery; names the files.
    public var id: String
    /// A slug shared by the figures of one dataset.
    public var group: String
    /// Index in the spec's datasets.
    public var dataset: Int
    /// Indices in `datasetCells`.
    public var cells: [Int]
  }

  /// In the order of models, then prompts.
  public var cells: [Cell]
  /// In reading order: by prompt, then by figure of the spec, then by model.
  public var figures: [Figure]
  /// In the order of datasets, then models.
  public var datasetCells: [DatasetCell]
  /// In reading order: by dataset, then by model.
  public var datasetFigures: [DatasetFigure]

  /// Plans a spec.
  ///
  /// - Parameter only: Keeps the figures whose id, prompt, model or kind matches this pattern (`*`, `?`, `[a-z]`).
  /// - Throws: `Diagnostic` of the category `usage` when nothing matches.
  public init(_ spec: ReportSpec, only: String? = nil) throws(Diagnostic) {
    let drafts = Plan.drafts(of: spec)
    let datasetDrafts = Plan.datasetDrafts(of: spec)
    let all = Slug.unique(
      drafts.map { draft in draft.model.map { "\(draft.group)-\(spec.models[$0].name)" } ?? draft.group }
        + datasetDrafts.map(\.id))
    let ids = Array(all.prefix(drafts.count))
    let keptDatasets = zip(datasetDrafts, all.dropFirst(drafts.count)).filter { draft, id in
      guard let only else { return true }
      let names = [id, draft.group, spec.datasets[draft.dataset].id, DatasetProfile.name]
      return (names + draft.models.map { spec.models[$0].name }).contains { fnmatch(only, $0, 0) == 0 }
    }
    let kept = zip(drafts, ids).filter { draft, id in
      guard let only else { return true }
      let names = [id, draft.group, spec.prompts[draft.prompt].id, spec.figures[draft.figure].kind]
      return (names + draft.models.map { spec.models[$0].name }).contains { fnmatch(only, $0, 0) == 0 }
    }
    guard !kept.isEmpty || !keptDatasets.isEmpty else {
      throw Diagnostic(
        "no figure matches '\(only ?? "*")'", hints: ["figures of this spec: \(all.joined(separator: ", "))"],
        category: .usage)
    }
    // Files are named as in a whole build, so that a part of it finds and leaves the same files.
    let pairs = spec.models.indices.flatMap { model in spec.prompts.indices.map { (model: model, prompt: $0) } }
    let files = Slug.unique(pairs.map { "\(spec.models[$0.model].name)-\(spec.prompts[$0.prompt].id)" })
    var cells: [Cell] = []
    var indices: [Int: Int] = [:]
    for (number, pair) in pairs.enumerated()
    where kept.contains(where: { $0.0.models.contains(pair.model) && $0.0.prompt == pair.prompt }) {
      indices[number] = cells.count
      cells.append(
        Cell(
          model: pair.model, prompt: pair.prompt, request: spec.request(for: spec.prompts[pair.prompt]),
          file: "traces/\(files[number]).json"))
    }
    self.cells = cells
    (datasetCells, datasetFigures) = Plan.datasets(keptDatasets.map { ($0, $1) }, of: spec)
    figures = kept.map { draft, id in
      Figure(
        id: id, group: draft.group, figure: draft.figure,
        cells: draft.models.compactMap { indices[$0 * spec.prompts.count + draft.prompt] })
    }
  }

  private struct DatasetDraft {
    var id: String
    var group: String
    var dataset: Int
    var models: [Int]
  }

  private static func datasetDrafts(of spec: ReportSpec) -> [DatasetDraft] {
    spec.datasets.enumerated().flatMap { index, dataset -> [DatasetDraft] in
      let group = "\(dataset.id)-\(DatasetProfile.name)"
      switch dataset.by {
      case .model: return [DatasetDraft(id: group, group: group, dataset: index, models: Array(spec.models.indices))]
      case .group:
        return spec.models.indices.map {
          DatasetDraft(id: "\(group)-\(spec.models[$0].name)", group: group, dataset: index, models: [$0])
        }
      }
    }
  }

  private static func datasets(
    _ kept: [(draft: DatasetDraft, id: String)], of spec: ReportSpec
  ) -> ([DatasetCell], [DatasetFigure]) {
    let pairs = spec.datasets.indices.flatMap { dataset in spec.models.indices.map { (dataset: dataset, model: $0) } }
    let files = Slug.unique(pairs.map { "\(spec.models[$0.model].name)-\(spec.datasets[$0.dataset].id)" })
    var cells: [DatasetCell] = []
    for (pair, file) in zip(pairs, files)
    where kept.contains(where: { $0.draft.dataset == pair.dataset && $0.draft.models.contains(pair.model) }) {
      cells.append(DatasetCell(model: pair.model, dataset: pair.dataset, file: "datasets/\(file)"))
    }
    let figures = kept.map { draft, id in
      DatasetFigure(
        id: id, group: draft.group, dataset: draft.dataset,
        cells: cells.indices.filter {
          cells[$0].dataset == draft.dataset && draft.models.contains(cells[$0].model)
        })
    }
    return (cells, figures)
  }

  private struct Draft {
    var prompt: Int
    var figure: Int
    var models: [Int]
    var group: String
    /// The one model; nil where all share the figure.
    var model: Int?
  }

  private static func drafts(of spec: ReportSpec) -> [Draft] {
    var names: [String] = []
    var rows: [(prompt: Int, figure: Int)] = []
    for (p, prompt) in spec.prompts.enumerated() {
      for (f, figure) in spec.figures.enumerated() where figure.prompts.contains(prompt.id) {
        rows.append((p, f))
        names.append("\(prompt.id)-\(figure.kind)")
      }
    }
    return zip(rows, Slug.unique(names)).flatMap { row, group -> [Draft] in
      let models = spec.models.indices.filter { spec.figures[row.figure].models.contains(spec.models[$0].name) }
      guard !models.isEmpty else { return [] }
      guard !spec.figures[row.figure].together else {
        return [Draft(prompt: row.prompt, figure: row.figure, models: models, group: group, model: nil)]
      }
      return models.map { Draft(prompt: row.prompt, figure: row.figure, models: [$0], group: group, model: $0) }
    }
  }
}

extension ReportSpec {
  /// What is asked of a model about a prompt.
  package func request(for prompt: Prompt) -> TraceRequest {
    TraceRequest(
      prompt: prompt.text, method: prompt.method, watch: prompt.watch, topK: prompt.top, columns: prompt.columns,
      norm: norm,
      rows: rows
    )
  }
}
