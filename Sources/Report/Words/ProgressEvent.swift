/// Where work stands, for those who wait for it.
public enum ProgressEvent: Sendable, Equatable {
  /// Bytes of a model that have come so far, of all.
  case fetching(model: String, received: Int, total: Int)
  /// A model has been fetched.
  case fetched(model: String, bytes: Int)
  /// A model runs: steps done of all.
  case running(model: String, done: Int, total: Int)
  /// A cell of model and prompt has its numbers.
  case traced(model: String, prompt: String, cached: Bool)
  /// A figure has its files.
  case drawn(figure: String, cached: Bool)
  /// A part of the work failed.
  case failed(what: String, message: String)
  /// Why something was made again; told where someone asked for it.
  case reason(what: String, why: String)
  /// Something else worth a line.
  case note(String)
}

/// Is told about progress, from any thread.
public typealias ProgressHandler = @Sendable (ProgressEvent) -> Void
