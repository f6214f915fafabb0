import Engine
import Models
import Traces
import Words

/// Where numbers come from: the engine, or in tests something that makes them up.
public protocol TraceSource: DatasetSource {
  /// Traces of several requests on one model, or why there is none, in the order of the requests.
  ///
  /// - Parameter states: Keeps the states themselves, under the indices of the requests.
  /// - Throws: When nothing can be traced, because the model cannot be opened.
  func traces(
    of model: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [Result<Trace, Diagnostic>]
}
