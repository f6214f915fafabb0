import Engine
import Plot

extension Diagnostic {
  /// A drawing error as a diagnostic: a missing font is a missing input, broken rules of a venue are the spec's, the rest are bugs of this program.
  public init(_ error: PlotError, place: String? = nil) {
    let category: ErrorCategory =
      switch error {
      case .missingFont, .missingGlyph: .badInput
      case .unknownName, .venueRules, .doesNotFit: .badSpec
      default: .internalFault
      }
    self.init(place: place, error.message, hints: error.hints, category: category)
  }
}
