import Foundation
import Words

/// What the system has to allow the program before it starts.
///
/// Libraries end the program, wait for ever, or say that a font or a package is missing, where they cannot open a file or start a thread.
struct ResourceLimits {
  private let resource: __rlimit_resource_t
  private let least: rlim_t
  /// What the limit counts, after the number.
  private let counted: String
  /// The option of the shell's `ulimit`, and how many bytes or files its unit is.
  private let option: String
  private let unit: rlim_t
  /// Whether the program raises it as far as the user allows; who limits memory means it.
  var isRaised = false

  private static let all = [
    // Traces, fonts, models in many parts, and the pipes of a child process beside them.
    ResourceLimits(
      resource: __rlimit_resource_t(RLIMIT_NOFILE.rawValue), least: 256, counted: "open files", option: "n", unit: 1,
      isRaised: true),
    // Models that are mapped come on top, and say so themselves when there is no room for them.
    ResourceLimits(
      resource: __rlimit_resource_t(RLIMIT_AS.rawValue), least: 1 << 30, counted: "kB of address space", option: "v",
      unit: 1024),
    ResourceLimits(
      resource: __rlimit_resource_t(RLIMIT_DATA.rawValue), least: 1 << 29, counted: "kB of data", option: "d",
      unit: 1024),
    ResourceLimits(
      resource: __rlimit_resource_t(RLIMIT_STACK.rawValue), least: 1 << 18, counted: "kB of stack", option: "s",
      unit: 1024, isRaised: true),
    // All threads of the user count. The system does not hold the superuser to it.
    ResourceLimits(
      resource: __rlimit_resource_t(__RLIMIT_NPROC.rawValue), least: geteuid() == 0 ? 0 : 64,
      counted: "processes and threads", option: "u", unit: 1, isRaised: true),
  ]

  /// Refuses to start where a limit is too low and cannot be raised.
  ///
  /// - Throws: `Diagnostic`.
  static func require() throws(Diagnostic) {
    for limit in all { try limit.require() }
  }

  private func require() throws(Diagnostic) {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < least else { return }
    let found = limit.rlim_cur
    if isRaised, limit.rlim_max >= least {
      limit.rlim_cur = least
      if setrlimit(resource, &limit) == 0 { return }
    }
    throw Diagnostic(
      "expected a limit of \(least / unit) \(counted) or more, found \(found / unit)",
      hints: ["raise it: ulimit -\(option) \(least / unit)"], category: .usage)
  }
}
