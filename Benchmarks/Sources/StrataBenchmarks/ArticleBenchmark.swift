import Foundation

/// Builds a spec twice into a new folder: once with models in the cache and no traces, then with everything there.
struct ArticleBenchmark {
  let program: String
  let spec: String
  /// The user's cache, which has the models.
  let cache: URL

  /// Rows of a Markdown table: what, time, peak memory, exit status.
  func rows() throws -> [[String]] {
    let manager = FileManager.default
    let folder = manager.temporaryDirectory.appendingPathComponent("strata-benchmark-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: folder) }
    let own = folder.appendingPathComponent("cache/strata")
    try manager.createDirectory(at: own, withIntermediateDirectories: true)
    for name in try manager.contentsOfDirectory(atPath: cache.path) where name != "traces" && name != "test-data" {
      try manager.createSymbolicLink(
        at: own.appendingPathComponent(name), withDestinationURL: cache.appendingPathComponent(name))
    }
    let command = CommandBenchmark(
      command: [program, "build", spec, "--offline", "--quiet", "--out", folder.appendingPathComponent("out").path],
      environment: ["XDG_CACHE_HOME": folder.appendingPathComponent("cache").path])
    let first = try command.run()
    let second = try command.run()
    return [["models cached, nothing else"] + first.cells, ["built a second time"] + second.cells]
  }
}
