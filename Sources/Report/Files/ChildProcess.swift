import CLink
import Foundation

/// Another program, run until it exits: the one place where this program starts others.
///
/// Every child works in an empty folder of its own, so nothing that lies in the user's working folder is found or run by chance; it is given
/// the variables of a `ChildEnvironment` alone, and limits of time and memory.
package struct ChildProcess {
  /// Its exit status.
  package struct Outcome {
    package var status: Int32
    /// The last part of its stderr.
    package var errors: String

    /// From its parts.
    package init(
      status: Int32, errors: String
    ) {
      self.status = status
      self.errors = errors
    }
  }

  /// What a program may take; beyond it the program is ended.
  package struct Limits: Sendable {
    /// Seconds without a sign of life before the first one: output, or a change of what `tick` returns.
    package var first: Double
    /// Seconds between two signs of life.
    package var later: Double
    /// Seconds of processor time.
    package var processor: UInt
    /// Bytes of address space.
    package var memory: UInt

    /// From its parts.
    package init(first: Double, later: Double, processor: UInt, memory: UInt) {
      self.first = first
      self.later = later
      self.processor = processor
      self.memory = memory
    }

    /// For a program that reads files and answers: a minute of silence, ten minutes of processor time, 4 GiB.
    package static let short = Limits(first: 60, later: 60, processor: 600, memory: 4 << 30)
    /// For a download: a quarter of an hour in which nothing arrives, an hour of processor time, 4 GiB.
    package static let download = Limits(first: 900, later: 900, processor: 3600, memory: 4 << 30)
  }

  /// The path of a program on PATH, nil when there is none.
  package static func find(_ name: String, environment: [String: String]) -> URL? {
    for folder in (environment["PATH"] ?? "").split(separator: ":") where folder.hasPrefix("/") {
      let path = "\(folder)/\(name)"
      if access(path, X_OK) == 0 { return URL(fileURLWithPath: path) }
    }
    return nil
  }

  /// The Python that runs what is written in it: `STRATA_PYTHON`, where it is a program, else `python3` on PATH; nil when there is none.
  ///
  /// The launcher of the wheel names the Python that it was installed for, which has what the wheel depends on.
  package static func python(environment: [String: String]) -> URL? {
    ownPython(environment: environment) ?? find("python3", environment: environment)
  }

  /// What `STRATA_PYTHON` names, nil where it is no program.
  package static func ownPython(environment: [String: String]) -> URL? {
    guard let path = environment["STRATA_PYTHON"], path.hasPrefix("/"), access(path, X_OK) == 0 else { return nil }
    return URL(fileURLWithPath: path)
  }

  /// Runs a program whose standard input is `input`, and whose stdout goes to `output` in pieces as it arrives.
  ///
  /// When `output` throws, or when the program is beyond a limit, it is ended. Without `output`, `tick` is called ten times a second, and a
  /// change of what it returns counts as a sign of life.
  package static func run(
    _ program: URL, _ arguments: [String], environment: ChildEnvironment, input: Data = Data(), limits: Limits = .short,
    tick: () -> Int = { 0 }, output: ((Data) throws -> Void)? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment.variables
    process.standardInput = try input.isEmpty ? FileHandle.nullDevice : unnamedFile(input)
    let folder = try TemporaryFiles.makeFolder(for: .child)
    defer { TemporaryFiles.discard(folder: folder) }
    process.currentDirectoryURL = folder
    let out = Pipe()
    let err = Pipe()
    process.standardOutput = output == nil ? FileHandle.nullDevice : out
    process.standardError = err
    try process.run()
    limit(process.processIdentifier, limits)
    TemporaryFiles.add(child: process.processIdentifier)
    defer { TemporaryFiles.forget(child: process.processIdentifier) }
    let errors = LastBytes()
    let drained = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      while case let data = err.fileHandleForReading.availableData, !data.isEmpty { errors.append(data) }
      drained.signal()
    }
    do {
      if let output {
        try read(out.fileHandleForReading, of: process, limits, output)
      } else {
        wait(for: process, limits, tick)
      }
    } catch {
      end(process)
      process.waitUntilExit()
      throw error
    }
    process.waitUntilExit()
    // A program that it left running may hold the pipe open.
    _ = drained.wait(timeout: .now() + 5)
    return Outcome(status: process.terminationStatus, errors: errors.text)
  }

  /// Sets the system's limits of a program that has just started.
  private static func limit(_ id: pid_t, _ limits: Limits) {
    for (resource, most) in [(RLIMIT_CPU, limits.processor), (RLIMIT_AS, limits.memory)] {
      var limit = process_limit(now: most, most: most)
      _ = set_process_limit(id, Int32(resource.rawValue), &limit, nil)
    }
  }

  /// Passes output on until it ends, or ends the program when it says nothing for too long.
  private static func read(
    _ handle: FileHandle, of process: Process, _ limits: Limits, _ output: (Data) throws -> Void
  ) throws {
    var seconds = limits.first
    while true {
      var entry = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, Int32(seconds * 1000))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else {
        end(process)
        return
      }
      let data = handle.availableData
      if data.isEmpty { return }
      try output(data)
      seconds = limits.later
    }
  }

  /// Waits until a program exits, or ends it when `tick` returns the same for too long.
  private static func wait(for process: Process, _ limits: Limits, _ tick: () -> Int) {
    var last = tick()
    var silent = 0.0
    var patience = limits.first
    while process.isRunning {
      Thread.sleep(forTimeInterval: 0.1)
      silent += 0.1
      let now = tick()
      if now != last {
        last = now
        silent = 0
        patience = limits.later
      }
      if silent > patience {
        end(process)
        return
      }
    }
  }

  /// Ends a program and those that it has started: Foundation gives every program a process group of its own.
  private static func end(_ process: Process) {
    if getpgid(process.processIdentifier) == process.processIdentifier { kill(-process.processIdentifier, SIGKILL) }
    kill(process.processIdentifier, SIGKILL)
  }

  /// A file without a name that begins with these bytes: a pipe would have to be filled while the program runs.
  private static func unnamedFile(_ data: Data) throws -> FileHandle {
    let file = FileHandle(fileDescriptor: try TemporaryFiles.openUnnamedFile(for: .child), closeOnDealloc: true)
    try file.write(contentsOf: data)
    try file.seek(toOffset: 0)
    return file
  }
}

/// The last bytes of a stream, filled from one thread and read from another after it has ended.
private final class LastBytes: @unchecked Sendable {
  private let lock = NSLock()
  private var bytes = Data()

  func append(_ data: Data) {
    lock.withLock {
      bytes.append(data)
      if bytes.count > 1 << 16 { bytes = Data(bytes.suffix(1 << 15)) }
    }
  }

  var text: String { lock.withLock { String(decoding: bytes, as: UTF8.self) } }
}
