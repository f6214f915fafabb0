import Files
import Foundation
import Words

/// The models of the catalog on this machine: finds, fetches and checks them.
public struct ModelStore: Sendable {
  /// What can be fetched.
  public let catalog: ModelCatalog
  /// Where models are kept.
  public let cache: CacheFolder
  package let digests: FileDigests
  package let environment: [String: String]

  /// A store over a catalog and a cache.
  public init(
    catalog: ModelCatalog, cache: CacheFolder, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.catalog = catalog
    self.cache = cache
    self.digests = FileDigests(cache: cache)
    self.environment = environment
  }

  /// Models of a hub.
  package var hub: HubStore { HubStore(settings: HubSettings(environment: environment), digests: digests) }

  /// What is known of a cached file without reading it.
  public enum State: String, Sendable, Codable {
    /// Not there.
    case absent
    /// There, with the size that the catalog says.
    case present
    /// There, but not of the size that the catalog says.
    case damaged
  }

  /// Whether the file of an entry is in the cache.
  public func state(of entry: ModelCatalog.Entry) -> State {
    var status = stat()
    guard stat(cache.file(of: entry).path, &status) == 0 else { return .absent }
    return Int(status.st_size) == entry.bytes ? .present : .damaged
  }

  /// Entries whose file is in the cache, sound or not.
  public var cached: [ModelCatalog.Entry] { catalog.models.filter { state(of: $0) != .absent } }

  /// The cached file of an entry, fetched first when it is absent and `offline` is false.
  ///
  /// - Throws: `Diagnostic`: `network` when it is absent or cannot be fetched, `badInput` when the cached file is damaged.
  public func file(
    of entry: ModelCatalog.Entry, offline: Bool, progress: ProgressHandler?
  ) throws -> URL {
    if state(of: entry) == .absent { try pull(entry, offline: offline, progress: progress) }
    try verify(entry)
    return cache.file(of: entry)
  }

  /// Compares the size and the SHA-256 of the cached file with the catalog; the digest is remembered unless `again`.
  public func verify(_ entry: ModelCatalog.Entry, again: Bool = false) throws(Diagnostic) {
    let url = cache.file(of: entry)
    let hints = ["strata models pull \(entry.name) fetches it again"]
    guard state(of: entry) != .absent else {
      throw Diagnostic(
        place: entry.name, "the model is not in the cache", hints: ["strata models pull \(entry.name)"],
        category: .badInput)
    }
    if again { digests.forget(url) }
    let found = try digests.digest(of: url)
    guard found.bytes == entry.bytes else {
      throw Diagnostic(
        place: url.path, "expected \(entry.bytes) bytes, found \(found.bytes)", hints: hints, category: .badInput)
    }
    guard found.sha256 == entry.sha256 else {
      throw Diagnostic(
        place: url.path, "expected sha256 \(entry.sha256), found \(found.sha256)", hints: hints, category: .badInput)
    }
  }

  /// Fetches the file of an entry into the cache, replacing a damaged one; does nothing when a good one is there.
  ///
  /// - Returns: Whether something was fetched.
  @discardableResult
  public func pull(
    _ entry: ModelCatalog.Entry, offline: Bool = false, progress: ProgressHandler?
  ) throws -> Bool {
    if state(of: entry) == .present, (try? verify(entry)) != nil { return false }
    if offline {
      let state = state(of: entry) == .absent ? "not in the cache" : "damaged"
      throw Diagnostic(
        place: entry.name, "the model is \(state), and fetching is off (--offline)",
        hints: ["strata models pull \(entry.name)"], category: .network)
    }
    try ModelDownload(entry: entry, store: self, progress: progress).run()
    return true
  }
}
