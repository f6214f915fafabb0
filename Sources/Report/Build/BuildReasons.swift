import Files
import Foundation
import Words

/// Why the build makes something again: the parts that it depends on, to compare with those of an earlier build.
struct BuildReasons: Codable, Equatable {
  /// Digests by part: "style", "options", "numbers".
  var parts: [String: String]

  init(_ parts: [String: String]) { self.parts = parts.mapValues { String(ContentKey.of([$0]).prefix(16)) } }

  /// The parts that differ from an earlier build, in words; "new" without an earlier build, and `otherwise` when no part differs.
  func sinceThen(_ earlier: BuildReasons?, otherwise: String) -> String {
    guard let earlier else { return "new" }
    let changed = Set(parts.keys).union(earlier.parts.keys).filter { parts[$0] != earlier.parts[$0] }.sorted()
    guard !changed.isEmpty else { return otherwise }
    return Wording.enumeration(changed) + " changed"
  }
}
