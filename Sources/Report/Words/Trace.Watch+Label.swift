import Traces

extension Trace.Watch {
  /// Whether several tokens are one series.
  package var isSet: Bool { ids != nil }

  /// What the series is called in figures and tables: the token made visible, or the name of the set.
  package var label: String { isSet ? TokenDisplay.line(text) : TokenDisplay.label(text) }
}
