import Engine
import Files
import Foundation
import Words

/// The cache of huggingface_hub on disk: blobs by their etag, snapshots of commits that link to them, names of commits.
///
///     models--ORG--NAME/blobs/<etag>  refs/<revision>  snapshots/<commit>/<path>     .locks/models--ORG--NAME/<etag>.lock
struct HubCache: Sendable {
  let root: URL

  /// The folder of a repository.
  func folder(_ repository: String) -> URL {
    root.appending(path: "models--" + repository.replacing("/", with: "--"), directoryHint: .isDirectory)
  }

  func blob(_ etag: String, of repository: String) -> URL { folder(repository).appending(path: "blobs/\(etag)") }

  func lock(_ etag: String, of repository: String) -> URL {
    root.appending(path: ".locks/models--\(repository.replacing("/", with: "--"))/\(etag).lock")
  }

  /// The folder of a commit; it need not exist.
  func snapshot(_ commit: String, of repository: String) -> URL {
    folder(repository).appending(path: "snapshots/\(commit)", directoryHint: .isDirectory)
  }

  /// The commit that a revision last referred to; nil when it is not known.
  func commit(of revision: String, in repository: String) -> String? {
    if HubCache.isCommit(revision) { return revision }
    let file = folder(repository).appending(path: "refs/\(revision)")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return HubCache.isCommit(commit) ? commit : nil
  }

  /// Paths of the existing files of a snapshot.
  func names(in snapshot: URL) -> [String] {
    entries(in: snapshot).filter { FileState(path: snapshot.appending(path: $0).path)?.isFolder == false }
  }

  /// Every path of a snapshot, including links to missing files.
  func entries(in snapshot: URL) -> [String] {
    guard let found = FileManager.default.enumerator(atPath: snapshot.path) else { return [] }
    return found.compactMap { $0 as? String }.sorted()
  }

  /// Stores which commit a revision refers to.
  func write(commit: String, of revision: String, in repository: String) throws {
    guard !HubCache.isCommit(revision) else { return }
    try AtomicFile.replace(folder(repository).appending(path: "refs/\(revision)"), with: Data(commit.utf8))
  }

  /// Links a path of a snapshot to a blob.
  func link(_ path: String, in commit: String, of repository: String, to etag: String, copying: Bool) throws {
    let place = snapshot(commit, of: repository).appending(path: path)
    try AtomicFile.makeFolder(place.deletingLastPathComponent())
    let up = String(repeating: "../", count: path.pathNames.count + 1)
    let temporary = TemporaryFiles.sibling(of: place)
    TemporaryFiles.add(temporary)
    // A file system without links gets a copy, as in huggingface_hub.
    if copying || FileCalls.symbolicLink("\(up)blobs/\(etag)", temporary.path) != 0 {
      do {
        try FileCalls.copy(blob(etag, of: repository), to: temporary)
      } catch {
        AtomicFile.discard(temporary)
        throw AtomicFile.cannotWrite(place, errno)
      }
    }
    try AtomicFile.move(temporary, to: place)
  }

  /// Whether a path stays below the folder it starts from.
  static func isInner(_ path: String) -> Bool {
    path.pathNames.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".." && !part.unicodeScalars.contains { $0.value < 0x20 }
    }
  }

  /// Whether a text is the full name of a commit.
  static func isCommit(_ text: String) -> Bool { text.utf8.count == 40 && isHex(text) }

  /// Whether an etag may name a file: a SHA-256 of a large file, or git's name of a small one.
  static func isHex(_ text: String) -> Bool {
    text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
  }
}
