import Foundation
import Words

/// The files that a spec may read: those in its own folder, and in the git repository around it.
///
/// A spec can come from somebody else, and what it reads ends up in pages. Symbolic links are followed before a file is judged.
package struct InputFolder: Sendable {
  private let base: URL
  /// Without symbolic links.
  private let roots: [String]

  /// What a path leads to.
  package enum Found: Equatable, Sendable {
    /// The bytes of a file.
    case bytes(Data)
    /// A file of so many bytes, which is too large to be read.
    case tooLarge(Int)
    /// No file that can be read, and why.
    case unreadable(String)
    /// Something outside these folders.
    case outside
  }

  /// The folder `base`, from which paths begin, and the repository around it.
  package init(_ base: URL) {
    self.base = base
    let own = Self.resolved(base.path) ?? base.standardizedFileURL.path
    var folder = URL(fileURLWithPath: own)
    while folder.path != "/", FileState(path: folder.appending(path: ".git").path) == nil {
      folder.deleteLastPathComponent()
    }
    // The root of the file system is no project, even where it holds a repository.
    roots = folder.path == "/" ? [own] : [own, folder.path]
  }

  /// Reads the file at a path, unless it has more than `most` bytes.
  package func read(_ path: String, most: Int) -> Found {
    let file = URL(fileURLWithPath: path, relativeTo: base)
    guard let real = Self.resolved(file.path) else {
      let reason = Self.reason
      // A file that does not exist is judged by its path alone.
      let folder = Self.resolved(base.path) ?? base.path
      let written = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder, isDirectory: true))
      return holds(written.standardizedFileURL.path) ? .unreadable(reason) : .outside
    }
    guard holds(real) else { return .outside }
    var status = stat()
    guard stat(real, &status) == 0 else { return .unreadable(Self.reason) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      return .unreadable(status.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : "it is no plain file")
    }
    guard status.st_size <= most else { return .tooLarge(Int(status.st_size)) }
    guard let bytes = FileManager.default.contents(atPath: real) else { return .unreadable("permission denied") }
    return .bytes(bytes)
  }

  /// Where a path leads if it is itself a symbolic link that leaves these folders; nil for everything else.
  package func strayLink(_ path: URL) -> String? {
    var status = stat()
    guard lstat(path.path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return nil }
    guard let real = Self.resolved(path.path) else { return path.path }
    return holds(real) ? nil : real
  }

  /// Whether a path leads to something outside these folders.
  package func leadsOutside(_ path: String) -> Bool {
    Self.resolved(URL(fileURLWithPath: path, relativeTo: base).path).map { !holds($0) } ?? false
  }

  private func holds(_ path: String) -> Bool {
    // By bytes: two folders may have names that Swift takes for equal.
    roots.contains { root in
      if path.utf8.elementsEqual(root.utf8) { return true }
      let start = (root.hasSuffix("/") ? root : root + "/").utf8
      // Of the names below the folder: a work tree may lie in a folder of git's.
      guard path.utf8.starts(with: start) else { return false }
      return !String(decoding: path.utf8.dropFirst(start.count), as: UTF8.self).leadsIntoGit
    }
  }

  /// A path without symbolic links; nil, with `errno` set, where it leads nowhere.
  private static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  private static var reason: String { String(cString: strerror(errno)).lowercased() }
}
