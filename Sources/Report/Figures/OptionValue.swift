import Plot

/// The value of a figure's option as written in a spec or on the command line.
public enum OptionValue: Equatable, Hashable, Sendable, Codable {
  /// A text.
  case text(String)
  /// A whole number.
  case integer(Int)
  /// A number.
  case number(Double)
  /// true or false.
  case flag(Bool)
  /// Names with words.
  case sets([MarkedSet])
  /// Several values.
  case list([OptionValue])
}
