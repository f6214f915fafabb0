import Plot

/// The value of a figure's option as written in a spec or on the command line.
public enum OptionValue: Equatable, Hashable, Sendable, Codable {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([OptionValue])
}
