import Engine
import Foundation
import Words

/// What a build makes: cells whose numbers are needed and figures to draw, by name.
///
/// Making a plan opens no model and no file.
public struct Plan: Equatable, Sendable {
  /// A model and a subject whose numbers are needed.
  public struct Cell: Equatable, Sendable {
    /// Index in the spec's models.
    public var model: Int
    /// The prompt or dataset that the model runs on.
    public var subject: Subject
    /// Path of the numbers in the output folder: `traces/smollm2-135m-heathrow.json`,
    /// `datasets/smollm2-135m-agreement.json`.
    public var file: String
  }

  /// A figure of one cell, or of several models of a subject.
  public struct Figure: Equatable, Sendable {
    /// A slug, unique in the gallery; names the files.
    public var id: String
    /// A slug shared by the figures of one subject that differ only in the model.
    public var group: String
    /// Index in the spec's figures.
    public var figure: Int
    /// What the figure is of.
    public var subject: Subject
    /// Indices in `cells`, all of the subject.
    public var cells: [Int]
    /// The author's label in LaTeX; nil for the program's.
    public var label: String?
  }

  /// Prompts in the order of models, then prompts; datasets after them, in the order of datasets, then models.
  public let cells: [Cell]
  /// Indices in `cells` by model: a look through all cells for each model takes time that grows with the square of the models.
  private let cellsOfModels: [Int: [Int]]
  /// In reading order: by subject, then by figure of the spec, then by model.
  public var figures: [Figure]

  /// Plans a spec.
  ///
  /// - Parameter only: Keeps the figures whose id, subject, model or kind matches this pattern (`*`, `?`, `[a-z]`).
  /// - Throws: `Diagnostic` of the category `usage` when nothing matches.
  public init(_ spec: ReportSpec, only: String? = nil) throws(Diagnostic) {
    let drafts = spec.drafts
    let kept = drafts.filter { draft in
      guard let only else { return true }
      let names = [draft.id, draft.group, spec.id(of: draft.subject), spec.figures[draft.figure].kind]
      return (names + draft.models.map { spec.models[$0].name }).contains { fnmatch(only, $0, 0) == 0 }
    }
    guard !kept.isEmpty else {
      throw Diagnostic(
        "no figure matches '\(only ?? "*")'",
        hints: ["figures of this spec: \(Wording.list(drafts.map(\.id)))"], category: .usage)
    }
    var wanted: [Subject: Set<Int>] = [:]
    for draft in kept { wanted[draft.subject, default: []].formUnion(draft.models) }
    let cells = Plan.cells(of: spec).filter { wanted[$0.subject]?.contains($0.model) == true }
    self.cells = cells
    cellsOfModels = Dictionary(grouping: cells.indices) { cells[$0].model }
    var places: [Subject: [Int: Int]] = [:]
    for (index, cell) in cells.enumerated() { places[cell.subject, default: [:]][cell.model] = index }
    figures = kept.map { draft in
      Figure(
        id: draft.id, group: draft.group, figure: draft.figure, subject: draft.subject,
        cells: draft.models.compactMap { places[draft.subject]?[$0] }, label: draft.label)
    }
  }

  /// Indices in `cells` of those of a model, in their order.
  package func cells(ofModel model: Int) -> [Int] { cellsOfModels[model] ?? [] }

  /// The cells of each run of a model: all prompts of a model together, each dataset separately.
  package var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, cell) in cells.enumerated() {
      if let last = runs.last, cells[last.lowerBound].model == cell.model, !cells[last.lowerBound].subject.isDataset,
        !cell.subject.isDataset
      {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }

  /// Every cell of a spec.
  ///
  /// A partial build needs all of them, so that its files have the names that they have in a whole build.
  private static func cells(of spec: ReportSpec) -> [Cell] {
    let prompts = spec.models.indices.flatMap { model in
      spec.prompts.indices.map { Cell(model: model, subject: .prompt($0), file: "traces") }
    }
    let datasets = spec.datasets.indices.flatMap { dataset in
      spec.models.indices.map { Cell(model: $0, subject: .dataset(dataset), file: "datasets") }
    }
    return [prompts, datasets].flatMap { cells in
      let names = Slug.unique(cells.map { "\(spec.models[$0.model].name)-\(spec.id(of: $0.subject))" })
      return zip(cells, names).map { cell, name in
        var cell = cell
        cell.file += "/\(name).json"
        return cell
      }
    }
  }
}

extension ReportSpec {
  /// What is asked of a model about a subject; nil for a dataset, whose file must be read first.
  package func request(for subject: Subject, of model: Int) -> TraceRequest? {
    if case .prompt(let index) = subject { request(forPrompt: index, of: model) } else { nil }
  }

  /// What is asked of the model of an index about the prompt of an index, with the changes of both.
  package func request(forPrompt index: Int, of model: Int) -> TraceRequest {
    let prompt = prompts[index]
    let changes = models[model].changes + prompt.changes
    return TraceRequest(
      prompt: prompt.chat == nil ? prompt.text : "", method: prompt.method, watch: prompt.watch, topK: prompt.top,
      columns: prompt.columns, norm: norm, rows: rows,
      chat: prompt.isRendered ? .rendered(.given) : prompt.chat.map { .asked($0) }, decoder: prompt.decoder,
      attribute: prompt.attribute, patch: prompt.patch, changes: changes.isEmpty ? nil : changes)
  }
}
