import Foundation

/// What is known of a model on one subject: the trace of a prompt, or the summary of a dataset.
public enum Numbers: Equatable, Sendable {
  /// Of a prompt.
  case trace(Trace)
  /// Of a dataset.
  case summary(DatasetSummary)

  /// The two sorts of numbers.
  public enum Sort: Equatable, Sendable {
    /// Those of a prompt.
    case trace
    /// Those of a dataset.
    case summary
  }

  /// The trace; nil for a dataset.
  public var trace: Trace? { if case .trace(let trace) = self { trace } else { nil } }

  /// The summary; nil for a prompt.
  public var summary: DatasetSummary? { if case .summary(let summary) = self { summary } else { nil } }

  /// The model that was asked.
  public var model: Trace.Model {
    get {
      switch self {
      case .trace(let trace): trace.model
      case .summary(let summary): summary.model
      }
    }
    set {
      switch self {
      case .trace(var trace):
        trace.model = newValue
        self = .trace(trace)
      case .summary(var summary):
        summary.model = newValue
        self = .summary(summary)
      }
    }
  }

  /// The lens that read the hidden states.
  public var lens: Trace.Lens {
    switch self {
    case .trace(let trace): trace.lens
    case .summary(let summary): summary.lens
    }
  }

  /// Precision of activations and accumulations: "f32".
  public var compute: String {
    switch self {
    case .trace(let trace): trace.compute
    case .summary(let summary): summary.compute
    }
  }

  /// The bytes of the file: `strata.trace` or `strata.dataset`.
  ///
  /// - Throws: What encoding throws.
  public func jsonData() throws -> Data {
    switch self {
    case .trace(let trace): try trace.jsonData()
    case .summary(let summary): try summary.jsonData()
    }
  }
}
