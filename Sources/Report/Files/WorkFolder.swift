import CLink
import Foundation
import Words

/// A copy of an output folder in which a build works, and which replaces the folder in one step when the build succeeds.
///
/// Whenever the build stops, the folder is either the old one or the complete new one. Files are links to the same content
/// until they are rewritten, so a copy costs little. A mount point cannot be exchanged; there the build works in place, and
/// each file is complete or absent.
package struct WorkFolder {
  /// Where the build works: `.NAME.work` beside the folder.
  package let url: URL
  private let target: URL
  private let isInPlace: Bool

  /// Makes the copy, after removing what a killed build left behind.
  ///
  /// The folder's lock must be held.
  ///
  /// - Throws: `Diagnostic`.
  package init(of folder: URL) throws(Diagnostic) {
    // A link stays; its target changes.
    target = folder.resolvingSymlinksInPath()
    isInPlace = Self.device(target) != Self.device(target.deletingLastPathComponent())
    guard !isInPlace else {
      url = target
      return
    }
    url = target.deletingLastPathComponent()
      .appending(path: ".\(target.lastPathComponent).work", directoryHint: .isDirectory)
    try Self.remove(url)
    TemporaryFiles.add(url)
    do throws(Diagnostic) {
      try Self.copy(target.path, to: url.path)
    } catch {
      discard()
      throw error
    }
  }

  /// Replaces the folder with the copy and removes the old content.
  ///
  /// - Throws: `Diagnostic`; the folder is then unchanged.
  package func takePlace() throws(Diagnostic) {
    guard !isInPlace else { return }
    TemporaryFiles.forget(url)
    let exchange: UInt32 = 2
    if rename_between(AT_FDCWD, url.path, AT_FDCWD, target.path, exchange) != 0 {
      // A file system that cannot exchange two folders: one step after the other.
      let old = target.deletingLastPathComponent().appending(path: ".\(target.lastPathComponent).old")
      try Self.remove(old)
      guard rename(target.path, old.path) == 0 else { throw AtomicFile.cannotWrite(target, errno) }
      guard rename(url.path, target.path) == 0 else {
        let code = errno
        rename(old.path, target.path)
        throw AtomicFile.cannotWrite(target, code)
      }
      try Self.remove(old)
    }
    try Self.remove(url)
  }

  /// Removes the copy and leaves the folder unchanged.
  package func discard() {
    guard !isInPlace else { return }
    try? Self.remove(url)
    TemporaryFiles.forget(url)
  }

  private static func device(_ url: URL) -> UInt? {
    var status = stat()
    return stat(url.path, &status) == 0 ? UInt(status.st_dev) : nil
  }

  private static func remove(_ url: URL) throws(Diagnostic) {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return }
    do { try FileManager.default.removeItem(at: url) } catch { throw AtomicFile.cannotWrite(url, errno) }
  }

  /// Copies a folder with links to the files, or copies where links are impossible; leaves out temporary files.
  private static func copy(_ from: String, to: String) throws(Diagnostic) {
    guard mkdir(to, 0o755) == 0 || errno == EEXIST else {
      throw AtomicFile.cannotWrite(URL(fileURLWithPath: to), errno)
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: from)) ?? []
    for name in names where !(name.hasPrefix(".") && name.hasSuffix(".tmp")) {
      let (source, place) = ("\(from)/\(name)", "\(to)/\(name)")
      var status = stat()
      guard lstat(source, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try copy(source, to: place)
      } else if link(source, place) != 0 {
        do {
          try FileManager.default.copyItem(atPath: source, toPath: place)
        } catch {
          throw AtomicFile.cannotWrite(URL(fileURLWithPath: place), errno)
        }
      }
    }
  }
}
