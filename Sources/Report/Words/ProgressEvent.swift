/// The progress of long work.
public enum ProgressEvent: Sendable, Equatable {
  /// Bytes of a model received so far, and in all.
  case fetching(model: String, received: Int, total: Int)
  /// A model has been fetched.
  case fetched(model: String, bytes: Int)
  /// A model is running: steps done, and in all.
  case running(model: String, done: Int, total: Int)
  /// A cell of model and prompt has its numbers.
  case traced(model: String, prompt: String, cached: Bool)
  /// A figure has its files.
  case drawn(figure: String, cached: Bool)
  /// A part of the work failed.
  case failed(what: String, message: String)
  /// Why something was made again; reported on request.
  case reason(what: String, why: String)
  /// Something else worth a line.
  case note(String)
}

/// Receives progress events, from any thread.
public typealias ProgressHandler = @Sendable (ProgressEvent) -> Void
