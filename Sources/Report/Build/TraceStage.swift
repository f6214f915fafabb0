import Foundation
import Models
import Plot
import Spec
import Threads
import Traces
import Words

/// Gets the numbers of every cell of a plan: from the cache, or by running each model once for all that is missing.
struct TraceStage {
  let plan: Plan
  let spec: ReportSpec
  let source: any TraceSource
  let cache: TraceCache
  let threads: Int
  let progress: ProgressHandler?

  /// Results in the order of the plan's cells.
  ///
  /// A model that could not be opened is nil in `models`, with its reason in `problems`.
  ///
  /// - Parameter frozen: Traces of cells that are not to be run.
  func run(
    models: [ResolvedModel?], problems: [Int: Diagnostic], frozen: [Int: Trace] = [:]
  ) -> [Result<Trace, Diagnostic>] {
    var results = [Result<Trace, Diagnostic>?](repeating: nil, count: plan.cells.count)
    for (index, model) in models.enumerated() {
      let all = plan.cells.indices.filter { plan.cells[$0].model == index }
      for cell in all {
        guard let trace = frozen[cell] else { continue }
        results[cell] = .success(trace)
        progress?(
          .traced(model: spec.models[index].name, prompt: spec.prompts[plan.cells[cell].prompt].id, cached: true))
      }
      let cells = all.filter { frozen[$0] == nil }
      guard !cells.isEmpty else { continue }
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
    let keys = Parallel.map(cells.count, threads: threads) { TraceCache.key(model, cells[$0].request) }
    // Cells that ask for the same are run once, for the first of them.
    var seen: Set<String> = []
    let firsts = keys.indices.filter { seen.insert(keys[$0]).inserted }
    let cached = Parallel.map(
      firsts.count, threads: threads, inOrder: { if $1 != nil { tell(model, cells[firsts[$0]], cached: true) } },
      { cache.trace(keys[firsts[$0]], of: model) })
    var found: [String: Result<Trace, Diagnostic>] = [:]
    for (first, trace) in zip(firsts, cached) { if let trace { found[keys[first]] = .success(trace) } }
    let missing = firsts.filter { found[keys[$0]] == nil }
    if !missing.isEmpty {
      let progress = progress
      do {
        let traces = try source.traces(of: model, missing.map { cells[$0].request }, states: nil) { done, total in
          progress?(.running(model: model.name, done: done, total: total))
        }
        let ran = Array(zip(missing, traces))
        _ = Parallel.map(
          ran.count, threads: threads,
          inOrder: { index, isThere in if isThere { tell(model, cells[ran[index].0], cached: false) } },
          { index -> Bool in
            guard case .success(let trace) = ran[index].1 else { return false }
            cache.keep(trace, keys[ran[index].0])
            return true
          })
        for (first, result) in ran { found[keys[first]] = result }
      } catch {
        let problem = Diagnostic.one(from: error)
        for first in missing { found[keys[first]] = .failure(problem) }
      }
    }
    return keys.map { found[$0] ?? .failure(Diagnostic("no trace came back", category: .internalFault)) }
  }

  private func tell(_ model: ResolvedModel, _ cell: Plan.Cell, cached: Bool) {
    progress?(.traced(model: model.name, prompt: spec.prompts[cell.prompt].id, cached: cached))
  }

  private func unknownProblem(_ model: Int) -> Diagnostic {
    Diagnostic(place: spec.models[model].name, "the model was not opened", category: .internalFault)
  }
}
