import Foundation

/// Where fetched models, traces and digests are kept: `$XDG_CACHE_HOME/strata`, or `~/.cache/strata`.
public struct CacheFolder: Sendable, Equatable {
  /// The folder; it need not exist.
  public let root: URL

  /// A cache at a folder of the caller's choice.
  public init(root: URL) {
    self.root = root
  }

  /// The user's cache.
  ///
  /// XDG_CACHE_HOME is used only when it is an absolute path, as its specification says.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let base: URL
    if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") {
      base = URL(fileURLWithPath: path, isDirectory: true)
    } else {
      let home = environment["HOME"].map { URL(fileURLWithPath: $0, isDirectory: true) }
      base = (home ?? FileManager.default.homeDirectoryForCurrentUser).appending(
        path: ".cache", directoryHint: .isDirectory)
    }
    root = base.appending(path: "strata", directoryHint: .isDirectory)
  }

  /// Models by name, a folder each.
  public var models: URL { root.appending(path: "models", directoryHint: .isDirectory) }
  /// Traces by content key.
  public var traces: URL { root.appending(path: "traces", directoryHint: .isDirectory) }
  /// Summaries of datasets by content key.
  public var datasets: URL { root.appending(path: "datasets", directoryHint: .isDirectory) }
  /// Notes of models by content key.
  public var notes: URL { root.appending(path: "notes", directoryHint: .isDirectory) }
  /// Rendered conversations, and the chat templates of models, by content key.
  public var chats: URL { root.appending(path: "chats", directoryHint: .isDirectory) }
  /// SHA-256 of large files, by path.
  public var digests: URL { root.appending(path: "digests", directoryHint: .isDirectory) }
  /// Stamps of built folders, by their path.
  public var builds: URL { root.appending(path: "builds", directoryHint: .isDirectory) }
}
