import Foundation
import Words

/// Reads the files that a spec names: texts of prompts, tables of prompts, Markdown.
///
/// A spec's own folder is where paths begin. The caller opens files, so that the reader works on any source of bytes.
public struct SpecFiles: Sendable {
  /// What a path leads to.
  public enum Found: Sendable {
    /// The bytes of a file.
    case bytes(Data)
    /// A file of so many bytes, which is too large to be read.
    case tooLarge(Int)
    /// No file that can be read, and why: "no such file or directory".
    case unreadable(String)
    /// Something outside the folders that a spec may read from.
    case outside
  }

  /// What a pattern of paths leads to.
  public struct Matches: Sendable {
    /// The files and folders, relative to the spec, in order.
    public var paths: [String]
    /// Whether one of them lies outside the folders that a spec may read from, so that names must not be repeated.
    public var isOutside: Bool
    /// Whether there are too many names on the way to look at all.
    public var isTooWide: Bool

    /// From its parts.
    public init(_ paths: [String], isOutside: Bool = false, isTooWide: Bool = false) {
      (self.paths, self.isOutside, self.isTooWide) = (paths, isOutside, isTooWide)
    }
  }

  /// What a path leads to, as the spec has it; files of more bytes than the second argument are not read.
  let read: @Sendable (String, Int) -> Found

  /// What a pattern with `*`, `?` or `[a-z]` names.
  let match: @Sendable (String) -> Matches

  /// Files from a function of the path and the largest number of bytes, and one of a pattern of paths.
  public init(
    _ read: @escaping @Sendable (String, Int) -> Found,
    matching match: @escaping @Sendable (String) -> Matches = { _ in Matches([]) }
  ) {
    self.read = read
    self.match = match
  }

  /// No file can be read.
  public static let none = SpecFiles { _, _ in .unreadable("no such file or directory") }
}

extension Diagnostic {
  /// A file that is named by a spec and lies elsewhere.
  package static func outside(_ path: String, place: String) -> Diagnostic {
    guard !path.leadsIntoGit else {
      return Diagnostic(
        place: place, "the file '\(VisibleText.excerpt(of: path, count: 80))' is git's own, which no spec reads",
        hints: ["copy what you need beside the spec"], category: .badSpec)
    }
    return Diagnostic(
      place: place,
      "the file '\(VisibleText.excerpt(of: path, count: 80))' is outside the spec's folder and the git repository around it",
      hints: [
        "copy it beside the spec; a spec reads texts, tables and pictures only from there (symbolic links are followed)"
      ],
      category: .badSpec)
  }

  /// A file that is named by a spec and cannot be opened.
  package static func unreadable(_ path: String, _ reason: String, place: String) -> Diagnostic {
    Diagnostic(
      place: place, "the file '\(VisibleText.excerpt(of: path, count: 80))' cannot be read: \(reason)",
      hints: ["paths are relative to the spec's folder"], category: .badInput)
  }
}

/// What became of a spec's bytes.
public struct SpecReading: Sendable {
  /// The spec; nil when it has problems.
  public var spec: ReportSpec?
  /// What could be read of it, with or without problems: for more checks, not for a build.
  package var draft: ReportSpec?
  /// The problems, in the order in which they were found.
  public var problems: [Diagnostic]
  /// The files that the spec names and that its reader opened or tried to open, as the spec has them, each once.
  public var files: [String]
  /// The patterns of checkpoints that the spec names and that were looked for, as the spec has them.
  package var patterns: [String] = []
  /// Why figures are left out of the spec, where that was asked for.
  package var leftOut: [Diagnostic] = []
}
