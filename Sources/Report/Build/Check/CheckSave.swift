import Engine
import Files
import Foundation
import Words

/// Where the files of one spec are while it is checked.
struct CheckPaths {
  /// The spec.
  let spec: String
  /// The name of its gallery.
  let name: String
  let gallery: URL
  /// The folder of the spec.
  let base: URL
  /// The folder of a new build and of the traces that it keeps.
  private let temporary: URL
  private let commitsTraces: Bool

  init(spec: String, name: String, gallery: URL, base: URL, made: URL, commitsTraces: Bool) {
    (self.spec, self.name, self.gallery, self.base) = (spec, name, gallery, base)
    (temporary, self.commitsTraces) = (made, commitsTraces)
  }

  /// The new gallery.
  var made: URL { temporary.appending(path: name, directoryHint: .isDirectory) }

  /// The folder of committed traces, as the spec's path is written.
  var traces: String {
    let folder = (spec as NSString).deletingLastPathComponent
    return (folder.isEmpty ? "" : folder == "/" ? "/" : folder + "/") + "\(name).traces"
  }

  /// Files of the new gallery that the old one does not have with these bytes.
  func changed() throws -> [String] {
    let folders = (OwnFolder(made), OwnFolder(gallery))
    return try folders.0.files().filter { folders.0.bytes($0) != folders.1.bytes($0) }
  }

  /// Files of the old gallery that the new one does not have.
  func extra() throws -> [String] {
    let names = Set(try OwnFolder(made).files())
    return try OwnFolder(gallery).allFiles().filter { !names.contains($0) }
  }

  /// Files in the folder of committed traces that the new build does not keep, besides those that are known.
  func extraTraces(known: Set<String> = []) throws -> [String] {
    guard commitsTraces, FileState(path: committedTraces.path)?.isFolder == true else { return [] }
    let kept = FileState(path: keptTraces.path)?.isFolder == true ? try OwnFolder(keptTraces).files() : []
    let names = known.union(kept)
    return try OwnFolder(committedTraces).allFiles().filter { !names.contains($0) }
  }

  /// Traces and the index that a build would write otherwise, and whether the committed folder has a file of that name.
  var changedTraces: [(name: String, isThere: Bool)] {
    get throws {
      let kept = keptTraces
      guard commitsTraces, FileState(path: kept.path)?.isFolder == true else { return [] }
      let folders = (OwnFolder(kept), OwnFolder(committedTraces))
      return try folders.0.files().compactMap { name in
        folders.0.bytes(name) == folders.1.bytes(name) ? nil : (name, hasCommitted(name))
      }
    }
  }

  private var committedTraces: URL { base.appending(path: "\(name).traces") }

  /// Whether the folder beside the spec has a file of this name.
  func hasCommitted(_ file: String) -> Bool { FileState(path: committedTraces.appending(path: file).path) != nil }

  /// The traces that the new build keeps.
  var keptTraces: URL { temporary.appending(path: "\(name).traces", directoryHint: .isDirectory) }
}

/// What to commit so that a gallery is up to date: files in a folder, and names to remove.
public struct CheckSave: Equatable, Sendable {
  /// Paths of files below the folder, the same as from where the check ran.
  public var files: [String] = []
  /// Paths of files that a build does not write.
  public var removed: [String] = []

  /// - Throws: `Diagnostic` when there is something in the folder already, which would be committed with the rest.
  static func requireEmpty(_ folder: URL) throws {
    var status = stat()
    guard lstat(folder.path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT != S_IFLNK,
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.isEmpty == true
    else {
      throw Diagnostic(
        place: folder.relativePath, "expected a folder that is empty or absent, for what to commit", category: .usage)
    }
  }

  /// Copies the files of a new gallery that differ, and the traces that it keeps, into a folder.
  ///
  /// - Throws: `Diagnostic` when a file cannot be written.
  init(_ paths: CheckPaths, into folder: URL) throws {
    let gallery = Self.below(paths.gallery.relativePath)
    for name in try paths.changed() {
      try add(paths.made.appending(path: name), as: "\(gallery)/\(name)", into: folder)
    }
    for (name, _) in try paths.changedTraces {
      try add(paths.keptTraces.appending(path: name), as: "\(Self.below(paths.traces))/\(name)", into: folder)
    }
    removed = try paths.extra().map { "\(paths.gallery.relativePath)/\($0)" }
    removed += try paths.extraTraces().map { "\(paths.traces)/\($0)" }
  }

  private mutating func add(_ file: URL, as path: String, into folder: URL) throws {
    try AtomicFile.replace(folder.appending(path: path), with: try FileDiff.data(file.path))
    files.append(path)
  }

  /// A path that stays below the folder: of an absolute path, or of one that leads upwards, only its last part.
  private static func below(_ path: String) -> String {
    let parts = path.pathNames.filter { !$0.isEmpty && $0 != "." }
    guard !path.hasPrefix("/"), !parts.contains(".."), !parts.isEmpty else { return parts.last ?? "gallery" }
    return parts.joined(separator: "/")
  }
}
