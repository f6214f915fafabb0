import Foundation
import Words

/// Reads the files that a spec names: texts of prompts, tables of prompts, Markdown.
///
/// A spec's own folder is where paths begin. The caller opens files, so that the reader works on any source of bytes.
public struct SpecFiles: Sendable {
  /// The bytes of a file by its path as the spec has it; nil when it cannot be read.
  let read: @Sendable (String) -> Data?

  /// Files from a function.
  public init(_ read: @escaping @Sendable (String) -> Data?) { self.read = read }

  /// No file can be read.
  public static let none = SpecFiles { _ in nil }
}

/// What became of a spec's bytes.
public struct SpecReading: Sendable {
  /// The spec; nil when it has problems.
  public var spec: ReportSpec?
  /// The problems, in the order in which they were found.
  public var problems: [Diagnostic]
  /// The files that the spec names and that its reader opened or tried to open, as the spec has them, each once.
  public var files: [String]
}
