import Files
import Foundation
import Words

/// Why something was made again: what it depended on, part by part, then and now.
struct BuildReasons: Codable, Equatable {
  /// Digests by part: "style", "options", "numbers".
  var parts: [String: String]

  init(_ parts: [String: String]) { self.parts = parts.mapValues { String(ContentKey.of([$0]).prefix(16)) } }

  /// What differs from an earlier time, in words; "new" when there was none, and `otherwise` when nothing differs.
  func sinceThen(_ earlier: BuildReasons?, otherwise: String) -> String {
    guard let earlier else { return "new" }
    let changed = Set(parts.keys).union(earlier.parts.keys).filter { parts[$0] != earlier.parts[$0] }.sorted()
    guard !changed.isEmpty else { return otherwise }
    return Wording.enumeration(changed) + " changed"
  }
}
