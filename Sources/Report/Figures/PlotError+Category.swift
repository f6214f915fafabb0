import Plot
import Traces

/// A missing font is a missing input, broken rules of a venue are the spec's fault, the rest are bugs of this program.
extension PlotError: EngineError {
  /// Nowhere: whoever knows what is drawn says so.
  public var place: String { "" }
  /// Decides the exit code.
  public var category: ErrorCategory {
    switch self {
    case .missingFont, .missingGlyph: .badInput
    case .unknownName, .venueRules, .doesNotFit: .badSpec
    default: .internalFault
    }
  }
}
