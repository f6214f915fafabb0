import Plot
import Traces

/// A missing font is a bad input, a broken rule of a venue is a mistake in the spec, the rest are bugs of this program.
extension PlotError: EngineError {
  /// No place: the caller knows which figure is drawn.
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
