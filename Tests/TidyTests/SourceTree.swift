import Foundation
import TestSupport

/// Every text file of the repository that the rules look at, read once.
enum SourceTree {
  /// A file and its lines.
  struct File: Sendable {
    /// Relative to the root, with `/`.
    var path: String
    var text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    /// The text without comments and the content of string literals, line by line as it was.
    var code: String
  }

  static let root = Fixtures.repository

  /// Swift files below Sources.
  static let sources = files(below: ["Sources"], endings: ["swift"])
  /// Swift files below Tests.
  static let tests = files(below: ["Tests"], endings: ["swift"])
  /// Pages for readers.
  static let pages =
    files(below: ["docs", "templates", "Tools", "Tests", "models", "Benchmarks", "examples"], endings: ["md"])
    + ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].compactMap(file)

  static func file(_ path: String) -> File? {
    guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
    return File(path: path, text: text, code: path.hasSuffix(".swift") ? code(of: text) : text)
  }

  private static func files(below folders: [String], endings: Set<String>) -> [File] {
    folders.flatMap { folder -> [File] in
      let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap {
        $0 as? String
      }
      return (paths ?? []).filter { path in
        endings.contains((path as NSString).pathExtension) && !path.split(separator: "/").contains { $0.hasPrefix(".") }
      }.sorted().compactMap { file("\(folder)/\($0)") }
    }
  }

  private static func code(of text: String) -> String {
    var result = text
    for pattern in [
      try? NSRegularExpression(pattern: ##"(#*)"""[\s\S]*?"""\1"##),
      try? NSRegularExpression(pattern: ##"#"[^\n]*?"#"##),
      try? NSRegularExpression(pattern: ##""(?:\\.|[^"\\\n])*""##), try? NSRegularExpression(pattern: ##"//[^\n]*"##),
    ] {
      guard let pattern else { continue }
      let found = pattern.matches(in: result, range: NSRange(result.startIndex..., in: result))
      for match in found.reversed() {
        guard let range = Range(match.range, in: result) else { continue }
        // Lines keep their numbers.
        result.replaceSubrange(range, with: String(result[range].filter { $0 == "\n" }))
      }
    }
    return result
  }
}
