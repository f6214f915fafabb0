import Engine
import Foundation
import Models
import Plot
import Traces
import Words

/// Traces a few texts on one model, outside of any spec.
public struct TraceRunner: Sendable {
  let store: ModelStore
  let source: any TraceSource

  /// A runner over a store of models and a source of numbers.
  public init(store: ModelStore, source: any TraceSource) {
    self.store = store
    self.source = source
  }

  /// Traces in the order of requests, from the cache where they are in it.
  ///
  /// - Parameters:
  ///   - model: A reference as in a spec.
  ///   - tunedLens: The folder of a tuned lens to look through.
  ///   - options: How the model is opened.
  ///   - adapter: What is added to its products: a path, or a name on a hub.
  ///   - states: Keeps the states themselves; the model is then run, whatever is in the cache.
  /// - Throws: `DiagnosticList` with what is wrong with the requests, or why the model cannot be used.
  public func traces(
    of model: String, _ requests: [TraceRequest], tunedLens: String? = nil, options: ModelOptions = ModelOptions(),
    adapter: String? = nil, states: CapturedStates? = nil, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> [Trace] {
    let resolved = try store.resolve(
      written: model, tunedLens: tunedLens, options: options, adapter: adapter, base: base, offline: offline,
      progress: progress)
    let traces = try self.traces(of: resolved, requests, states: states, progress: progress)
    ModelRemarks(store.cache).tell(resolved, source, progress: progress)
    for note in Set(traces.compactMap(\.repeatedBOS)).sorted() { progress?(.note("note: \(note)")) }
    return traces
  }

  private func traces(
    of resolved: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?, progress: ProgressHandler?
  ) throws -> [Trace] {
    let cache = TraceCache(store.cache)
    var traces = requests.map {
      states == nil ? cache.trace(TraceCache.key(resolved, $0), of: resolved) : nil
    }
    let missing = requests.indices.filter { traces[$0] == nil }
    guard !missing.isEmpty else { return traces.compactMap { $0 } }
    let results = try source.traces(of: resolved, missing.map { requests[$0] }, states: states) { done, total in
      progress?(.running(model: resolved.name, done: done, total: total))
    }
    var problems: [Diagnostic] = []
    for (index, result) in zip(missing, results) {
      switch result {
      case .success(let trace):
        traces[index] = trace
        cache.keep(trace, TraceCache.key(resolved, requests[index]))
      case .failure(let problem): problems.append(problem)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return traces.compactMap { $0 }
  }
}
