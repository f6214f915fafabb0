import Foundation

/// A command run as anybody would type it: its times and its peak memory.
struct Child: Codable {
  let seconds: Double
  /// Processor time of all its threads, for itself and in the system.
  let processor: Double
  /// Largest resident set, bytes; pages of mapped files that are in memory count.
  let peak: Double
  let status: Int32

  /// Runs a command in a process of its own between it and this one.
  ///
  /// Linux counts what a parent had in memory when it began a child into the peak of that child; the process between is small.
  /// - Throws: `CheckFailed` unless the command ends well.
  static func run(_ command: [String], environment: [String: String] = [:]) throws -> Child {
    let output = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [CommandCommand.name, "--"] + command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let child = try JSONDecoder().decode(Child.self, from: data)
    guard child.status == 0 else {
      throw CheckFailed("'\(command.joined(separator: " "))' ended with status \(child.status)")
    }
    return child
  }

  /// Runs a command as a child of this process, its standard output thrown away.
  ///
  /// - Throws: `CheckFailed` when it cannot be started.
  init(running command: [String]) throws {
    var arguments = command.map { strdup($0) } + [nil]
    defer { for pointer in arguments { free(pointer) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    var process = pid_t()
    let start = ContinuousClock.now
    guard let program = command.first, posix_spawnp(&process, program, &actions, nil, &arguments, environ) == 0 else {
      throw CheckFailed("'\(command.joined(separator: " "))' cannot be started")
    }
    var state: Int32 = 0
    var usage = rusage()
    while wait4(process, &state, 0, &usage) < 0 && errno == EINTR {}
    seconds = (ContinuousClock.now - start).inSeconds
    processor = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6 }
    peak = Double(usage.ru_maxrss) * 1024
    // As a shell tells it: the exit code, or 128 and the number of the signal.
    status = state & 0x7f == 0 ? (state >> 8) & 0xff : 128 + (state & 0x7f)
  }
}
