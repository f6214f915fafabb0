import Foundation
import Words

/// A folder whose content the program writes and removes: a gallery, or the traces beside a spec.
///
/// A gallery can be committed by somebody else, with symbolic links in it. No path through a link is written, and none is removed.
package struct OwnFolder: Sendable {
  package let url: URL

  /// The folder at `url`, which need not be there.
  package init(_ url: URL) { self.url = url }

  /// The place of a file in it.
  ///
  /// - Throws: `Diagnostic` when the path leads out of the folder, or when a folder on the way is a symbolic link.
  package func place(_ path: String) throws(Diagnostic) -> URL {
    switch look(path) {
    case .inside(let place): return place
    case .outside:
      throw Diagnostic(
        place: url.relativePath, "expected a path inside the folder, found '\(VisibleText.inline(path))'",
        category: .cannotWrite)
    case .link(let link):
      throw Diagnostic(
        place: url.relativePath + "/" + link,
        "expected a folder of the program's own, found a symbolic link, which leads to another place",
        hints: ["remove the link, or move it; the program makes the folder anew"], category: .cannotWrite)
    }
  }

  /// Removes a file at a path inside the folder; leaves everything else alone.
  package func remove(_ path: String) {
    guard case .inside(let place) = look(path) else { return }
    unlink(place.path)
  }

  private enum Found {
    case inside(URL)
    case outside
    case link(String)
  }

  private func look(_ path: String) -> Found {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }) else { return .outside }
    var way: [Substring] = []
    for part in parts.dropLast() {
      way.append(part)
      var status = stat()
      if lstat(url.path + "/" + way.joined(separator: "/"), &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
        return .link(way.joined(separator: "/"))
      }
    }
    return .inside(url.appending(path: path))
  }
}
