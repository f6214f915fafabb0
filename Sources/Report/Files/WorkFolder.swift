import Foundation
import Words

/// A copy of an output folder in which a build works, and which replaces the folder in one step when the build succeeds.
///
/// Whenever the build stops, the folder is either the old one or the complete new one. Files are links to the same content until they
/// are rewritten, so a copy costs little. What others save in the folder meanwhile is kept, and so are owner, mode and extended
/// attributes of folders. A mount point, or a folder whose owner only the superuser can give to the copy, cannot be exchanged. There the
/// copy is inside the folder, and at the end each changed file takes its place by itself.
package struct WorkFolder {
  /// Where the build works: `.NAME.work` beside the folder, or `.strata/work` in it.
  package let url: URL
  /// Whether the build's changes come into the folder file by file.
  package let isInside: Bool
  /// The files of the folder when it was copied, by path.
  let copied: [String: Copied]
  /// The folders that it had then.
  let copiedFolders: Set<String>
  private let target: URL

  /// The place of the copy in a folder that cannot be exchanged.
  static let inner = ".strata/work"

  /// Makes the copy, after removing what a killed build left behind.
  ///
  /// The folder's lock must be held.
  ///
  /// - Parameter inside: Whether the copy is inside the folder; nil for inside only where it must be.
  /// - Throws: `Diagnostic`.
  package init(of folder: URL, inside: Bool? = nil) throws(Diagnostic) {
    // A link stays; its target changes.
    target = folder.resolvingSymlinksInPath()
    if let name = Self.withoutText(in: target.path) {
      throw Diagnostic(
        place: target.relativePath,
        "expected files whose names are text in UTF-8, found '\(VisibleText.inline(name))', which a build cannot keep",
        hints: ["rename it, or move it elsewhere"], category: .cannotWrite)
    }
    let beside = target.deletingLastPathComponent()
      .appending(path: ".\(target.lastPathComponent).work", directoryHint: .isDirectory)
    let within = target.appending(path: Self.inner, directoryHint: .isDirectory)
    for place in [beside, within] { try Self.remove(place) }
    // A build that could rename nothing any more left the folder under this name.
    let old = Self.old(target)
    if Self.device(target) == nil, Self.device(old) != nil, FileCalls.rename(old.path, target.path) != 0 {
      throw AtomicFile.cannotWrite(target, errno)
    }
    let isMounted =
      FileCalls.countsAsMounted(target.path)
      || Self.device(target) != Self.device(target.deletingLastPathComponent())
    if !(inside ?? isMounted) {
      let made = try Self.copy(target, to: beside)
      if made.isSameOwner || inside != nil {
        (url, isInside, copied, copiedFolders) = (beside, false, made.files, made.folders)
        return
      }
      Self.discard(beside)
    }
    TemporaryFiles.removeAbandoned(in: target)
    try AtomicFile.makeFolder(within.deletingLastPathComponent())
    let made = try Self.copy(target, to: within)
    (url, isInside, copied, copiedFolders) = (within, true, made.files, made.folders)
  }

  /// Replaces the folder with the copy, with what others saved in it meanwhile, and removes the old content.
  ///
  /// - Throws: `Diagnostic`; the folder is then unchanged, or one that cannot be exchanged has some of the changes.
  package func takePlace() throws(Diagnostic) {
    try writeThrough(url.path)
    if isInside {
      try moveChanges(from: url.path, to: target.path)
      Self.discard(url)
      return
    }
    TemporaryFiles.forget(url)
    var old = url
    if FileCalls.exchange(url.path, target.path) != 0 {
      // A file system that cannot exchange two folders: one step after the other.
      old = Self.old(target)
      try Self.remove(old)
      guard FileCalls.rename(target.path, old.path) == 0 else { throw AtomicFile.cannotWrite(target, errno) }
      guard FileCalls.rename(url.path, target.path) == 0 else {
        let code = errno
        FileCalls.rename(old.path, target.path)
        throw AtomicFile.cannotWrite(target, code)
      }
    }
    let lost = rescue(from: old.path, to: target.path)
    guard lost.isEmpty else { throw keep(old, lost) }
    try Self.remove(old)
  }

  /// Puts the old content where no build removes it, because files in it were saved during the build and could not be moved.
  private func keep(_ old: URL, _ lost: [String]) -> Diagnostic {
    var place = old
    for number in 1...100 {
      let kept = target.deletingLastPathComponent().appending(path: ".\(target.lastPathComponent).kept-\(number)")
      if Self.device(kept) == nil, FileCalls.rename(old.path, kept.path) == 0 {
        place = kept
        break
      }
    }
    return Diagnostic(
      place: target.relativePath,
      "'\(VisibleText.inline(lost[0]))'\(lost.count > 1 ? " and \(lost.count - 1) more" : "") was saved during the build and cannot be moved",
      hints: ["the gallery is complete; what was saved is in \(place.path)"], category: .cannotWrite)
  }

  /// Removes the copy and leaves the folder unchanged.
  package func discard() { Self.discard(url) }

  /// The place of the folder's old content, where two folders cannot be exchanged in one step.
  private static func old(_ target: URL) -> URL {
    target.deletingLastPathComponent().appending(path: ".\(target.lastPathComponent).old")
  }

  private static func discard(_ url: URL) {
    try? remove(url)
    TemporaryFiles.forget(url)
  }

  private static func device(_ url: URL) -> UInt? {
    var status = stat()
    return stat(url.path, &status) == 0 ? UInt(status.st_dev) : nil
  }

  private static func remove(_ url: URL) throws(Diagnostic) {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return }
    if (try? FileCalls.remove(url)) != nil { return }
    // Whoever owns a folder that may not be written can remove what is in it after a change of its mode.
    for (path, isFolder) in [("", true)] + entries(of: url.path) where isFolder { chmod("\(url.path)/\(path)", 0o700) }
    do { try FileCalls.remove(url) } catch { throw AtomicFile.cannotWrite(url, errno) }
  }

  /// Copies a folder with links to the files, or copies where links are impossible.
  private static func copy(
    _ from: URL, to: URL
  ) throws(Diagnostic) -> (files: [String: Copied], folders: Set<String>, isSameOwner: Bool) {
    TemporaryFiles.add(to)
    do throws(Diagnostic) {
      // What is in the folder is listed before the copy can be a part of it.
      let entries = entries(of: from.path)
      var (files, isSameOwner): ([String: Copied], Bool) = ([:], true)
      func makeFolder(_ place: String) throws(Diagnostic) {
        guard FileCalls.makeFolder(place) == 0 || errno == EEXIST else {
          throw AtomicFile.cannotWrite(URL(fileURLWithPath: place), errno)
        }
      }
      try makeFolder(to.path)
      for (path, isFolder) in entries {
        let (source, place) = ("\(from.path)/\(path)", "\(to.path)/\(path)")
        if isFolder {
          try makeFolder(place)
          continue
        }
        let original = Mark(source)
        if FileCalls.link(source, place) != 0 {
          guard original != nil else { continue }
          do {
            try FileCalls.copy(URL(fileURLWithPath: source), to: URL(fileURLWithPath: place))
          } catch {
            throw AtomicFile.cannotWrite(URL(fileURLWithPath: place), errno)
          }
          FileAttributes.copy(from: source, to: place)
        }
        files[path] = Copied(original: original, copy: Mark(place))
      }
      // Last, and the innermost first: nothing can be put into a folder that may not be written.
      for path in entries.reversed().filter(\.isFolder).map({ "/" + $0.path }) + [""] {
        if !FileAttributes.copy(from: from.path + path, to: to.path + path) { isSameOwner = false }
      }
      return (files, Set(entries.filter(\.isFolder).map(\.path)), isSameOwner)
    } catch {
      discard(to)
      throw error
    }
  }
}
