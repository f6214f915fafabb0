import Engine
import Foundation

/// Gets the numbers of every cell of a plan: from the cache, or by running each model once for all that is missing.
struct TraceStage {
  let plan: Plan
  let spec: ReportSpec
  let source: any TraceSource
  let cache: TraceCache
  let progress: ProgressHandler?

  /// Results in the order of the plan's cells.
  ///
  /// A model that could not be opened is nil in `models`, with its reason in `problems`.
  func run(models: [ResolvedModel?], problems: [Int: Diagnostic]) -> [Result<Trace, Diagnostic>] {
    var results = [Result<Trace, Diagnostic>?](repeating: nil, count: plan.cells.count)
    for (index, model) in models.enumerated() {
      let cells = plan.cells.indices.filter { plan.cells[$0].model == index }
      guard let model else {
        for cell in cells { results[cell] = .failure(problems[index] ?? unknownProblem(index)) }
        continue
      }
      for (cell, result) in zip(cells, run(model, cells.map { plan.cells[$0] })) {
        results[cell] = result
      }
    }
    return results.enumerated().map { $1 ?? .failure(unknownProblem(plan.cells[$0].model)) }
  }

  private func run(_ model: ResolvedModel, _ cells: [Plan.Cell]) -> [Result<Trace, Diagnostic>] {
    let keys = cells.map { TraceCache.key(model, $0.request) }
    var found: [String: Result<Trace, Diagnostic>] = [:]
    var missing: [(key: String, request: TraceRequest)] = []
    for (key, cell) in zip(keys, cells) where found[key] == nil && !missing.contains(where: { $0.key == key }) {
      if let trace = cache.trace(key, identity: model.identity) {
        found[key] = .success(trace)
        progress?(.traced(model: model.name, prompt: name(of: cell), cached: true))
      } else {
        missing.append((key, cell.request))
      }
    }
    if !missing.isEmpty {
      let progress = progress
      do {
        let traces = try source.traces(of: model, missing.map(\.request), states: nil) { done, total in
          progress?(.running(model: model.name, done: done, total: total))
        }
        for (missed, result) in zip(missing, traces) {
          found[missed.key] = result
          guard case .success(let trace) = result else { continue }
          cache.keep(trace, missed.key)
          if let cell = zip(keys, cells).first(where: { $0.0 == missed.key })?.1 {
            progress?(.traced(model: model.name, prompt: name(of: cell), cached: false))
          }
        }
      } catch {
        let problem = Diagnostic.one(from: error)
        for missed in missing { found[missed.key] = .failure(problem) }
      }
    }
    return keys.map { found[$0] ?? .failure(Diagnostic("no trace came back", category: .internalFault)) }
  }

  private func name(of cell: Plan.Cell) -> String { spec.prompts[cell.prompt].id }

  private func unknownProblem(_ model: Int) -> Diagnostic {
    Diagnostic(place: spec.models[model].name, "the model was not opened", category: .internalFault)
  }
}
