import Foundation

/// Runs a whole command as anybody would type it, and takes its time and peak memory.
struct CommandBenchmark {
  let command: [String]
  /// Set for the command in addition to this process's environment.
  var environment: [String: String] = [:]

  struct Outcome {
    let seconds: Double
    /// Largest resident set, MB.
    let peak: Double
    let status: Int32

    var cells: [String] { ["\(fixed(seconds, 1)) s", "\(fixed(peak, 0)) MB", "\(status)"] }
  }

  struct CannotRun: Error { let command: String }

  /// Runs it once, its standard output thrown away.
  func run() throws -> Outcome {
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var arguments = command.map { strdup($0) } + [nil]
    var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in arguments + settings { free(pointer) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    var process = pid_t()
    let start = ContinuousClock.now
    guard let program = command.first, posix_spawnp(&process, program, &actions, nil, &arguments, &settings) == 0 else {
      throw CannotRun(command: command.joined(separator: " "))
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
    let time = ContinuousClock.now - start
    return Outcome(
      seconds: Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18,
      peak: Double(usage.ru_maxrss) * 1024 / 1e6, status: status == 0 ? 0 : (status >> 8) & 0xff)
  }
}
