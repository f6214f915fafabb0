import Files
import Foundation
import Words

/// Why the build makes something again: the parts that it depends on, to compare with those of an earlier build.
struct BuildReasons: Codable, Equatable {
  /// Sorted by name.
  ///
  /// Digests are numbers, because a record has many thousands.
  private var parts: [Part]

  /// A part: "style", "options", "numbers".
  private struct Part: Equatable {
    var name: String
    /// The first 64 bits of its digest.
    var digest: UInt64
  }

  /// From what each part depends on.
  init(_ parts: [String: String]) {
    self.init(digests: parts.mapValues { String(ContentKey.of([$0]).prefix(16)) })
  }

  /// Reads digests by name.
  init(from decoder: any Decoder) throws {
    self.init(digests: try decoder.singleValueContainer().decode(Written.self).parts)
  }

  /// - Parameter digests: Of 16 hexadecimal digits; what is none differs from every part.
  private init(digests: [String: String]) {
    parts = digests.sorted { $0.key < $1.key }.map { Part(name: $0.key, digest: UInt64($0.value, radix: 16) ?? 0) }
  }

  /// Writes digests by name.
  func encode(to encoder: any Encoder) throws {
    let digests = parts.map { part in
      let digits = String(part.digest, radix: 16)
      return (part.name, String(repeating: "0", count: 16 - digits.count) + digits)
    }
    var container = encoder.singleValueContainer()
    try container.encode(Written(parts: Dictionary(digests) { first, _ in first }))
  }

  /// As it stands in a record.
  private struct Written: Codable {
    var parts: [String: String]
  }

  /// The parts that differ from an earlier build, in words; "new" without an earlier build, and `otherwise` when no part differs.
  func sinceThen(_ earlier: BuildReasons?, otherwise: String) -> String {
    guard let earlier else { return "new" }
    let own = Dictionary(parts.map { ($0.name, $0.digest) }) { first, _ in first }
    let others = Dictionary(earlier.parts.map { ($0.name, $0.digest) }) { first, _ in first }
    let changed = Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }.sorted()
    guard !changed.isEmpty else { return otherwise }
    return Wording.enumeration(changed) + " changed"
  }
}
