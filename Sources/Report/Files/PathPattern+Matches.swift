import Foundation
import Words

extension PathPattern {
  /// The files and folders that it names, in order, as paths that begin as it does; hidden ones only where it names the point.
  ///
  /// Of a pattern that leads to more than `most` places, so many are enough to tell that it does. Nil for a pattern that has more than
  /// `looks` names on its way, such as one that goes down and up again many times.
  ///
  /// - Parameter base: The folder that a relative path starts from.
  package func matches(from base: URL, most: Int = 2_000, looks: Int = 20_000) -> [String]? {
    var found = [text.hasPrefix("/") ? "/" : ""]
    var left = looks
    let parts = parts
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      var next: [String] = []
      for start in found where next.count <= most {
        func path(_ name: String) -> String { start.isEmpty || start == "/" ? start + name : "\(start)/\(name)" }
        guard Self.isPattern(part) else {
          left -= 1
          guard left >= 0 else { return nil }
          if Self.exists(path(part), base, asFolder: !isLast) { next.append(path(part)) }
          continue
        }
        let folder = URL(fileURLWithPath: start.isEmpty ? "." : start, relativeTo: base)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        left -= names.count + 1
        guard left >= 0 else { return nil }
        next += names.filter { fnmatch(part, $0, FNM_PERIOD) == 0 && Self.exists(path($0), base, asFolder: !isLast) }
          .sorted().map(path)
      }
      if next.isEmpty { return [] }
      found = next
    }
    return found.filter { !$0.isEmpty && $0 != "/" }
  }

  private static func exists(_ path: String, _ base: URL, asFolder: Bool) -> Bool {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(
      atPath: URL(fileURLWithPath: path, relativeTo: base).path, isDirectory: &isFolder)
    return isThere && (!asFolder || isFolder.boolValue)
  }
}
