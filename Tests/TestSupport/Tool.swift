import Foundation

/// Runs a program of the system, such as `qpdf`; a missing one is an error, never a skipped test.
public enum Tool {
  /// What a program left behind.
  public struct Result {
    /// Exit status.
    public var status: Int32
    /// Bytes of standard output.
    public var standardOutput: Data
    /// Standard output as text, then standard error.
    public var output: String
  }

  /// Runs `name` from the PATH to its end.
  public static func run(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, standardOutput: data,
      output: String(decoding: data, as: UTF8.self) + String(decoding: errorData, as: UTF8.self))
  }

  /// Writes a program that the test starts later.
  ///
  /// Another process writes it. A descriptor that is open for writing in this one would be inherited by a child that
  /// another test starts at that moment, and until the child runs its own program, Linux refuses to start this one
  /// ("Text file busy"). The process that writes has ended, with its descriptors, before this function returns.
  public static func write(program: String, to file: URL) throws {
    let script = "printf '%s' \"$PROGRAM\" > \"$1\" && chmod 755 \"$1\""
    let written = try run("sh", ["-c", script, "sh", file.path], environment: ["PROGRAM": program])
    guard written.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: ["output": written.output]) }
  }
}

/// A file in the temporary folder, removed with its value.
public final class TemporaryFile {
  /// Where it is.
  public let path: String

  /// Writes `data` to a new file.
  public init(_ data: Data, extension fileExtension: String) throws {
    path = NSTemporaryDirectory() + UUID().uuidString + "." + fileExtension
    try data.write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
