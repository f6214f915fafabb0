import Foundation
import Words

/// How many files the program may have open at a time.
enum OpenFiles {
  /// Traces, fonts, models in many parts, and the pipes of a child process beside them.
  private static let least: rlim_t = 256

  /// Raises the limit as far as the user allows, and refuses to start where it stays too low: libraries end the program, or say that a font
  /// or a package is missing, when they cannot open a file.
  ///
  /// - Throws: `Diagnostic`.
  static func require() throws(Diagnostic) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < least else { return }
    let found = limit.rlim_cur
    limit.rlim_cur = min(least, limit.rlim_max)
    guard limit.rlim_cur < least || setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 else { return }
    throw Diagnostic(
      "expected a limit of \(least) open files or more, found \(found)", hints: ["raise it: ulimit -n \(least)"],
      category: .usage)
  }
}
