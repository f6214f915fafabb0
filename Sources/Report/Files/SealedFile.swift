import Foundation
import Traces
import Words

/// A file of the cache: one line with the SHA-256 of its name and the rest, then the rest.
///
/// A disk or a program that changes a byte of it, or gives it the name of another one, makes it unreadable, never wrong.
package enum SealedFile {
  private static let schema = "strata.sealed/2"

  /// The content of a file; nil when there is none, or when it is not what was written.
  package static func read(_ url: URL) -> Data? {
    guard let all = PlainFile.bytes(url), let end = all.firstIndex(of: 0x0A) else { return nil }
    let content = all[all.index(after: end)...]
    guard all[..<end].elementsEqual(line(of: content, url).utf8) else { return nil }
    return Data(content)
  }

  private static func line(of content: Data, _ url: URL) -> String {
    let hash = SHA256()
    for part in [Data("\(url.lastPathComponent)\n".utf8), content] { part.withUnsafeBytes { hash.update($0) } }
    return "\(schema) \(hash.finish())"
  }

  /// Writes a content; the file is complete or absent.
  package static func write(_ content: Data, to url: URL) throws(Diagnostic) {
    try AtomicFile.replace(url, with: Data((line(of: content, url) + "\n").utf8) + content, durable: .later)
  }
}
