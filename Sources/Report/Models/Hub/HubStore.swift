import Engine
import Files
import Foundation
import Threads
import Traces
import Words

/// Models of a hub on this machine: found in the cache that other programs share, or fetched when missing.
package struct HubStore: Sendable {
  package let settings: HubSettings
  package let digests: FileDigests
  let client: HubClient

  private var cache: HubCache { HubCache(root: settings.cache) }

  package init(settings: HubSettings, digests: FileDigests, client: HubClient? = nil) {
    self.settings = settings
    self.digests = digests
    self.client = client ?? HubClient(settings: settings)
  }

  /// A model whose files are in the cache.
  struct Found: Sendable {
    /// The snapshot's folder, or the GGUF file in it.
    var url: URL
    var commit: String
    /// As its README names it.
    var license: String?
    var reference: HubReference

    /// Where it comes from, with the commit, so that it can be found again.
    var source: String { "https://huggingface.co/\(reference.repository)/tree/\(commit)" }
  }

  /// Finds a model in the cache, or fetches it.
  ///
  /// A cached branch stays at its commit; `pull` checks whether it has moved.
  /// - Throws: `Diagnostic`.
  func locate(
    _ reference: HubReference, purpose: HubSelection.Purpose = .model, offline: Bool, progress: ProgressHandler?
  ) throws -> Found {
    if let found = cached(reference, purpose: purpose) { return found }
    guard !offline, !settings.isOffline else {
      if let broken = brokenLink(reference) {
        throw Diagnostic(
          place: broken.place, "\(broken.message), and fetching is off (\(offline ? "--offline" : "HF_HUB_OFFLINE"))",
          hints: broken.hints, category: .network)
      }
      throw Diagnostic(
        place: reference.text,
        "the \(purpose.noun) is not in the cache, and fetching is off (\(offline ? "--offline" : "HF_HUB_OFFLINE"))",
        hints: ["looked in \(cache.folder(reference.repository).path)"]
          + (purpose == .model ? ["strata models pull \(reference.text)"] : []),
        category: .network)
    }
    return try pull(reference, purpose: purpose, progress: progress).found
  }

  /// A model that is in the cache as a whole; nil otherwise.
  func cached(_ reference: HubReference, purpose: HubSelection.Purpose = .model) -> Found? {
    guard let commit = cache.commit(of: reference.wantedRevision, in: reference.repository) else { return nil }
    let snapshot = cache.snapshot(commit, of: reference.repository)
    let names = cache.names(in: snapshot)
    guard let selection = try? HubSelection(names, for: reference, purpose: purpose) else { return nil }
    // An interrupted fetch may lack nothing but the tokenizer.
    guard purpose != .model || selection.gguf != nil || TokenizerFolder.source(of: names) != nil else { return nil }
    return found(selection, commit: commit, reference)
  }

  /// The first link in a model's snapshot whose file is missing from the cache.
  private func brokenLink(_ reference: HubReference) -> FileError? {
    guard let commit = cache.commit(of: reference.wantedRevision, in: reference.repository) else { return nil }
    let snapshot = cache.snapshot(commit, of: reference.repository)
    return cache.entries(in: snapshot).lazy.compactMap { FileError.brokenLink(at: snapshot.appending(path: $0).path) }
      .first
  }

  private func found(_ selection: HubSelection, commit: String, _ reference: HubReference) -> Found {
    let snapshot = cache.snapshot(commit, of: reference.repository)
    return Found(
      url: (selection.gguf ?? selection.single).map { snapshot.appending(path: $0) } ?? snapshot, commit: commit,
      license: HubStore.license(in: snapshot.appending(path: "README.md")), reference: reference)
  }

  /// Fetches a model's missing files at the current commit of its revision.
  ///
  /// - Returns: The model, and the number of bytes fetched.
  func pull(
    _ reference: HubReference, purpose: HubSelection.Purpose = .model, progress: ProgressHandler?
  ) throws -> (found: Found, fetched: Int) {
    let listing = try client.listing(reference)
    let selection = try HubSelection(listing.paths, for: reference, purpose: purpose)
    let repository = reference.repository
    let snapshot = cache.snapshot(listing.sha, of: repository)
    let known = Set(cache.names(in: snapshot))
    let missing = selection.files.filter { !known.contains($0) }
    guard missing.count <= HubStore.mostFiles else {
      throw Diagnostic(
        place: reference.text, "the model has \(missing.count) files, expected at most \(HubStore.mostFiles)",
        category: .badInput)
    }
    let infos = try Parallel.tryMap(missing.count, threads: HubStore.connections) { number in
      try client.info(missing[number], at: listing.sha, of: reference)
    }
    let counter = HubProgress(
      model: reference.text, total: infos.compactMap(\.bytes).reduce(0, +), handler: progress)
    let blobs = infos.map { info in
      HubBlob(client: client, cache: cache, reference: reference, file: info, progress: { counter.add($0) })
    }
    try checkSpace(blobs.filter { !$0.isThere }.compactMap(\.file.bytes).reduce(0, +), reference)
    let fetched = try Parallel.tryMap(blobs.count, threads: HubStore.connections) { number in
      try blobs[number].fetch {
        progress?(.note("waiting for another program that is fetching \(blobs[number].file.path) of \(reference.text)"))
      }
    }
    for (info, isOurs) in zip(infos, fetched) {
      try cache.link(
        info.path, in: listing.sha, of: repository, to: info.etag, copying: settings.hasNoLinks)
      // A file that another program fetched is read to check its digest.
      if isOurs, info.etag.utf8.count == 64 { digests.remember(info.etag, of: snapshot.appending(path: info.path)) }
    }
    // Last, so that a named revision is always complete.
    try cache.write(commit: listing.sha, of: reference.wantedRevision, in: repository)
    try markCache()
    TemporaryFiles.removeAbandoned(in: cache.folder(repository), olderThan: HubStore.abandonedAge)
    TemporaryFiles.removeAbandoned(in: settings.cache, isDeep: false, olderThan: HubStore.abandonedAge)
    let bytes = zip(infos, fetched).filter(\.1).compactMap(\.0.bytes).reduce(0, +)
    if fetched.contains(true) { progress?(.fetched(model: reference.text, bytes: bytes)) }
    return (found(selection, commit: listing.sha, reference), bytes)
  }

  /// Reads the files of a cached model again and compares them with their names.
  ///
  /// - Throws: `Diagnostic` for the first file whose content differs.
  func verify(_ reference: HubReference) throws {
    guard let found = cached(reference) else {
      throw Diagnostic(
        place: reference.text, "the model is not in the cache", hints: ["strata models pull \(reference.text)"],
        category: .badInput)
    }
    let snapshot = cache.snapshot(found.commit, of: reference.repository)
    for name in cache.names(in: snapshot) {
      let url = snapshot.appending(path: name)
      digests.forget(url)
      try check(url, digest: digests.digest(of: url).sha256)
    }
  }

  /// Compares a file's digest with the name of the blob behind it, where that is a digest of the same kind.
  func check(_ url: URL, digest: String) throws {
    let blob = url.resolvingSymlinksInPath()
    let name = blob.lastPathComponent
    guard HubCache.isHex(name) else { return }
    let found: String
    switch name.utf8.count {
    case 64: found = digest
    case 40:
      // A file that git holds itself is small; a large one of such a name is not from a hub.
      guard let state = FileState(path: blob.path), state.bytes <= HubStore.largestGitFile,
        let data = try? Data(contentsOf: blob)
      else { return }
      let git = GitBlobDigest(bytes: data.count)
      data.withUnsafeBytes { git.update($0) }
      found = git.finish()
    default: return
    }
    guard found != name else { return }
    throw Diagnostic(
      place: blob.path, "expected \(name.utf8.count == 64 ? "sha256" : "git's sha1") \(name), found \(found)",
      hints: ["the file is damaged: remove it, and the next build fetches it again"], category: .badInput)
  }

  /// Models of the hub that are in the cache as a whole, in the order of their names.
  var all: [(found: Found, bytes: Int)] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: settings.cache.path)) ?? []
    return folders.sorted().flatMap { name -> [(Found, Int)] in
      guard name.hasPrefix("models--"), let cut = name.dropFirst(8).range(of: "--") else { return [] }
      let rest = name.dropFirst(8)
      let repository = "\(rest[..<cut.lowerBound])/\(rest[cut.upperBound...])"
      let refs = cache.folder(repository).appending(path: "refs")
      let revisions = (try? FileManager.default.subpathsOfDirectory(atPath: refs.path)) ?? []
      return revisions.sorted().compactMap { revision in
        guard let reference = HubReference.parse(revision == "main" ? repository : "\(repository)@\(revision)"),
          let found = cached(reference)
        else { return nil }
        let snapshot = cache.snapshot(found.commit, of: repository)
        let bytes = cache.names(in: snapshot).compactMap { FileState(path: snapshot.appending(path: $0).path)?.bytes }
        return (found, bytes.reduce(0, +))
      }
    }
  }

  /// The most bytes of a file that is compared with git's name of it.
  private static let largestGitFile = 64 << 20
  /// The number of files fetched at a time.
  private static let connections = 4
  /// Seconds after which an unfinished file is nobody's: other machines may share the cache, and their processes are not seen.
  private static let abandonedAge = 3600

  /// The most files of a model; sums of their sizes stay far from overflow.
  private static let mostFiles = 4096

  private func checkSpace(_ bytes: Int, _ reference: HubReference) throws {
    try AtomicFile.makeFolder(settings.cache)
    var status = statvfs()
    guard statvfs(settings.cache.path, &status) == 0 else { return }
    let free = DiskSpace.free(status)
    guard bytes > free else { return }
    throw Diagnostic(
      place: settings.cache.path,
      "\(reference.text) needs \(Wording.size(bytes: bytes)), and \(Wording.size(bytes: free)) are free on this disk",
      hints: ["free some space, or set HF_HUB_CACHE to a folder on another disk"], category: .cannotWrite)
  }

  /// Tells programs that make backups what the folder is (https://bford.info/cachedir/).
  private func markCache() throws {
    let tag = settings.cache.appending(path: "CACHEDIR.TAG")
    guard FileState(path: tag.path) == nil else { return }
    try AtomicFile.write(
      Data("Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of models.\n".utf8), to: tag)
  }

  /// The licence that the head of a README names.
  static func license(in readme: URL) -> String? {
    guard let text = try? String(contentsOf: readme, encoding: .utf8), text.hasPrefix("---\n"),
      let end = text.range(of: "\n---", range: text.index(text.startIndex, offsetBy: 4)..<text.endIndex)
    else { return nil }
    func value(_ key: String) -> String? {
      text[..<end.lowerBound].split(separator: "\n").first { $0.hasPrefix(key + ":") }
        .map { $0.dropFirst(key.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: " \"'")) }
        .flatMap { $0.isEmpty ? nil : $0 }
    }
    // "other" means that the license's name is under another key.
    return value("license") == "other" ? value("license_name") ?? "other" : value("license")
  }
}

/// Adds up the bytes of several files that are fetched at the same time.
private final class HubProgress: @unchecked Sendable {
  private let lock = NSLock()
  private let model: String
  private let total: Int
  private let handler: ProgressHandler?
  private var received = 0

  init(model: String, total: Int, handler: ProgressHandler?) {
    (self.model, self.total, self.handler) = (model, total, handler)
  }

  func add(_ bytes: Int) {
    let now = lock.withLock {
      received += bytes
      return received
    }
    handler?(.fetching(model: model, received: min(now, total), total: total))
  }
}
