/// An error of the engine for the user: where it happened, what was expected and found, what to do.
///
/// Each area has its own enum (`GGUFError`, `TokenizerError`, ...) whose cases hold data; the sentences are produced by
/// `message` and `hints`. A message is lower case, without a full stop.
public protocol EngineError: Error, Sendable {
  /// Where: a path, a path with a tensor name or a byte offset, or the name of a model.
  var place: String { get }
  /// What was expected and what was found.
  var message: String { get }
  /// What the user can do about it.
  var hints: [String] { get }
  /// The category of the error, which decides the exit code of the command.
  var category: ErrorCategory { get }
}

/// The category of an error; the command line maps it to an exit code.
public enum ErrorCategory: Sendable, Equatable {
  /// The command was used wrongly (exit 64).
  case usage
  /// A spec file is wrong (exit 65).
  case badSpec
  /// A model or another input is missing, damaged or not supported (exit 66).
  case badInput
  /// The network failed or was not allowed (exit 69).
  case network
  /// A bug of this program (exit 70).
  case internalFault
  /// An output cannot be written (exit 73).
  case cannotWrite
}

extension EngineError {
  /// Empty by default.
  public var hints: [String] { [] }
  /// Most engine errors are about the files and texts given to it.
  public var category: ErrorCategory { .badInput }
}
