import Engine

/// Traces from our own engine.
public struct EngineTraceSource: TraceSource {
  let threads: Int

  /// A source that runs models on so many threads.
  public init(threads: Int) {
    self.threads = threads
  }

  /// Runs the model once for all requests that can be run.
  public func traces(
    of model: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [Result<Trace, Diagnostic>] {
    let tracer = try tracer(of: model)
    var results: [Result<Trace, Diagnostic>?] = requests.map { request in
      do {
        try tracer.check(request)
        return nil
      } catch {
        return .failure(Diagnostic.one(from: error))
      }
    }
    let sound = requests.indices.filter { results[$0] == nil }
    // States go by the indices of the requests; a request that cannot be run leaves none to export.
    guard states == nil || sound.count == requests.count else { return results.compactMap { $0 } }
    do {
      let traces = try tracer.trace(sound.map { requests[$0] }, states: states) { progress?($0.done, $0.total) }
      for (index, trace) in zip(sound, traces) { results[index] = .success(trace) }
    } catch  where sound.count > 1 && states == nil {
      // One of them failed while it ran; alone, each is answered for itself.
      for index in sound {
        results[index] = Result { try tracer.trace([requests[index]])[0] }.mapError { Diagnostic.one(from: $0) }
      }
    } catch {
      for index in sound { results[index] = .failure(Diagnostic.one(from: error)) }
    }
    return results.compactMap { $0 }
  }

  /// Runs the model over all prompts of a dataset.
  public func summary(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> DatasetSummary {
    try tracer(of: model).summary(of: request) { progress?($0.done, $0.total) }
  }

  /// A tracer of an opened model, through its tuned lens where it has one.
  func tracer(of model: ResolvedModel) throws -> Tracer {
    let opened = try LanguageModel.open(path: model.url.path, identity: model.identity)
    let lens = try model.tunedLens.map { try TunedLens(path: $0.url.path, sha256: $0.sha256) }
    return try Tracer(model: opened, lens: lens, threads: threads)
  }
}
