import Traces

/// Several problems found together, in the order in which they were found; thrown when at least one is an error.
public struct DiagnosticList: Error, Equatable, Sendable {
  /// The problems; never empty.
  public var diagnostics: [Diagnostic]

  /// A list of problems.
  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }
}

extension Diagnostic {
  /// Any error as diagnostics: diagnostics unchanged, errors of Engine and Plot with their hints, others by their description.
  public static func all(from error: any Error) -> [Diagnostic] {
    switch error {
    case let list as DiagnosticList: list.diagnostics
    case let diagnostic as Diagnostic: [diagnostic]
    case let known as any EngineError: [Diagnostic(known)]
    default: [Diagnostic("\(error)", category: .internalFault)]
    }
  }

  /// Any error as one diagnostic, the first where there are several.
  public static func one(from error: any Error) -> Diagnostic {
    all(from: error).first ?? Diagnostic("\(error)", category: .internalFault)
  }
}
