/// Ids of the parts of a page: stable, readable, unique.
///
/// Figures and comparisons keep the slugs of the manifest; what the page adds gives way.
struct Anchors {
  private var taken: Set<String>

  /// Ids that are taken from the start.
  init(reserved: [String]) { taken = Set(reserved) }

  /// An id from `text`, made unique by a number at its end.
  mutating func next(for text: String) -> String {
    let slug = Self.slug(text)
    var candidate = slug
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = "\(slug)-\(number)"
      number += 1
    }
    return candidate
  }

  /// Lower-case ASCII letters and digits of `text`, joined by single hyphens; "section" when there are none.
  static func slug(_ text: String) -> String {
    let words = text.lowercased().unicodeScalars.split { !("a"..."z" ~= $0 || "0"..."9" ~= $0) }
    let slug = words.map { String($0) }.joined(separator: "-")
    return slug.isEmpty ? "section" : String(slug.prefix(60))
  }

  /// Whether `id` is a slug: [a-z0-9-]+.
  static func isSlug(_ id: String) -> Bool {
    !id.isEmpty && id.unicodeScalars.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "-" }
  }
}
