import Engine
import Foundation

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

  /// One figure of one cell.
  public struct Figure: Equatable, Sendable {
    /// A slug, unique in the gallery; names the files.
    public var id: String
    /// A slug shared by the figures of one prompt that differ only in the model.
    public var group: String
    /// Index in the spec's figures.
    public var figure: Int
    /// Index in `cells`.
    public var cell: Int
  }

  /// In the order of models, then prompts.
  public var cells: [Cell]
  /// In reading order: by prompt, then by figure of the spec, then by model.
  public var figures: [Figure]

  /// Plans a spec.
  ///
  /// - Parameter only: Keeps the figures whose id, prompt, model or kind matches this pattern (`*`, `?`, `[a-z]`).
  /// - Throws: `Diagnostic` of the category `usage` when nothing matches.
  public init(_ spec: ReportSpec, only: String? = nil) throws(Diagnostic) {
    let drafts = Plan.drafts(of: spec)
    let ids = Slug.unique(drafts.map { "\($0.group)-\(spec.models[$0.model].name)" })
    let kept = zip(drafts, ids).filter { draft, id in
      guard let only else { return true }
      let names = [
        id, draft.group, spec.prompts[draft.prompt].id, spec.models[draft.model].name, spec.figures[draft.figure].kind,
      ]
      return names.contains { fnmatch(only, $0, 0) == 0 }
    }
    guard !kept.isEmpty else {
      throw Diagnostic(
        "no figure matches '\(only ?? "*")'", hints: ["figures of this spec: \(ids.joined(separator: ", "))"],
        category: .usage)
    }
    // Files are named as in a whole build, so that a part of it finds and leaves the same files.
    let pairs = spec.models.indices.flatMap { model in spec.prompts.indices.map { (model: model, prompt: $0) } }
    let files = Slug.unique(pairs.map { "\(spec.models[$0.model].name)-\(spec.prompts[$0.prompt].id)" })
    var cells: [Cell] = []
    var indices: [Int: Int] = [:]
    for (number, pair) in pairs.enumerated()
    where kept.contains(where: { $0.0.model == pair.model && $0.0.prompt == pair.prompt }) {
      indices[number] = cells.count
      cells.append(
        Cell(
          model: pair.model, prompt: pair.prompt, request: spec.request(for: spec.prompts[pair.prompt]),
          file: "traces/\(files[number]).json"))
    }
    self.cells = cells
    figures = kept.compactMap { draft, id in
      indices[draft.model * spec.prompts.count + draft.prompt].map {
        Figure(id: id, group: draft.group, figure: draft.figure, cell: $0)
      }
    }
  }

  private struct Draft {
    var prompt: Int
    var figure: Int
    var model: Int
    var group: String
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
    return zip(rows, Slug.unique(names)).flatMap { row, group in
      spec.models.indices.filter { spec.figures[row.figure].models.contains(spec.models[$0].name) }.map {
        Draft(prompt: row.prompt, figure: row.figure, model: $0, group: group)
      }
    }
  }
}

extension ReportSpec {
  /// What is asked of a model about a prompt.
  func request(for prompt: Prompt) -> TraceRequest {
    TraceRequest(
      prompt: prompt.text, method: prompt.method, watch: prompt.watch, topK: prompt.top, columns: .generated,
      norm: norm,
      rows: rows
    )
  }
}
