import Traces

/// A lens with maps that were fitted to a model.
public enum FittedLens: Sendable {
  /// A learned affine map for each row below the last.
  case tuned(TunedLens)
  /// The mean derivative of the last block's output for rows below the last.
  case jacobian(JacobianLens)

  /// Its description in traces of a request with this norm.
  func description(norm: Trace.Lens.Norm) -> Trace.Lens {
    switch self {
    case .tuned(let lens): Trace.Lens(kind: .tuned, norm: norm, baseModel: lens.baseModel, sha256: lens.sha256)
    case .jacobian(let lens):
      Trace.Lens(
        kind: .jacobian, norm: norm, sha256: lens.sha256, prompts: lens.prompts, width: lens.width,
        sourceLayers: lens.sourceLayers)
    }
  }

  /// Checks that the lens fits a model.
  ///
  /// - Throws: `TunedLensError`, `JacobianLensError`.
  func require(fits model: LanguageModel) throws {
    switch self {
    case .tuned(let lens): try lens.require(fits: model)
    case .jacobian(let lens): try lens.require(fits: model)
    }
  }

  /// Checks that the lens supports a request's rows and norm.
  ///
  /// - Throws: `TunedLensError`, `JacobianLensError`.
  func require(canShow request: TraceRequest) throws {
    switch self {
    case .tuned(let lens): try lens.require(canShow: request)
    case .jacobian(let lens): try lens.require(canShow: request)
    }
  }

  /// Whether the lens reads a row of a network of so many blocks; the last row is always read.
  func reads(_ row: Trace.Row, layers: Int) -> Bool {
    switch self {
    case .tuned: true
    case .jacobian(let lens): lens.reads(row, layers: layers)
    }
  }

  /// Maps the states of whole columns, [columns * rows.count, D]; the last state of each does not change.
  func apply(to states: FloatMatrix, columns: Int, rows: [Trace.Row], pool: ThreadPool) {
    switch self {
    case .tuned(let lens): lens.apply(to: states, columns: columns, rows: rows.count, pool: pool)
    case .jacobian(let lens): lens.apply(to: states, columns: columns, rows: rows, pool: pool)
    }
  }
}
