import Foundation

/// Another program, run until it exits.
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

  /// How many seconds a program may say nothing, before its first output and later; then it is ended.
  package struct Patience: Sendable {
    package var first: Double
    package var later: Double

    /// Seconds before the first output, and between two.
    package init(first: Double, later: Double) {
      self.first = first
      self.later = later
    }
  }

  /// A program that sees nothing but its input: its working folder is empty and is removed afterwards.
  package struct Isolation: Sendable {
    /// What it reads from standard input.
    package var input: Data

    /// With an input, empty by default.
    package init(input: Data = Data()) { self.input = input }
  }

  /// The path of a program on PATH, nil when there is none.
  package static func find(_ name: String, environment: [String: String]) -> URL? {
    for folder in (environment["PATH"] ?? "").split(separator: ":") where folder.hasPrefix("/") {
      let path = "\(folder)/\(name)"
      if access(path, X_OK) == 0 { return URL(fileURLWithPath: path) }
    }
    return nil
  }

  /// Runs a program, by default without input and in the working folder of this one.
  ///
  /// Its stdout goes to `output` in pieces as it arrives; when `output` throws or patience ends, the program is ended.
  package static func run(
    _ program: URL, _ arguments: [String], environment: [String: String], isolated: Isolation? = nil,
    patience: Patience? = nil, tick: (() -> Void)? = nil, output: ((Data) throws -> Void)? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment
    process.standardInput = try isolated.map { try unnamedFile($0.input) } ?? FileHandle.nullDevice
    let folder = try isolated.map { _ in try emptyFolder() }
    defer { if let folder { remove(folder) } }
    if let folder { process.currentDirectoryURL = folder }
    let out = Pipe()
    let err = Pipe()
    process.standardOutput = output == nil ? FileHandle.nullDevice : out
    process.standardError = err
    try process.run()
    TemporaryFiles.add(child: process.processIdentifier)
    defer { TemporaryFiles.forget(child: process.processIdentifier) }
    let errors = LastBytes()
    let drained = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      while case let data = err.fileHandleForReading.availableData, !data.isEmpty { errors.append(data) }
      drained.signal()
    }
    do {
      if let output, let patience {
        try read(out.fileHandleForReading, of: process, patience, output)
      } else if let output {
        while let data = try out.fileHandleForReading.read(upToCount: 1 << 20), !data.isEmpty { try output(data) }
      } else if let tick {
        while process.isRunning {
          tick()
          Thread.sleep(forTimeInterval: 0.1)
        }
      }
    } catch {
      process.terminate()
      process.waitUntilExit()
      throw error
    }
    process.waitUntilExit()
    drained.wait()
    return Outcome(status: process.terminationStatus, errors: errors.text)
  }

  /// Passes output on until it ends, or ends the program when it says nothing for too long.
  private static func read(
    _ handle: FileHandle, of process: Process, _ patience: Patience, _ output: (Data) throws -> Void
  ) throws {
    var seconds = patience.first
    while true {
      var entry = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, Int32(seconds * 1000))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else {
        kill(process.processIdentifier, SIGKILL)
        return
      }
      let data = handle.availableData
      if data.isEmpty { return }
      try output(data)
      seconds = patience.later
    }
  }

  /// A file without a name that begins with these bytes: a pipe would have to be filled while the program runs.
  private static func unnamedFile(_ data: Data) throws -> FileHandle {
    var name = Array("\(NSTemporaryDirectory())/strata-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    unlink(name)
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: data)
    try file.seek(toOffset: 0)
    return file
  }

  private static func emptyFolder() throws -> URL {
    var name = Array("\(NSTemporaryDirectory())/strata-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw CocoaError(.fileWriteUnknown) }
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = URL(fileURLWithPath: path, isDirectory: true)
    TemporaryFiles.add(folder)
    return folder
  }

  private static func remove(_ folder: URL) {
    rmdir(folder.path)
    TemporaryFiles.forget(folder)
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
