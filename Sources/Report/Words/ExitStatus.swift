import Traces

/// How a command ended, as the number it returns to the shell.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Success.
  case done = 0
  /// Some cells failed; the rest was built.
  case someFailed = 1
  /// A check found a difference.
  case differs = 2
  /// The command line is wrong.
  case usage = 64
  /// A spec is wrong.
  case badSpec = 65
  /// A model or another input is missing, damaged or not supported.
  case badInput = 66
  /// The network failed or was not allowed.
  case network = 69
  /// A bug of this program.
  case internalFault = 70
  /// A file cannot be written.
  case cannotWrite = 73
  /// The user interrupted the program.
  case interrupted = 130

  /// The status for a category of diagnostic.
  public init(_ category: ErrorCategory) {
    self =
      switch category {
      case .usage: .usage
      case .badSpec: .badSpec
      case .badInput: .badInput
      case .network: .network
      case .internalFault: .internalFault
      case .cannotWrite: .cannotWrite
      }
  }
}
