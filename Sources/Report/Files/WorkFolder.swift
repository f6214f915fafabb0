import CLink
import Foundation
import Words

/// A copy of an output folder that a build works in, and that takes the folder's place at once when the build has gone well.
///
/// Whatever stops the build, and whenever, the folder is as it was, or as it is to be. Files are links to the same content
/// until they are written anew, so a copy costs little. A folder that something is mounted on cannot be exchanged; there the
/// build works in place, each file whole or not there.
package struct WorkFolder {
  /// Where the build works: `.NAME.work` beside the folder.
  package let url: URL
  private let target: URL
  private let isInPlace: Bool

  /// Makes the copy; what a build that was killed has left is removed first.
  ///
  /// The folder's lock must be held.
  ///
  /// - Throws: `Diagnostic`.
  package init(of folder: URL) throws(Diagnostic) {
    // A link stays what it is; what it leads to changes.
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

  /// Puts the copy in the folder's place and removes what was there.
  ///
  /// - Throws: `Diagnostic`; the folder is then as it was.
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

  /// Removes the copy; the folder is as it was.
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

  /// Copies a folder: links to files, copies where there can be none; temporary files are left out.
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
