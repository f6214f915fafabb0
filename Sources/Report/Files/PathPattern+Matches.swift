import Foundation
import Words

extension PathPattern {
  /// The files and folders that it names, in order, as paths that begin as it does; hidden ones only where it names the point.
  ///
  /// - Parameter base: The folder that a relative path starts from.
  package func matches(from base: URL) -> [String] {
    var found = [text.hasPrefix("/") ? "/" : ""]
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      found = found.flatMap { start -> [String] in
        let next = { (name: String) in start.isEmpty || start == "/" ? start + name : "\(start)/\(name)" }
        guard Self.isPattern(part) else { return Self.exists(next(part), base, asFolder: !isLast) ? [next(part)] : [] }
        let folder = URL(fileURLWithPath: start.isEmpty ? "." : start, relativeTo: base)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { fnmatch(part, $0, FNM_PERIOD) == 0 && Self.exists(next($0), base, asFolder: !isLast) }
          .sorted().map(next)
      }
    }
    return found.filter { !$0.isEmpty && $0 != "/" }
  }

  private static func exists(_ path: String, _ base: URL, asFolder: Bool) -> Bool {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: URL(fileURLWithPath: path, relativeTo: base).path, isDirectory: &isFolder)
    return isThere && (!asFolder || isFolder.boolValue)
  }
}
