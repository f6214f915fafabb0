import Foundation

/// Something that is timed and whose result is checked; a file in `Cases` and a line in `all`.
protocol BenchmarkCase {
  /// As written after `--only`.
  static var name: String { get }
  /// What it times, in a few words.
  static var summary: String { get }
  /// Warms up, checks, repeats.
  ///
  /// - Throws: `CheckFailed`, and whatever the engine throws.
  static func run(_ context: BenchmarkContext) throws -> [Measurement]
}

/// What cases are given.
struct BenchmarkContext {
  let runs: Int
  let threads: Int
  /// Paths of model files.
  let models: [String]
  /// The program `strata`.
  let strata: String
  /// Repeats and probes.
  let watch: Watch
  /// What the machine has done so far.
  var machine: Machine { watch.machine }

  /// Runs `body` with a new folder that is removed afterwards.
  func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("strata-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Variables of a process whose cache lies in a folder and has the user's models and their digests, and nothing else.
  func cacheWithModels(in folder: URL) throws -> [String: String] {
    let manager = FileManager.default
    let variable = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let users = URL(fileURLWithPath: variable ?? NSHomeDirectory() + "/.cache").appendingPathComponent("strata")
    let own = folder.appendingPathComponent("cache/strata")
    try manager.createDirectory(at: own, withIntermediateDirectories: true)
    for name in ["models", "digests"] {
      try manager.createSymbolicLink(
        at: own.appendingPathComponent(name), withDestinationURL: users.appendingPathComponent(name))
    }
    return ["XDG_CACHE_HOME": folder.appendingPathComponent("cache").path]
  }
}

/// A result that is not what it has to be: its time is worth nothing.
struct CheckFailed: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Throws unless something holds.
func check(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
  guard holds else { throw CheckFailed(otherwise()) }
}

/// Every case, in the order in which they are run.
enum BenchmarkCases {
  static var all: [any BenchmarkCase.Type] {
    [
      MachineCase.self, KernelsCase.self, LensCase.self, OpeningCase.self, PrefillCase.self, DecodeCase.self,
      TracesCase.self, DatasetsCase.self, FiguresCase.self, BuildsCase.self,
    ]
  }
}
