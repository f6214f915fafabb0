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

  /// The path of a program on PATH, nil when there is none.
  package static func find(_ name: String, environment: [String: String]) -> URL? {
    for folder in (environment["PATH"] ?? "").split(separator: ":") where folder.hasPrefix("/") {
      let path = "\(folder)/\(name)"
      if access(path, X_OK) == 0 { return URL(fileURLWithPath: path) }
    }
    return nil
  }

  /// Runs a program without input.
  ///
  /// Its stdout goes to `output` in pieces as it arrives; when `output` throws, the program is ended.
  package static func run(
    _ program: URL, _ arguments: [String], environment: [String: String],
    tick: (() -> Void)? = nil, output: ((Data) throws -> Void)? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
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
      if let output {
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
