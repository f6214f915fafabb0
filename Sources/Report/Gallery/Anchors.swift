import Plot
import Words

/// Ids of the parts of a page: stable, readable, unique.
///
/// Figures and comparisons keep the slugs of the manifest; other ids avoid them.
struct Anchors {
  private var taken: Set<String>

  /// Ids that are taken from the start.
  init(reserved: [String]) { taken = Set(reserved) }

  /// An id from `text`, made unique by a number at its end.
  mutating func next(for text: String) -> String {
    let slug = Slug.make(text)
    var candidate = slug
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = "\(slug)-\(number)"
      number += 1
    }
    return candidate
  }

  /// Whether `id` is a slug: [a-z0-9-]+.
  static func isSlug(_ id: String) -> Bool {
    !id.isEmpty && id.unicodeScalars.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "-" }
  }
}
