import Foundation
import TestSupport
import Testing

/// Runs the built program, which lies beside the test bundle, in a folder of its own.
struct StrataProgram {
  /// Working folder; also holds the cache.
  let folder: URL
  var environment: [String: String] = [:]

  /// How it ended and what it said.
  struct Result: Equatable {
    var status: Int32
    var out: String
    var err: String
  }

  static func path() throws -> String {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var folder = URL(fileURLWithPath: bundle).deletingLastPathComponent()
    // The helper that runs Swift Testing is elsewhere; the bundle is then named on its command line.
    if !FileManager.default.fileExists(atPath: folder.appending(path: "strata").path) {
      let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
      folder = URL(fileURLWithPath: try #require(bundle)).deletingLastPathComponent()
    }
    let path = folder.appending(path: "strata").path
    try #require(FileManager.default.fileExists(atPath: path), "swift build makes the program before the tests run")
    return path
  }

  var cache: URL { folder.appending(path: "cache/strata") }

  func start(_ arguments: [String]) throws -> (process: Process, out: URL, err: URL) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try StrataProgram.path())
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = [
      "PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_CACHE_HOME": folder.appending(path: "cache").path,
    ]
    variables.merge(environment) { $1 }
    process.environment = variables
    let out = folder.appending(path: "stdout-\(UUID().uuidString)")
    let err = folder.appending(path: "stderr-\(UUID().uuidString)")
    for file in [out, err] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    try process.run()
    return (process, out, err)
  }

  func run(_ arguments: String...) throws -> Result { try run(arguments) }

  func run(_ arguments: [String]) throws -> Result {
    let (process, out, err) = try start(arguments)
    process.waitUntilExit()
    defer { for file in [out, err] { try? FileManager.default.removeItem(at: file) } }
    return Result(
      status: process.terminationStatus, out: try String(contentsOf: out, encoding: .utf8),
      err: try String(contentsOf: err, encoding: .utf8))
  }

  /// Puts a small model into the folder, as `tiny.gguf`.
  func addTinyModel() throws {
    try FileManager.default.copyItem(
      atPath: Fixtures.tinyLlama, toPath: folder.appending(path: "tiny.gguf").path)
  }

  /// Writes a file into the folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appending(path: name))
  }

  /// Paths of all files below a folder, sorted.
  func files(in name: String) -> [String] {
    let root = folder.appending(path: name)
    let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// What two files have around the first byte that differs, for messages.
  static func firstDifference(_ one: Data, _ other: Data) -> String {
    let place =
      zip(one, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(one.count, other.count)
    func around(_ data: Data) -> String {
      String(decoding: data.dropFirst(max(0, place - 120)).prefix(200), as: UTF8.self)
    }
    return "at byte \(place): \(around(one)) and \(around(other))"
  }

  /// All files below a folder, by their paths.
  func contents(of name: String) throws -> [String: Data] {
    let root = folder.appending(path: name)
    return try Dictionary(
      uniqueKeysWithValues: files(in: name).map { ($0, try Data(contentsOf: root.appending(path: $0))) })
  }
}
